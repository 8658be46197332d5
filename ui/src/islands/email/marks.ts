// Text with a few marks, as elements of a page and back; the same marks as slinga.messages.marks reads.
//
// In: text with **bold**, *italic*, [words](address), lists and paragraphs; what somebody typed into an element.
// Out: elements; text. Always true: nothing is ever parsed as HTML; Liquid stays as it stands.
import { inWords } from "./parts";

const LIQUID = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;
const FIRST = 0xe000;

/** The text of one line as nodes. */
function line(text: string, into: HTMLElement): void {
  const held: string[] = [];
  const hold = (piece: string) => String.fromCharCode(FIRST + held.push(piece) - 1);
  const back = (piece: string) => piece.replace(/[\ue000-\uf8ff]/g, (one) => held[one.charCodeAt(0) - FIRST] ?? "");
  const safe = text.replace(/[\ue000-\uf8ff]/g, "").replace(LIQUID, hold).replace(/\\([\\*[\]()_-])/g, (_, sign: string) => hold(sign));
  const walk = (part: string, to: Node): void => {
    const found = /\[([^[\]]+)\]\(([^()\s]+)\)|\*\*(?=\S)(.+?)(?<=\S)\*\*|\*(?=\S)(.+?)(?<=\S)\*/.exec(part);
    if (!found) {
      words(part, to);
      return;
    }
    words(part.slice(0, found.index), to);
    const element = document.createElement(found[1] ? "a" : found[3] ? "strong" : "em");
    if (found[1]) element.setAttribute("data-to", back(found[2]!));
    walk(found[1] ?? found[3] ?? found[4] ?? "", element);
    to.appendChild(element);
    walk(part.slice(found.index + found[0].length), to);
  };
  const words = (part: string, to: Node): void => {
    let plain = "";
    const flush = () => {
      if (plain) to.appendChild(document.createTextNode(plain));
      plain = "";
    };
    for (const sign of part) {
      const piece = held[sign.charCodeAt(0) - FIRST];
      if (piece === undefined) plain += sign;
      else if (!piece.startsWith("{")) plain += piece;
      else {
        flush();
        to.appendChild(tag(piece));
      }
    }
    flush();
  };
  walk(safe, into);
}

/** A place for data, as one thing that is moved and removed as a whole. */
export function tag(liquid: string): HTMLElement {
  const element = document.createElement("span");
  element.className = "em-tag";
  element.contentEditable = "false";
  element.dataset.liquid = liquid;
  element.textContent = inWords(liquid);
  element.title = liquid;
  return element;
}

/** Fill an element with words that have no marks, only places for data, such as an address or a subject. */
export function showPlain(text: string, into: HTMLElement): void {
  into.replaceChildren();
  let at = 0;
  for (const found of text.matchAll(LIQUID)) {
    into.append(text.slice(at, found.index), tag(found[0]));
    at = found.index + found[0].length;
  }
  into.append(text.slice(at));
}

/** The same back. */
export const readPlain = (from: Node): string =>
  [...from.childNodes].map((node) => (node instanceof HTMLElement && node.dataset.liquid) || (node.childNodes.length ? readPlain(node) : (node.textContent ?? ""))).join("").replace(/[\u200b\ue000-\uf8ff]/g, "").replace(/\s+/g, " ").trim();

/** The same back from several lines; what ends a line is a break or an element of its own. */
export const readLines = (from: Node): string => {
  const walk = (node: Node): string => {
    if (!(node instanceof HTMLElement)) return node.textContent ?? "";
    if (node.dataset.liquid) return node.dataset.liquid;
    if (node.tagName === "BR") return "\n";
    const inside = [...node.childNodes].map(walk).join("");
    return /^(DIV|P)$/.test(node.tagName) && node.previousSibling ? `\n${inside.replace(/\n$/, "")}` : inside;
  };
  return [...from.childNodes].map(walk).join("").replace(/[\u200b\ue000-\uf8ff]/g, "").replace(/\u00a0/g, " ").replace(/\s+$/, "");
};

/** Fill an element with the text; `block` false for a single line. */
export function show(text: string, into: HTMLElement, block: boolean): void {
  into.replaceChildren();
  if (!block) {
    line(text.replace(/\n/g, " "), into);
    return;
  }
  let list: HTMLElement | null = null;
  for (const part of text.replace(/\r/g, "").replace(/^\n+|\n+$/g, "").split(/\n[ \t]*\n+/)) {
    let paragraph: HTMLElement | null = null;
    list = null;
    for (const one of part.split("\n")) {
      const item = /^\s*(-|\d{1,2}\.) +(.*)$/.exec(one);
      if (item) {
        const kind = item[1] === "-" ? "UL" : "OL";
        const before = list as HTMLElement | null;
        list = before?.tagName === kind ? before : into.appendChild(document.createElement(kind));
        paragraph = null;
        line(item[2]!, list.appendChild(document.createElement("li")));
      } else {
        list = null;
        if (paragraph) paragraph.appendChild(document.createElement("br"));
        else into.appendChild((paragraph = document.createElement("p")));
        line(one.trim(), paragraph);
      }
    }
  }
}

/** An address without blanks and brackets, which would end it; data in it stay as they stand. */
const address = (to: string) =>
  to.trim().split(/(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})/).map((part, n) => (n % 2 ? part : part.replace(/\(/g, "%28").replace(/\)/g, "%29").replace(/\s/g, "%20"))).join("");

const escape = (text: string) => text.replace(/[\u200b\ue000-\uf8ff]/g, "").replace(/\u00a0/g, " ").replace(/([\\*[\]])/g, "\\$1");

/** What stands in an element, as text with marks. */
export function read(from: HTMLElement, block: boolean): string {
  const inline = (node: Node): string => {
    if (node.nodeType === Node.TEXT_NODE) return escape(node.textContent ?? "");
    if (!(node instanceof HTMLElement)) return "";
    if (node.dataset.liquid) return node.dataset.liquid;
    if (node.tagName === "BR") return "\n";
    const inside = [...node.childNodes].map(inline).join("");
    const [, before, words, after] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inside)!;
    if (!words) return inside;
    const weight = node.style.fontWeight;
    if (node.tagName === "B" || node.tagName === "STRONG" || weight === "bold" || Number(weight) >= 600) return `${before}**${words}**${after}`;
    if (node.tagName === "I" || node.tagName === "EM" || node.style.fontStyle === "italic") return `${before}*${words}*${after}`;
    const to = node.dataset.to ?? (node.tagName === "A" ? node.getAttribute("href") : null);
    if (to) return `${before}[${words}](${address(to)})${after}`;
    return inside;
  };
  if (!block) return [...from.childNodes].map(inline).join("").replace(/\s*\n\s*/g, " ").trim();
  const parts: string[] = [];
  let loose = "";
  const flush = () => {
    if (loose.trim()) parts.push(loose.trim());
    loose = "";
  };
  for (const node of from.childNodes) {
    if (node instanceof HTMLElement && (node.tagName === "UL" || node.tagName === "OL")) {
      flush();
      const items = [...node.querySelectorAll("li")];
      parts.push(items.map((item, n) => `${node.tagName === "UL" ? "-" : `${n + 1}.`} ${inline(item).replace(/\s*\n\s*/g, " ").trim()}`).join("\n"));
    } else if (node instanceof HTMLElement && /^(P|DIV|H\d|BLOCKQUOTE)$/.test(node.tagName)) {
      flush();
      const nested = [...node.children].some((child) => /^(UL|OL|P|DIV)$/.test(child.tagName));
      const said = nested ? read(node, true) : inline(node).split("\n").map((one) => one.trim()).join("\n").replace(/\n+$/, "");
      if (said.trim()) parts.push(said);
    } else loose += inline(node);
  }
  flush();
  return parts.join("\n\n");
}
