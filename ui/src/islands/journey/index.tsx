// The journey canvas: the document of one journey, drawn and edited.
//
// In: the attribute data-journey of the mount. Out: drafts, through check, preview and save.
// Always true: everything done here can be done in the outline, and both give the same document.
import { Background, Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, type Node, type NodeChange } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { Doing, EndNode, Icon, StartNode, StepNode, WayEdge } from "./canvas";
import * as editing from "./editing";
import { Words } from "./form";
import { draw } from "./layout";
import type { Doc, Given, Way } from "./model";
import { Faults, Palette, Preview, Settings } from "./panel";
import { useSession } from "./session";

const nodeTypes = { start: StartNode, step: StepNode, end: EndNode };
const edgeTypes = { way: WayEdge };
const KEPT = "slinga-steps";
/** A journey of so few pieces is seen at a glance. */
const SMALL = 9;
const FULL = "slinga-canvas-full";
const narrow = (): boolean => matchMedia("(max-width: 62rem)").matches;
/** What was copied; it can be pasted into another journey. */
interface Copied {
  nodes: { [key: string]: Doc };
  start: string;
}

function Tool({ name, keys, icon, off, run }: { name: string; keys: string; icon: string; off: boolean; run: () => void }) {
  return <button type="button" className="btn btn-sm btn-icon" disabled={off} onClick={run} title={`${name} (${keys})`} aria-label={name}><Icon name={icon} /></button>;
}

function App({ given }: { given: Given }) {
  const forms = useMemo(() => new Map(given.forms.map((form) => [form.type, form])), [given]);
  const session = useSession(given);
  const { doc, told, set } = session;
  const [picked, setPicked] = useState<string[]>(["start"]);
  const [adding, setAdding] = useState<Way | null>(null);
  const [trying, setTrying] = useState(false);
  const [full, setFull] = useState(() => sessionStorage.getItem(FULL) === "yes");
  // On a small screen the settings lie over the canvas, so they come when something is chosen and can be put away.
  const [away, setAway] = useState(narrow);
  const wide = full || (!away && narrow());
  const [path, setPath] = useState<Set<string> | null>(null);
  const [clipboard, setClipboard] = useState<Copied | null>(() => JSON.parse(sessionStorage.getItem(KEPT) ?? "null") as Copied | null);
  const flow = useReactFlow();
  const desk = useRef<HTMLDivElement>(null);
  const pointing = useRef(false);
  const chosen = useRef(picked);
  chosen.current = picked;
  const say = useCallback((text: string) => given.words[text] ?? text, [given]);
  const keys = picked.filter((id) => id.startsWith("n:")).map((id) => id.slice(2)).filter((key) => doc.nodes?.[key]);
  const only = keys.length === 1 ? keys[0]! : "";

  const drawn = useMemo(() => draw(forms, doc, told, { counts: given.counts, rehearsed: given.rehearsed, path }), [forms, doc, told, given, path]);
  const nodes: Node[] = drawn.nodes.map((node) => ({ ...node, selected: picked.includes(node.id), ...(node.type === "end" ? {} : { ariaLabel: aria(node) }) }));

  function aria(node: Node): string {
    if (node.type !== "step") return say("Starts when");
    const { name, does } = node.data as { name: string; does: string };
    return does ? `${name}: ${does}` : name;
  }
  const pick = useCallback((...ids: string[]) => {
    setPicked(ids);
    setAdding(null);
    setTrying(false);
    setAway(false);
  }, []);
  const focus = useCallback((id: string) => {
    pick(id);
    requestAnimationFrame(() => desk.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus());
  }, [pick]);
  const plus = useCallback((way: Way) => {
    setTrying(false);
    setAway(false);
    setAdding(way);
  }, []);
  const widen = useCallback((wide: boolean) => {
    setFull(wide);
    sessionStorage.setItem(FULL, wide ? "yes" : "");
  }, []);

  /** Where a new step goes: behind the last of the chosen ones that goes on, or at the start. */
  function after(): Way {
    const order = editing.reached(forms, doc).filter((key) => keys.includes(key));
    const last = order.reverse().find((key) => editing.slots(forms, doc.nodes[key]).length);
    return last ? [last, editing.slots(forms, doc.nodes[last])[0]!] : editing.START;
  }
  const commands: { [name: string]: () => void } = {
    undo: session.undo,
    redo: session.redo,
    remove: () => {
      if (!keys.length) return;
      set(editing.remove(forms, doc, keys));
      focus("start");
    },
    duplicate: () => {
      if (!only) return;
      const [next, key] = editing.duplicate(forms, doc, only);
      set(next);
      focus(`n:${key}`);
    },
    copy: () => {
      const order = editing.reached(forms, doc).filter((key) => keys.includes(key));
      if (!order.length) return;
      const copied = { nodes: Object.fromEntries(order.map((key) => [key, doc.nodes[key]])), start: order[0]! };
      setClipboard(copied);
      sessionStorage.setItem(KEPT, JSON.stringify(copied));
    },
    paste: () => {
      if (!clipboard) return;
      const [next, key] = editing.paste(forms, doc, adding ?? after(), clipboard.nodes, clipboard.start);
      set(next);
      focus(`n:${key}`);
      pick(...Object.keys(next.nodes).filter((each) => !doc.nodes?.[each]).map((each) => `n:${each}`));
    },
    all: () => pick(...editing.reached(forms, doc).map((key) => `n:${key}`)),
    wider: () => extend(true),
    higher: () => extend(false),
    earlier: () => only && set(editing.earlier(forms, doc, only)),
    later: () => only && set(editing.later(forms, doc, only)),
    add: () => (only || picked.includes("start")) && plus(after()),
    down: () => step(true),
    up: () => step(false),
    right: () => beside(1),
    left: () => beside(-1),
  };

  function step(forward: boolean): void {
    const here = picked[0] ?? "start";
    const to = forward
      ? drawn.edges.find((edge) => edge.source === here && !edge.target.startsWith("end:"))?.target
      : drawn.edges.find((edge) => edge.target === here)?.source;
    if (to) focus(to);
  }
  function extend(forward: boolean): void {
    const here = picked.at(-1) ?? "start";
    const to = drawn.edges.find((edge) => (forward ? edge.source : edge.target) === here && !edge.target.startsWith("end:"));
    const next = forward ? to?.target : to?.source;
    if (next && next !== "start") setPicked((before) => [...before.filter((id) => id !== "start" && id !== next), next]);
  }
  function beside(by: number): void {
    const here = drawn.nodes.find((node) => node.id === picked[0]);
    if (!here) return;
    const row = drawn.nodes.filter((node) => node.type !== "end" && Math.abs(node.position.y - here.position.y) < 60).sort((a, b) => a.position.x - b.position.x);
    const to = row[row.findIndex((node) => node.id === here.id) + by];
    if (to) focus(to.id);
  }

  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const at = event.target as Element;
      const inField = at.closest("input, textarea, select");
      const ctrl = event.ctrlKey || event.metaKey;
      const letter = event.key.toLowerCase();
      if (ctrl && letter === "z" && (!inField || desk.current?.contains(at))) return run(event.shiftKey ? "redo" : "undo");
      if (event.key === "Escape" && !inField && !adding && full) return widen(false);
      if (inField || !at.closest(".react-flow") && at !== document.body) return;
      if (event.key === "Enter" && at.closest(".react-flow__node")) {
        desk.current?.querySelector<HTMLElement>(".journey-panel input, .journey-panel select, .journey-panel textarea")?.focus();
        return event.preventDefault();
      }
      const name = ctrl ? { d: "duplicate", c: "copy", v: "paste", y: "redo", a: "all" }[letter]
        : event.shiftKey ? { arrowdown: "wider", arrowup: "higher" }[letter]
        : event.altKey ? { arrowup: "earlier", arrowdown: "later" }[letter]
        : { delete: "remove", backspace: "remove", a: "add", arrowdown: "down", arrowup: "up", arrowleft: "left", arrowright: "right" }[letter];
      if (name) run(name);
      function run(command: string): void {
        const changes = !["copy", "all", "wider", "higher", "down", "up", "left", "right"].includes(command);
        if (changes && !given.writes) return;
        event.preventDefault();
        event.stopPropagation();
        commands[command]!();
      }
    };
    document.addEventListener("keydown", heard, true);
    return () => document.removeEventListener("keydown", heard, true);
  });

  const changed = useCallback((changes: NodeChange[]) => {
    setPicked((before) => {
      let now = before;
      for (const each of changes) if (each.type === "select") now = each.selected ? [...now.filter((id) => id !== each.id), each.id] : now.filter((id) => id !== each.id);
      return now;
    });
    // What is chosen already may be told again when it is drawn anew; that changes nothing.
    if (changes.some((each) => each.type === "select" && each.selected && !chosen.current.includes(each.id))) {
      setAdding(null);
      setTrying(false);
      setAway(false);
    }
  }, []);
  // What is being edited stays in sight, beside the settings or above them.
  useEffect(() => {
    const place = desk.current?.querySelector(".j-canvas .react-flow")?.getBoundingClientRect();
    const node = drawn.nodes.find((each) => each.id === (only ? `n:${only}` : ""));
    if (!place || !node) return;
    const { x, y, zoom } = flow.getViewport();
    const sheet = narrow() && !away ? desk.current!.querySelector(".journey-panel")!.getBoundingClientRect().top : place.bottom;
    const bottom = Math.min(place.bottom, window.innerHeight, sheet) - place.top;
    const [left, top] = [node.position.x * zoom + x, node.position.y * zoom + y];
    const [width, height] = [node.width! * zoom, node.height! * zoom];
    const right = left < 0 ? 12 - left : left + width > place.width ? place.width - 12 - left - width : 0;
    const down = top < 0 ? 12 - top : top + height > bottom ? bottom - 12 - top - height : 0;
    if (right || down) void flow.setViewport({ x: x + right, y: y + down, zoom });
  }, [only, away, wide]);
  // One begins at the top, large enough to read; the small map and "fit" show the whole.
  const begin = useCallback(() => {
    const place = desk.current?.querySelector(".j-canvas .react-flow")?.getBoundingClientRect();
    const start = drawn.nodes[0];
    if (!place || !start) return;
    const right = Math.max(...drawn.nodes.map((node) => node.position.x + (node.width ?? 0)));
    const bottom = Math.max(...drawn.nodes.map((node) => node.position.y + (node.height ?? 0)));
    const zoom = Math.min(1, Math.max(0.8, Math.min(place.width / (right + 40), place.height / (bottom + 40))));
    const middle = right * zoom < place.width ? right / 2 : start.position.x + (start.width ?? 0) / 2;
    void flow.setViewport({ x: place.width / 2 - middle * zoom, y: 8, zoom });
  }, [drawn, flow]);

  const stops = told.faults.filter((each) => each.weight === "error").length;
  const state = { saved: say("Saved"), waiting: say("Not saved yet"), saving: say("Saving …"), conflict: session.trouble, offline: session.trouble || say("Not saved: no answer. It is tried again.") }[session.saving];
  return (
    <Words.Provider value={{ given, say }}>
      <Doing.Provider value={{ plus, adding }}>
        <div className={`journey-desk canvas${wide ? " full" : ""}`} ref={desk}>
          <div>
            <div className="undo" role="toolbar" aria-label={say("Commands")}>
              {given.writes ? (
                <>
                  <Tool name={say("Undo")} keys="Ctrl+Z" icon="arrow-back-up" off={!session.canUndo} run={commands.undo!} />
                  <Tool name={say("Redo")} keys="Ctrl+Shift+Z" icon="arrow-forward-up" off={!session.canRedo} run={commands.redo!} />
                  <Tool name={say("Copy")} keys="Ctrl+C" icon="copy" off={!keys.length} run={commands.copy!} />
                  <Tool name={say("Paste")} keys="Ctrl+V" icon="clipboard" off={!clipboard} run={commands.paste!} />
                  <Tool name={say("Duplicate")} keys="Ctrl+D" icon="copy-plus" off={!only} run={commands.duplicate!} />
                  <Tool name={say("Earlier")} keys="Alt+↑" icon="arrow-up" off={!only} run={commands.earlier!} />
                  <Tool name={say("Later")} keys="Alt+↓" icon="arrow-down" off={!only} run={commands.later!} />
                  <Tool name={say("Delete")} keys="Delete" icon="trash" off={!keys.length} run={commands.remove!} />
                </>
              ) : null}
              {given.people ? <button type="button" className="btn btn-sm" onClick={() => { setAdding(null); setAway(false); setTrying(true); }}><Icon name="eye" /> {say("Try it as a person")}</button> : null}
              {given.writes && !given.revision && session.canUndo ? <a className="btn btn-sm btn-primary" href={`/admin/journeys/${encodeURIComponent(given.key)}/publish`}>{say("Review and publish")}</a> : null}
              <button type="button" className="btn btn-sm btn-icon" aria-pressed={full} title={say("Use the whole window")} aria-label={say("Use the whole window")} onClick={() => widen(!full)}><Icon name={full ? "arrows-minimize" : "arrows-maximize"} /></button>
              {stops && !wide ? <a className="badge bg-red-lt" href="#faults" aria-label={`${say("To mend")}: ${stops}`}><Icon name="alert-triangle" /> {stops}</a> : null}
              <span className={`small ${session.saving === "conflict" || session.saving === "offline" ? "text-danger" : "text-secondary"}`} role="status" data-saving={session.saving}>{given.writes ? state : ""}</span>
            </div>
            <div className="card j-canvas" onFocusCapture={(event) => {
              // Whoever comes to a step by the keyboard chooses it.
              const id = event.target.matches(".react-flow__node") ? event.target.getAttribute("data-id") : null;
              if (id && !pointing.current && !picked.includes(id)) pick(id);
            }} onPointerDownCapture={() => (pointing.current = true)} onKeyDownCapture={() => (pointing.current = false)} onPointerUp={() => (pointing.current = false)}>
              <ReactFlow
                nodes={nodes} edges={drawn.edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} onNodesChange={changed}
                onNodeClick={() => setAway(false)} onPaneClick={() => { pick("start"); setAway(narrow()); }} nodesDraggable={false} nodesConnectable={false} nodesFocusable edgesFocusable={false}
                multiSelectionKeyCode="Shift" selectionKeyCode="Shift" deleteKeyCode={null} disableKeyboardA11y={false}
                onInit={begin} minZoom={0.2} maxZoom={1.75} proOptions={{ hideAttribution: true }}
                zoomOnDoubleClick={false} panOnScroll ariaLabelConfig={{ "node.a11yDescription.default": say("Arrow keys go along the ways, Enter opens the settings, A adds a step, Delete removes it, with Shift they choose several.") }}
              >
                <Background gap={22} />
                <Controls showInteractive={false} position="bottom-left" />
              </ReactFlow>
              {drawn.nodes.length > SMALL ? <MiniMap pannable zoomable ariaLabel={say("Small map")} style={{ width: 84, height: 480 }} /> : null}
            </div>
          </div>
          <aside className="card journey-panel" aria-label={say("Settings")} hidden={away && narrow()}>
            <div className="card-body">
              <button type="button" className="btn btn-sm btn-icon away" aria-label={say("Close")} onClick={() => setAway(true)}><Icon name="x" /></button>
              {adding ? (
                <Palette
                  forms={forms} doc={doc} titles={told.lines} way={adding} close={() => setAdding(null)}
                  pick={(kind) => { const [next, key] = editing.add(forms, doc, adding, kind); set(next); pick(`n:${key}`); }}
                  lead={(to) => { set(editing.connect(doc, adding, to)); setAdding(null); }}
                />
              ) : trying ? (
                <Preview ask={session.preview} show={(walked) => setPath(walked ? new Set(walked) : null)} />
              ) : keys.length > 1 ? (
                <p className="text-secondary mb-0">{keys.length} {say("steps are chosen. Copy, paste or delete them together.")}</p>
              ) : (
                <Settings forms={forms} doc={doc} node={only} faults={told.faults} change={session.change} plus={plus} />
              )}
            </div>
          </aside>
        </div>
        <Faults faults={told.faults} titles={told.lines} go={(node) => focus(node ? `n:${node}` : "start")} />
      </Doing.Provider>
    </Words.Provider>
  );
}

const mount = document.getElementById("journey-canvas");
if (mount?.dataset.journey)
  createRoot(mount).render(<ReactFlowProvider><App given={JSON.parse(mount.dataset.journey) as Given} /></ReactFlowProvider>);
