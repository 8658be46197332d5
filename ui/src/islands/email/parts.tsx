// What the editor's pieces share: icons of the desk's sheet, and words in the member's language.
let sheet = "";
let words: Record<string, string> = {};
/** Data by the names people give them: [path, name, what is said where it is missing]. */
export type Names = { offered: [string, string, string][]; known: Record<string, string> };
let names: Names = { offered: [], known: {} };

export function prepare(icons: string, said: Record<string, string>, called: Names): void {
  sheet = icons;
  words = said;
  names = called;
}

/** What can be put in; parts of an entry only where a block repeats over a list. */
export const offered = (entry = false): Names["offered"] => names.offered.filter(([path]) => entry || !path.startsWith("item."));
/** What people call a path; one without a name by its last part. */
export const named = (path: string): string => names.known[path] ?? path.split(".").pop()!.replace(/_/g, " ");

/** A place for data, a condition or a loop in words. */
export function inWords(liquid: string): string {
  const inside = liquid.replace(/^\{[{%]-?\s*|\s*-?[}%]\}$/g, "");
  if (liquid.startsWith("{{")) {
    const [, path, otherwise] = /^([\w.]+)(?:\s*\|\s*default:\s*["']([^"']*)["'])?/.exec(inside) ?? [];
    if (!path) return inside;
    return otherwise ? t("{name}, or {otherwise}", { name: named(path), otherwise }) : named(path);
  }
  const [word, ...rest] = inside.split(/\s+/);
  const condition = rest.join(" ").replace(/[A-Za-z_]+(?:\.\w+)+/g, named).replace(/ != ""/g, "");
  if (word === "unless") return t("unless {condition}", { condition });
  if (word === "if" || word === "elsif") return t("only if {condition}", { condition });
  if (word === "else") return t("otherwise");
  return word?.startsWith("end") ? t("so far") : inside;
}

/** The word in the member's language; English where it was not translated. */
export const t = (text: string, values: Record<string, string | number> = {}): string =>
  (words[text] ?? text).replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));

export const Icon = ({ name }: { name: string }) => (
  <svg className="icon" aria-hidden="true"><use href={`${sheet}#${name}`} /></svg>
);
