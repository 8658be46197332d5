// The form of the chosen block, from the same description as the plain form.
//
// In: the block, its form. Out: changes. Always true: what the plain form can set can be set here.
import { useState, type ReactNode } from "react";
import type { Acts } from "./canvas";
import { Editable } from "./editable";
import { columnsOf, fill, find, say, shownIn, type Block, type Doc, type Field } from "./model";
import { Icon, named, offered, t } from "./parts";
import { BARE, readPlainly, writePlainly, type Plain } from "./plainly";

const CENTRED = ["header", "image", "button", "social"];
const DEFAULTS: Record<string, unknown> = { limit: 4, columns: 2, space: 16, height: 24, level: 1, prices: true, code: "{{ offer_code }}", split: "even", style: "solid", size: "normal" };
const PRODUCT = ["name", "price", "url", "image_url"] as const;
type Product = Partial<Record<(typeof PRODUCT)[number], string>>;

export function Panel({ acts, pictures }: { acts: Acts; pictures: [string, string][] }) {
  const there = find(acts.doc, acts.chosen);
  if (!there) return <p className="text-secondary">{t("Choose a block to change it. Alt with the arrow keys moves it; drag it by its name.")}</p>;
  const { block } = there;
  const form = acts.given.forms[block.type];
  if (!form) return null;
  const words = acts.given.words[block.type] ?? [];
  const fields = acts.tag ? form.fields.filter((field) => words.includes(field.name)) : form.fields;
  return (
    <div key={`${block.id}${acts.tag}`}>
      <h2 className="card-title"><Icon name={form.icon} /> {t(form.name)}</h2>
      <p className="small text-secondary">{acts.tag ? t("What {language} says. Empty: as the next language does.", { language: acts.tag }) : t(form.about)}</p>
      {fields.map((field) => <Input key={field.name} field={field} block={block} acts={acts} pictures={pictures} />)}
      {block.type === "columns" && !acts.tag && (
        <label className="form-label">{t("Number of columns")}
          <select className="form-select" value={columnsOf(block).length} onChange={(event) => acts.change(columns(acts.doc, block, Number(event.target.value)))}><option>2</option><option>3</option></select>
        </label>
      )}
      {!acts.tag && (
        <Apart open={Boolean(block.show_if || block.repeat)}>
          {acts.given.shown.map((field) => <Input key={field.name} field={field} block={block} acts={acts} pictures={pictures} />)}
        </Apart>
      )}
    </div>
  );
}

/** What is shown apart: open at first where something is set, then as it was left. */
function Apart({ open, children }: { open: boolean; children: ReactNode }) {
  const [first] = useState(open);
  return <details open={first}><summary className="mb-2">{t("For whom and how often")}</summary>{children}</details>;
}

function columns(doc: Doc, block: Block, many: number): Doc {
  const found = columnsOf(block).map((column) => ({ ...column }));
  while (found.length < many) found.push({ blocks: [] });
  for (const gone of found.splice(many)) found[many - 1] = { blocks: [...(found[many - 1]!.blocks ?? []), ...(gone.blocks ?? [])] };
  return fill(doc, block.id, "columns", found);
}

function Input({ field, block, acts, pictures }: { field: Field; block: Block; acts: Acts; pictures: [string, string][] }) {
  const id = `em-${field.name}`;
  const { doc, tag } = acts;
  const words = acts.given.words[block.type] ?? [];
  const set = (value: unknown) => acts.change(tag ? say(doc, tag, block.id, field.name, String(value)) : fill(doc, block.id, field.name, value), `${block.id}.${field.name}`);
  const own = block[field.name] ?? (field.name === "align" ? (CENTRED.includes(block.type) ? "center" : "left") : DEFAULTS[field.name]);
  const hint = field.hint ? <small className="form-hint">{t(field.hint)}</small> : null;
  const shown = tag ? (doc.locales?.[tag]?.words?.[block.id]?.[field.name] ?? "") : String(own ?? "");
  const original = tag ? shownIn(doc, "", block, field.name) : undefined;
  if (field.kind === "flag")
    return <label className="form-check mb-3"><input className="form-check-input" type="checkbox" checked={Boolean(own)} onChange={(event) => set(event.target.checked)} /><span className="form-check-label">{t(field.label)}</span></label>;
  let input;
  switch (field.kind) {
    case "choice":
      input = <select id={id} className="form-select" value={String(own ?? "")} onChange={(event) => set(/^\d+$/.test(event.target.value) ? Number(event.target.value) : event.target.value)}>{(field.options ?? []).map(([value, name]) => <option key={value} value={value}>{t(name)}</option>)}</select>;
      break;
    case "number":
      input = <input id={id} className="form-control" type="number" min={field.least ?? 0} max={field.most || undefined} value={String(own ?? 0)} onChange={(event) => set(Math.max(field.least ?? 0, Math.min(field.most || 9999, Number(event.target.value) || 0)))} />;
      break;
    case "products": {
      const value = ((own as Product[] | undefined) ?? []).map((one) => PRODUCT.map((name) => one[name] ?? "").join(" | ").replace(/( \| )+$/, "")).join("\n");
      input = <textarea id={id} className="form-control" rows={4} defaultValue={value} onBlur={(event) => set(event.target.value.split("\n").filter((line) => line.trim()).map(product))} />;
      break;
    }
    case "places": {
      const value = Object.entries((own as Record<string, string> | undefined) ?? {}).map((pair) => pair.join(" ")).join("\n");
      input = <textarea id={id} className="form-control" rows={4} defaultValue={value} onBlur={(event) => set(Object.fromEntries(event.target.value.split("\n").filter((line) => line.trim()).map((line) => [line.trim().split(/\s+/)[0]!.replace(/:$/, "").toLowerCase(), line.trim().split(/\s+/)[1] ?? ""])))} />;
      break;
    }
    case "over":
      input = <select id={id} className="form-select" value={String(own ?? "")} onChange={(event) => set(event.target.value)}>{(field.options ?? []).map(([value, name]) => <option key={value} value={value}>{t(name)}</option>)}{own && !(field.options ?? []).some(([value]) => value === own) ? <option>{String(own)}</option> : null}</select>;
      break;
    case "condition":
      return <Condition key={block.id} id={id} label={t(field.label)} hint={hint} value={String(own ?? "")} hows={acts.given.hows} entry={Boolean(block.repeat)} set={set} />;
    case "long":
      input = <textarea id={id} className="form-control font-monospace" rows={14} value={shown} placeholder={original} onChange={(event) => set(event.target.value)} />;
      break;
    default:
      if (field.kind === "marks" || field.kind === "address" || (words.includes(field.name) && field.kind !== "picture")) {
        const value = field.name === "code" && block.code === undefined && !tag ? "{{ offer_code }}" : shown;
        return (
          <div className="mb-3">
            <div className="form-label">{t(field.label)}</div>
            <Editable key={`${block.id}${field.name}${tag}`} value={value} block={field.kind === "marks"} plain={field.kind === "address" || field.name === "alt"} label={t(field.label)} className="form-control" placeholder={original} entry={Boolean(block.repeat)} onChange={set} />
            {hint}
          </div>
        );
      }
      input = <input id={id} className="form-control" value={shown} placeholder={original} list={field.kind === "picture" ? "em-pictures" : undefined} onChange={(event) => set(event.target.value)} />;
  }
  return (
    <div className="mb-3">
      <label className="form-label" htmlFor={id}>{t(field.label)}</label>
      {input}
      {field.kind === "picture" && <datalist id="em-pictures">{pictures.map(([address, name]) => <option key={address} value={address}>{name}</option>)}</datalist>}
      {field.kind === "picture" && pictures.length > 0 && !tag && <div className="em-shelf">{pictures.slice(0, 8).map(([address, name]) => <button type="button" key={address} aria-label={name} title={name} onClick={() => set(address)}><img src={address} alt="" loading="lazy" /></button>)}</div>}
      {hint}
    </div>
  );
}

type Asked = { id: string; label: string; hint: ReactNode; value: string; hows: [string, string][]; entry: boolean; set: (value: string) => void };

/** For whom a block is shown: a name, a comparison, a value; one written by hand stays until another is chosen. */
function Condition({ id, label, hint, value, hows, entry, set }: Asked) {
  const [plain, setPlain] = useState(readPlainly(value));
  const change = (part: Partial<Plain>) => {
    const next = { ...plain, ...part };
    if (part.path && (!next.how || next.how === "own")) next.how = "known";
    setPlain(next);
    set(writePlainly(next));
  };
  const names = offered(entry).filter(([path]) => !path.includes("|"));
  const strange = plain.path && !names.some(([path]) => path === plain.path);
  return (
    <div className="mb-3">
      <label className="form-label" htmlFor={id}>{label}</label>
      <select id={id} className="form-select" value={plain.how === "own" ? "own" : plain.path} onChange={(event) => change(event.target.value ? { path: event.target.value } : { path: "", how: "", value: "" })}>
        <option value="">{t("Always")}</option>
        {plain.how === "own" && <option value="own" disabled>{t("As it was written by hand")}</option>}
        {names.map(([path, name]) => <option key={path} value={path}>{name}</option>)}
        {strange && <option value={plain.path}>{named(plain.path)}</option>}
      </select>
      {plain.path && (
        <div className="row g-2 mt-0">
          <div className="col-6"><select className="form-select" aria-label={t("Comparison")} value={plain.how} onChange={(event) => change({ how: event.target.value })}>{hows.map(([key, name]) => <option key={key} value={key}>{t(name)}</option>)}</select></div>
          {!BARE.includes(plain.how) && <div className="col-6"><input className="form-control" aria-label={t("Value")} value={plain.value} autoComplete="off" onChange={(event) => change({ value: event.target.value })} /></div>}
        </div>
      )}
      {plain.how === "own" && <code className="small">{value}</code>}
      {hint}
    </div>
  );
}

function product(line: string): Product {
  const parts = line.split("|").map((part) => part.trim());
  return Object.fromEntries(PRODUCT.map((name, n) => [name, parts[n] ?? ""]).filter(([name, part]) => part || name === "name")) as Product;
}
