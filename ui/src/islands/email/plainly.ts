// Conditions of blocks as a plain sentence; the same as slinga.admin.writing.plainly.
//
// In: the Liquid that a block keeps. Out: its parts, a sentence, the Liquid again. Always true: what is written here
// reads back as the same parts; one that no form can draw is "own" and stays as it was written.
import { named, t } from "./parts";

export type Plain = { path: string; how: string; value: string };
const PATH = "([A-Za-z_]\\w*(?:\\.\\w+)*)";
const NUMBER = "(-?\\d+(?:\\.\\d+)?)";
const SHAPES: [string, string][] = [
  ["known", `${PATH} and \\1 != blank`], ["known", PATH], ["known", `${PATH} != (?:""|blank|nil)`],
  ["missing", `${PATH} == nil or \\1 == blank`], ["missing", `${PATH} == (?:""|blank|nil)`],
  ["is", `${PATH} == ${NUMBER} or \\1 == "\\2"`], ["is", `${PATH} == "([^"]*)"`], ["is", `${PATH} == ${NUMBER}`],
  ["not", `${PATH} != ${NUMBER} and \\1 != "\\2"`], ["not", `${PATH} != "([^"]*)"`], ["not", `${PATH} != ${NUMBER}`],
  ["more", `${PATH} > ${NUMBER}`], ["less", `${PATH} < ${NUMBER}`], ["has", `${PATH} contains "([^"]*)"`],
];
export const BARE = ["known", "missing"];

export function readPlainly(liquid: string): Plain {
  if (!liquid.trim()) return { path: "", how: "", value: "" };
  for (const [how, shape] of SHAPES) {
    const found = new RegExp(`^${shape}$`).exec(liquid.trim());
    if (found) return { path: found[1]!, how, value: found[2] ?? "" };
  }
  return { path: "", how: "own", value: "" };
}

/** The Liquid of parts; "" while the value that a comparison needs is missing. */
export function writePlainly({ path, how, value }: Plain): string {
  let said = value.replace(/["{}%\n\r]/g, "").trim();
  if (!path || (!BARE.includes(how) && !said)) return "";
  const number = /^-?\d+([.,]\d+)?$/.test(said);
  if (number) said = said.replace(",", ".");
  switch (how) {
    case "known": return `${path} and ${path} != blank`;
    case "missing": return `${path} == nil or ${path} == blank`;
    case "is": return number ? `${path} == ${said} or ${path} == "${said}"` : `${path} == "${said}"`;
    case "not": return number ? `${path} != ${said} and ${path} != "${said}"` : `${path} != "${said}"`;
    case "more": return number ? `${path} > ${said}` : "";
    case "less": return number ? `${path} < ${said}` : "";
    default: return `${path} contains "${said}"`;
  }
}

/** A condition as people say it. */
export function sentence(liquid: string): string {
  const { path, how, value } = readPlainly(liquid);
  const name = named(path);
  switch (how) {
    case "known": return t("{name} is known", { name });
    case "missing": return t("{name} is missing", { name });
    case "is": return t("{name} is {value}", { name, value });
    case "not": return t("{name} is not {value}", { name, value });
    case "more": return t("{name} is more than {value}", { name, value });
    case "less": return t("{name} is less than {value}", { name, value });
    case "has": return t("{name} contains {value}", { name, value });
    default: return liquid;
  }
}
