// What the page gives the island, and what the server answers it.
//
// In: the data attributes of the mount, JSON answers. Out: types. Always true: a document is what is published;
// nothing of how it is drawn is in it.
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Doc = { [name: string]: any };
export type Way = readonly [node: string, slot: string];

export interface Variant {
  value: string;
  title: string;
  shape: "absent" | "word" | "object";
  fields: Field[];
}
export interface Field {
  name: string;
  title: string;
  kind: string;
  required: boolean;
  help: string;
  unit: string;
  default: any;
  options: [string, string][];
  fields: Field[];
  variants: Variant[];
  tag: string;
}
export interface Form {
  type: string;
  label: string;
  group: string;
  icon: string;
  help: string;
  fresh: Doc;
  fields: Field[];
  exits: string[];
}
export interface Fault {
  node: string;
  field: string;
  message: string;
  weight: "error" | "warning";
  setting: string;
}
/** What the server says of a document: words for each node, faults. */
export interface Told {
  starts: string;
  lines: { [node: string]: { name: string; does: string; after: string; ways: { [slot: string]: string } } };
  faults: Fault[];
}
export interface Counts {
  waiting: number;
  passed: number;
  skipped: number;
  failed: number;
}
export interface Given {
  key: string;
  document: Doc;
  revision: number;
  told: Told;
  forms: Form[];
  header: Field[];
  refs: { [kind: string]: [string, string][] };
  counts: { [node: string]: Counts };
  rehearsed: { [node: string]: Counts };
  words: { [text: string]: string };
  icons: string;
  people: string;
  writes: boolean;
}
export interface Step {
  at: string;
  node: string;
  text: string;
  met: boolean | null;
}
export interface Tried {
  steps?: Step[];
  path?: string[];
  like?: string;
  error?: string;
}
