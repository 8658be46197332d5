// Commands on a journey document, as src/slinga/journeys/editing.py has them for the outline.
//
// In: a document, a command. Out: a new document; the one given is not touched.
// Always true: pure; for the same work it gives the same document as the outline, which a browser test compares.
import type { Doc, Form, Way } from "./model";

export type Forms = Map<string, Form>;
export const START: Way = ["", "start"];

const copyOf = <T>(value: T): T => structuredClone(value);

/** The ways out of a node that it can have now, the main one first. */
export function slots(forms: Forms, node: Doc): string[] {
  const found: string[] = [];
  for (const name of forms.get(node.type)?.exits ?? []) {
    const [listed, inner] = name.split(".*.");
    if (inner !== undefined) {
      const items = node[listed!];
      for (let n = 0; n < (Array.isArray(items) ? items.length : 0); n++) found.push(`${listed}.${n}.${inner}`);
    } else if (name !== "on_timeout" || node.timeout || node.wait_for) found.push(name);
  }
  return found;
}

/** Where a way leads; null where it ends, or where it goes the way of "next". */
export function target(doc: Doc, [node, slot]: Way): string | null {
  let here: any = node ? doc.nodes?.[node] : doc;
  for (const part of slot.split(".")) here = here == null ? null : here[part];
  return typeof here === "string" && here ? here : null;
}

export function ways(forms: Forms, doc: Doc): Way[] {
  const found: Way[] = [START];
  for (const [key, node] of Object.entries<Doc>(doc.nodes ?? {}))
    for (const slot of slots(forms, node)) found.push([key, slot]);
  return found;
}

export function reached(forms: Forms, doc: Doc): string[] {
  const found: string[] = [];
  const todo = [target(doc, START)];
  while (todo.length) {
    const key = todo.shift();
    if (key && !found.includes(key) && doc.nodes?.[key]) {
      found.push(key);
      todo.push(...slots(forms, doc.nodes[key]).map((slot) => target(doc, [key, slot])));
    }
  }
  return found;
}

/** A key for a new node: its type, with a number where that is taken. */
export function newKey(doc: Doc, kind: string): string {
  const nodes = doc.nodes ?? {};
  if (!(kind in nodes)) return kind;
  let number = 2;
  while (`${kind}_${number}` in nodes) number++;
  return `${kind}_${number}`;
}

/** Put a new node into a way; what followed follows its main way. */
export function add(forms: Forms, doc: Doc, way: Way, kind: string): [Doc, string] {
  const out = copyOf(doc);
  const key = newKey(out, kind);
  const then = target(out, way);
  out.nodes ??= {};
  out.nodes[key] = { type: kind, ...copyOf(forms.get(kind)!.fresh) };
  main(forms, out, key, then);
  put(out, way, key);
  return [out, key];
}

export function connect(doc: Doc, way: Way, to: string | null): Doc {
  const out = copyOf(doc);
  put(out, way, to);
  return out;
}

/** Take nodes out: ways to each lead where its main way led, and what only they led to goes with them. */
export function remove(forms: Forms, doc: Doc, keys: string[]): Doc {
  let out = doc;
  for (const key of keys) if (out.nodes?.[key]) out = removeOne(forms, out, key);
  return out;
}

function removeOne(forms: Forms, doc: Doc, key: string): Doc {
  const out = copyOf(doc);
  const before = reached(forms, doc);
  takeOut(forms, out, key);
  delete out.nodes[key];
  const left = new Set(reached(forms, out));
  for (const gone of before) if (!left.has(gone)) delete out.nodes[gone];
  return out;
}

/** A copy of a node right after it; its other ways are not copied. */
export function duplicate(forms: Forms, doc: Doc, key: string): [Doc, string] {
  const own = slots(forms, doc.nodes[key]);
  if (!own.length) return [doc, key];
  return paste(forms, doc, [key, own[0]!], { [key]: doc.nodes[key] }, key);
}

/** Put copies of nodes into a way, under new keys; what followed follows the main ways of the copies. */
export function paste(forms: Forms, doc: Doc, way: Way, nodes: { [key: string]: Doc }, start: string): [Doc, string] {
  const out = copyOf(doc);
  out.nodes ??= {};
  const then = target(out, way);
  const names: { [key: string]: string } = {};
  for (const [key, node] of Object.entries(nodes)) {
    names[key] = newKey(out, node.type ?? "exit");
    out.nodes[names[key]!] = copyOf(node);
  }
  for (const [key, name] of Object.entries(names))
    for (const slot of slots(forms, nodes[key]!))
      put(out, [name, slot], names[target({ nodes }, [key, slot]) ?? ""] ?? null);
  put(out, way, names[start]!);
  let last = names[start]!;
  const seen = new Set<string>();
  while (!seen.has(last)) {
    seen.add(last);
    const own = slots(forms, out.nodes[last]);
    if (!own.length) break;
    const following = target(out, [last, own[0]!]);
    if (following === null) {
      main(forms, out, last, then);
      break;
    }
    last = following;
  }
  return [out, names[start]!];
}

/** Take a node out and put it into another way; the branches that hang on it come along. */
export function move(forms: Forms, doc: Doc, key: string, way: Way): Doc {
  if (way[0] === key || target(doc, way) === key) return doc;
  const out = copyOf(doc);
  takeOut(forms, out, key);
  main(forms, out, key, target(out, way));
  put(out, way, key);
  return out;
}

export function earlier(forms: Forms, doc: Doc, key: string): Doc {
  const before = ways(forms, doc).filter((way) => target(doc, way) === key);
  const [leader, slot] = before[0] ?? START;
  if (before.length !== 1 || !leader || slot !== slots(forms, doc.nodes[leader])[0]) return doc;
  const into = ways(forms, doc).filter((way) => target(doc, way) === leader);
  return into.length === 1 ? move(forms, doc, key, into[0]!) : doc;
}

export function later(forms: Forms, doc: Doc, key: string): Doc {
  const own = slots(forms, doc.nodes[key]);
  const following = own.length ? target(doc, [key, own[0]!]) : null;
  return following ? earlier(forms, doc, following) : doc;
}

function takeOut(forms: Forms, out: Doc, key: string): void {
  const own = slots(forms, out.nodes[key]);
  const then = own.length ? target(out, [key, own[0]!]) : null;
  for (const way of ways(forms, out)) if (target(out, way) === key) put(out, way, then === key ? null : then);
}

function main(forms: Forms, out: Doc, key: string, to: string | null): void {
  const own = slots(forms, out.nodes[key]);
  if (own.length) put(out, [key, own[0]!], to);
}

function put(out: Doc, [node, slot]: Way, to: string | null): void {
  let here: any = node ? out.nodes[node] : out;
  const path = slot.split(".");
  const last = path.pop()!;
  for (const part of path) here = here[part];
  if (to === null) delete here[last];
  else here[last] = to;
}
