// A template's document as the editor changes it.
//
// In: a document, what to do. Out: the changed document; the given one stays as it was.
// Always true: pure; an id is never given twice; a block that is not there changes nothing.
export type Block = { type: string; id: string; [field: string]: unknown };
export type Column = { blocks?: Block[] };
export type Variant = { words?: Record<string, Record<string, string>>; [field: string]: unknown };
export type Doc = { key: string; locale?: string; body?: { blocks?: Block[] }; locales?: Record<string, Variant>; [field: string]: unknown };
export type Field = { name: string; label: string; kind?: string; hint?: string; options?: [string, string][]; least?: number; most?: number };
export type Form = { name: string; icon: string; about: string; fields: Field[]; begins: Record<string, unknown> };
export type Brand = Record<string, unknown> & { name?: string; color?: string; text_color?: string; background?: string; surface?: string; font?: string; logo_url?: string; rounding?: number; address?: string };
export type Given = { document: Doc; revision: number; forms: Record<string, Form>; shown: Field[]; inner: string[]; words: Record<string, string[]>; brand: Brand; hows: [string, string][] };
/** Where a block stands: a list of the body (""), or of a column ("ID.NUMBER"), and its place there. */
export type Place = { list: string; at: number };

export const blocksOf = (doc: Doc): Block[] => doc.body?.blocks ?? [];
export const columnsOf = (block: Block): Column[] => (block.type === "columns" ? ((block.columns as Column[]) ?? []) : []);

export function listsOf(doc: Doc): [string, Block[]][] {
  const out: [string, Block[]][] = [["", blocksOf(doc)]];
  for (const block of blocksOf(doc)) columnsOf(block).forEach((column, n) => out.push([`${block.id}.${n}`, column.blocks ?? []]));
  return out;
}

export function find(doc: Doc, id: string): { block: Block; place: Place } | null {
  for (const [list, blocks] of listsOf(doc)) {
    const at = blocks.findIndex((block) => block.id === id);
    if (at >= 0) return { block: blocks[at]!, place: { list, at } };
  }
  return null;
}

function withList(doc: Doc, list: string, change: (blocks: Block[]) => Block[]): Doc {
  if (list === "") return { ...doc, body: { ...doc.body, blocks: change(blocksOf(doc)) } };
  const dot = list.lastIndexOf(".");
  const [owner, number] = [list.slice(0, dot), Number(list.slice(dot + 1))];
  const blocks = blocksOf(doc).map((block) =>
    block.id === owner ? { ...block, columns: columnsOf(block).map((column, n) => (n === number ? { ...column, blocks: change(column.blocks ?? []) } : column)) } : block,
  );
  return { ...doc, body: { ...doc.body, blocks } };
}

export function newId(doc: Doc, type: string, beside: string[] = []): string {
  const taken = new Set([...listsOf(doc).flatMap(([, blocks]) => blocks.map((block) => block.id)), ...beside]);
  let number = 1;
  while (taken.has(`${type}-${number}`)) number++;
  return `${type}-${number}`;
}

export function add(doc: Doc, given: Given, type: string, place?: Place): [Doc, string] {
  const id = newId(doc, type);
  const block: Block = { type, id, ...given.forms[type]!.begins };
  if (type === "columns") block.columns = [{ blocks: [] }, { blocks: [] }];
  const blocks = blocksOf(doc);
  const ends = blocks.findIndex((one) => one.type === "social" || one.type === "footer");
  const to = place ?? { list: "", at: ends < 0 || type === "footer" || type === "social" ? blocks.length : ends };
  return [withList(doc, to.list, (list) => [...list.slice(0, to.at), block, ...list.slice(to.at)]), id];
}

export function remove(doc: Doc, id: string): Doc {
  const there = find(doc, id);
  if (!there) return doc;
  const gone = new Set([id, ...columnsOf(there.block).flatMap((column) => (column.blocks ?? []).map((one) => one.id))]);
  const left = withList(doc, there.place.list, (list) => list.filter((block) => block.id !== id));
  if (!left.locales) return left;
  const locales = Object.fromEntries(
    Object.entries(left.locales).map(([tag, variant]) => {
      if (!variant.words) return [tag, variant];
      return [tag, { ...variant, words: Object.fromEntries(Object.entries(variant.words).filter(([name]) => !gone.has(name))) }];
    }),
  );
  return { ...left, locales };
}

export function move(doc: Doc, id: string, to: Place): Doc {
  const there = find(doc, id);
  if (!there || to.list.startsWith(`${id}.`)) return doc;
  const without = withList(doc, there.place.list, (list) => list.filter((block) => block.id !== id));
  const at = there.place.list === to.list && there.place.at < to.at ? to.at - 1 : to.at;
  return withList(without, to.list, (list) => [...list.slice(0, at), there.block, ...list.slice(at)]);
}

export function step(doc: Doc, id: string, by: -1 | 1): Doc {
  const there = find(doc, id);
  if (!there) return doc;
  const length = listsOf(doc).find(([list]) => list === there.place.list)![1].length;
  const at = there.place.at + by;
  if (at < 0 || at >= length) return doc;
  return move(doc, id, { list: there.place.list, at: by > 0 ? at + 1 : at });
}

export function copy(doc: Doc, id: string): [Doc, string] {
  const there = find(doc, id);
  if (!there) return [doc, id];
  const twin = structuredClone(there.block);
  const used: string[] = [];
  const named = (block: Block) => {
    block.id = newId(doc, block.type, used);
    used.push(block.id);
  };
  named(twin);
  for (const column of columnsOf(twin)) (column.blocks ?? []).forEach(named);
  const { list, at } = there.place;
  return [withList(doc, list, (blocks) => [...blocks.slice(0, at + 1), twin, ...blocks.slice(at + 1)]), twin.id];
}

/** A field of a block filled in; what is empty and no text of its own is left out. */
export function fill(doc: Doc, id: string, field: string, value: unknown): Doc {
  const there = find(doc, id);
  if (!there) return doc;
  const block: Block = { ...there.block, [field]: value };
  const kept = ["text", "label", "link", "src", "mjml", "code"].includes(field) && value === "";
  const empty = value === "" || value === undefined || (Array.isArray(value) && !value.length) || (typeof value === "object" && value !== null && !Array.isArray(value) && !Object.keys(value).length);
  if (empty && !(kept && field in there.block)) delete block[field];
  return withList(doc, there.place.list, (list) => list.map((one) => (one.id === id ? block : one)));
}

/** What a language says in a block; empty leaves it to the next language. */
export function say(doc: Doc, tag: string, id: string, field: string, value: string): Doc {
  const variant = doc.locales?.[tag] ?? {};
  const said = { ...(variant.words?.[id] ?? {}), [field]: value };
  if (!value.trim()) delete said[field];
  const words = { ...(variant.words ?? {}), [id]: said };
  if (!Object.keys(said).length) delete words[id];
  const changed: Variant = { ...variant, words };
  if (!Object.keys(words).length) delete changed.words;
  return { ...doc, locales: { ...doc.locales, [tag]: changed } };
}

/** A field as a language shows it: its own word, or the template's. */
export function shownIn(doc: Doc, tag: string, block: Block, field: string): string {
  const own = tag ? doc.locales?.[tag]?.words?.[block.id]?.[field] : undefined;
  return String(own ?? block[field] ?? "");
}
