// Values as people write them, as src/slinga/admin/journeys/reading.py reads them.
//
// In: texts and values. Out: values and texts. Always true: pure; what `written` gives, `plain` reads back.
import type { Doc, Field, Variant } from "./model";

export function number(text: string): any {
  return text.trim() !== "" && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
}

export function plain(text: string): any {
  for (const source of ["trigger", "trait"])
    if (text.startsWith(`${source}:`)) return { [source]: text.slice(source.length + 1).trim() };
  if (/^["[{]/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  if (text === "true" || text === "false") return text === "true";
  return text.includes(",") ? split(text).map(number) : number(text);
}

export function written(value: any): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "object" && !Array.isArray(value)) {
    const [source, ...rest] = Object.keys(value);
    if (!rest.length && (source === "trigger" || source === "trait")) return `${source}: ${value[source]}`;
  }
  if (Array.isArray(value) && value.length !== 1 && value.every((each) => typeof each !== "object" && !String(each).includes(",")))
    return value.join(", ");
  if (typeof value === "string") return plain(value) === value ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

export const lines = (values: Doc | undefined): string =>
  Object.entries(values ?? {}).map(([name, value]) => `${name} = ${written(value)}`).join("\n");

export function values(text: string): Doc {
  const out: Doc = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    const name = (at < 0 ? line : line.slice(0, at)).trim();
    if (name) out[name] = plain(at < 0 ? "" : line.slice(at + 1).trim());
  }
  return out;
}

export const split = (text: string): string[] => text.split(",").map((part) => part.trim()).filter(Boolean);

/** The variant that a value is of. */
export function chosen(variants: Variant[], value: any, tag: string): Variant | undefined {
  if (value !== null && typeof value === "object")
    return variants.find((each) => each.shape === "object" && (!tag || each.value === String(value[tag] ?? "")));
  if (value === null || value === undefined) return variants.find((each) => each.shape === "absent");
  return variants.find((each) => each.shape === "word" && each.value === value);
}

/** An object with a setting changed; what equals its default is left out, as the outline leaves it out. */
export function settle(field: Field, object: Doc, value: any): Doc {
  const out = { ...object };
  const usual = !field.required && same(value, field.default);
  if (value === null || value === undefined || usual) delete out[field.name];
  else out[field.name] = value;
  return out;
}

export const same = (one: any, other: any): boolean => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** A new object of a variant: its tag, and empty texts where something is required, as an empty form sends. */
export function fresh(variant: Variant, tag: string): any {
  if (variant.shape === "absent") return null;
  if (variant.shape === "word") return variant.value;
  const out: Doc = tag ? { [tag]: variant.value } : {};
  for (const field of variant.fields) {
    if (!field.required) continue;
    if (["list", "conditions", "texts", "numbers", "days", "refs:stage", "refs:place"].includes(field.kind)) out[field.name] = [];
    else if (field.kind === "yes") out[field.name] = false;
    else if (["text", "long", "length", "clock", "choice"].includes(field.kind) || field.kind.startsWith("ref:")) out[field.name] = "";
  }
  return out;
}
