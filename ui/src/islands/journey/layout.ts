// Where each step stands on the canvas: computed from the document each time, never stored.
//
// In: a document, what is said of it. Out: nodes and edges for the canvas. Always true: pure; a way that ends
// gets an end to hang its plus on; a way that goes the main one's is not drawn.
import dagre from "@dagrejs/dagre";
import type { Edge, Node, NodeHandle, Position } from "@xyflow/react";
import { START, slots, target, type Forms } from "./editing";
import type { Counts, Doc, Fault, Form, Told, Way } from "./model";

export const WIDTH = 264;
/** Letters of a name that stand in a line for sure. */
const LINE = 21;
export interface StepData extends Record<string, unknown> {
  node: Doc;
  form: Form | undefined;
  name: string;
  does: string;
  lines: number;
  after: string;
  faults: Fault[];
  counts: Counts | undefined;
  rehearsed: Counts | undefined;
  path: "on" | "off" | "";
}
export interface WayData extends Record<string, unknown> {
  way: Way;
  name: string;
  /** What the step is called that it leads away from; empty for the start. */
  from: string;
  points: { x: number; y: number }[];
  middle: { x: number; y: number };
}

export function draw(
  forms: Forms,
  doc: Doc,
  told: Told,
  more: { counts: { [node: string]: Counts }; rehearsed: { [node: string]: Counts }; path: Set<string> | null },
): { nodes: Node[]; edges: Edge[] } {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 36, ranksep: 30, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  const nodes: Node[] = [];
  const edges: Edge[] = [];

  function place(id: string, type: string, data: Record<string, unknown>, width: number, height: number): void {
    graph.setNode(id, { width, height });
    const at = { x: width / 2 - 3, width: 6, height: 6 };
    // Where ways arrive and leave is said, not measured: else they are gone until the browser has measured anew.
    const handles: NodeHandle[] = [
      { id: null, type: "target", position: "top" as Position, y: -3, ...at },
      { id: null, type: "source", position: "bottom" as Position, y: height - 3, ...at },
    ];
    nodes.push({ id, type, data, position: { x: 0, y: 0 }, width, height, handles, selectable: type !== "end", focusable: type !== "end" });
  }

  const called = (key: Way[0]): string => {
    const node = key ? doc.nodes?.[key] : null;
    return node ? node.title || forms.get(node.type)?.label || node.type : "";
  };

  function lead(way: Way, name: string): void {
    const from = way[0] ? `n:${way[0]}` : "start";
    const to = target(doc, way);
    const id = `${way[0]}|${way[1]}`;
    const end = to && doc.nodes?.[to] ? `n:${to}` : `end:${id}`;
    if (end.startsWith("end:")) place(end, "end", {}, 18, 18);
    graph.setEdge(from, end, { width: name ? 150 : 24, height: 24, labelpos: "c" }, id);
    edges.push({ id, source: from, target: end, type: "way", data: { way, name, from: called(way[0]) }, selectable: false, focusable: false });
  }

  place("start", "start", { line: told.starts, faults: told.faults.filter((each) => !each.node) }, WIDTH, 64);
  for (const [key, node] of Object.entries<Doc>(doc.nodes ?? {})) {
    const said = told.lines[key];
    const faults = told.faults.filter((each) => each.node === key);
    const counts = more.counts[key];
    const rehearsed = more.rehearsed[key];
    const name = said?.name ?? "";
    const lines = Math.min(3, Math.ceil(name.length / LINE) || 1);
    const height = 26 + 18 * lines + (said?.does ? 17 : 0) + (said?.after ? 18 : 0) + (faults.length ? 18 : 0) + (counts ? 22 + (counts.waiting && (counts.failed || counts.skipped) ? 14 : 0) : 0) + (rehearsed ? 20 : 0);
    const data: StepData = {
      node, form: forms.get(node.type), name, does: said?.does ?? "", lines, after: said?.after ?? "", faults, counts, rehearsed,
      path: more.path ? (more.path.has(key) ? "on" : "off") : "",
    };
    place(`n:${key}`, "step", data, WIDTH, height);
  }
  lead(START, "");
  for (const [key, node] of Object.entries<Doc>(doc.nodes ?? {}))
    for (const slot of slots(forms, node)) {
      if ((slot === "on_drop" || slot === "on_timeout") && [null, target(doc, [key, "next"])].includes(target(doc, [key, slot])))
        continue;
      lead([key, slot], told.lines[key]?.ways[slot] ?? "");
    }
  dagre.layout(graph);
  for (const node of nodes) {
    const { x, y } = graph.node(node.id);
    node.position = { x: x - node.width! / 2, y: y - node.height! / 2 };
  }
  for (const edge of edges) {
    const { points, x, y } = graph.edge({ v: edge.source, w: edge.target, name: edge.id }) as { points: WayData["points"]; x: number; y: number };
    edge.data = { ...edge.data, points, middle: { x, y } };
  }
  // The tab key follows this order, and so does whoever has the page read aloud: from the top, from the left.
  nodes.sort((one, other) => one.position.y - other.position.y || one.position.x - other.position.x);
  const middleOf = (edge: Edge) => (edge.data as WayData).middle;
  edges.sort((one, other) => middleOf(one).y - middleOf(other).y || middleOf(one).x - middleOf(other).x);
  return { nodes, edges };
}
