// Builds what the desk's pages load: one stylesheet, one small script, the islands, the icons, the site snippet.
//
// In: src/, the installed packages, the icons that the templates name. Out: hashed files and manifest.json in
// ../src/slinga/admin/static/built. Always true: names carry a hash of the content, so that they can be kept
// for ever by browsers; nothing here reaches the network.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../src/slinga/admin/static/built");
const templates = join(here, "../src/slinga/admin/templates");
const manifest = {};

function put(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const dot = name.lastIndexOf(".");
  const file = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
  writeFileSync(join(out, file), content);
  writeFileSync(join(out, `${file}.gz`), gzipSync(content, { level: 9 }));
  manifest[name] = file;
}

async function bundle(name, entry, more = {}) {
  if (!existsSync(join(here, entry))) return;
  const { outputFiles } = await build({
    entryPoints: [join(here, entry)],
    outdir: out,
    write: false,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2020",
    jsx: "automatic",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".svg": "dataurl" },
    ...more,
  });
  for (const { path, contents } of outputFiles) put(path.endsWith(".css") ? `${name}.css` : `${name}.js`, contents);
}

// One picture file for all icons: those named in templates, and those that are chosen by data.
function sprite() {
  const names = new Set(readFileSync(join(here, "icons.txt"), "utf8").split(/\s+/).filter(Boolean));
  for (const file of readdirSync(templates, { recursive: true }))
    if (file.endsWith(".html"))
      for (const [, name] of readFileSync(join(templates, file), "utf8").matchAll(/\bicon\(\s*["']([a-z0-9-]+)["']/g))
        names.add(name);
  const symbols = [...names].sort().map((name) => {
    const file = join(here, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
    if (!existsSync(file)) throw new Error(`icons: there is no outline icon "${name}" in @tabler/icons`);
    const inner = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/g, "").match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s+/g, " ").trim()}</symbol>`;
  });
  put("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await bundle("desk", "src/desk/desk.css");
await bundle("theme", "src/desk/theme.ts");
await bundle("desk", "src/desk/desk.ts");
for (const island of ["journey", "email"])
  for (const ending of ["tsx", "ts"]) await bundle(island, `src/islands/${island}/index.${ending}`);
await bundle("slinga", "src/sdk/index.ts");
sprite();
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1));
