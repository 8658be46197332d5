// What the editor's pieces share: icons of the desk's sheet, and words in the member's language.
let sheet = "";
let words: Record<string, string> = {};

export function prepare(icons: string, said: Record<string, string>): void {
  sheet = icons;
  words = said;
}

/** The word in the member's language; English where it was not translated. */
export const t = (text: string, values: Record<string, string | number> = {}): string =>
  (words[text] ?? text).replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all));

export const Icon = ({ name }: { name: string }) => (
  <svg className="icon" aria-hidden="true"><use href={`${sheet}#${name}`} /></svg>
);
