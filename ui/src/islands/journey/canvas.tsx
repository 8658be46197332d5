// The pieces on the canvas: the start, a step, an end, a way with its plus.
//
// In: what the layout computed. Out: elements for React Flow. Always true: whatever can be done by pointing can
// be done by the keyboard; nothing here changes the document.
import { BaseEdge, EdgeLabelRenderer, Handle, Position, type EdgeProps, type NodeProps } from "@xyflow/react";
import { createContext, useContext } from "react";
import type { StepData, WayData } from "./layout";
import type { Fault, Way } from "./model";
import { Words } from "./form";

export const Doing = createContext<{ plus: (way: Way) => void; adding: Way | null }>(null!);

/** A count as the page's language writes it. */
const number = (count: number): string => count.toLocaleString(document.documentElement.lang);

/** What has an error stands out; advice is read on the step itself. */
const wrong = (faults: Fault[]): string => (faults.some((each) => each.weight === "error") ? " faulty" : "");

export function Icon({ name }: { name: string }) {
  const { given } = useContext(Words);
  return given.icons ? <svg className="icon" aria-hidden="true"><use href={`${given.icons}#${name}`} /></svg> : null;
}

const ends = (
  <>
    <Handle type="target" position={Position.Top} isConnectable={false} />
    <Handle type="source" position={Position.Bottom} isConnectable={false} />
  </>
);

export function StartNode({ data, selected }: NodeProps) {
  const { say } = useContext(Words);
  const { line, faults } = data as unknown as { line: string; faults: Fault[] };
  return (
    <div className={`card j-node${selected ? " chosen" : ""}${wrong(faults)}`}>
      <span className="j-face"><Icon name="login" /></span>
      <span className="what"><b>{say("Starts when")}</b><span className="j-line">{line}</span></span>
      {ends}
    </div>
  );
}

export function StepNode({ id, data, selected }: NodeProps) {
  const { say, given } = useContext(Words);
  const { node, form, name, does, lines, after, faults, counts, rehearsed, path } = data as unknown as StepData;
  const key = id.slice(2);
  const worst = faults.some((each) => each.weight === "error") ? "text-danger" : "text-warning";
  return (
    <div className={`card j-node kind-${node.type}${selected ? " chosen" : ""}${wrong(faults)}${path === "off" ? " faded" : ""}${path === "on" ? " walked" : ""}`}>
      <span className="j-face"><Icon name={form?.icon ?? "point"} /></span>
      <span className="what">
        <b className={lines > 1 ? `lines-${lines}` : undefined} title={name}>{name || form?.label || node.type}</b>
        {does ? <span className="j-line">{does}</span> : null}
        {after ? <span className="after"><Icon name="clock" />{after}</span> : null}
        {faults[0] ? <span className={`after ${worst}`} title={faults.map((each) => each.message).join("\n")}><Icon name="alert-triangle" />{faults[0].message}</span> : null}
        {counts ? (
          <span className="counts nodrag">
            {(["waiting", "passed", "skipped", "failed"] as const).filter((what) => counts[what] || what === "waiting" && !(counts.passed || counts.skipped || counts.failed)).map((what) => {
              const text = `${number(counts[what])} ${say(what)}`;
              return given.people && counts[what]
                ? <a key={what} className={what} href={`${given.people}?node=${encodeURIComponent(key)}&what=${what}`} onClick={(event) => event.stopPropagation()}>{text}</a>
                : <span key={what} className={what}>{text}</span>;
            })}
          </span>
        ) : null}
        {rehearsed ? <span className="counts rehearsed"><Icon name="flask" />{number(rehearsed.passed)} {say("passed")}{rehearsed.skipped ? `, ${number(rehearsed.skipped)} ${say("skipped")}` : ""}</span> : null}
      </span>
      {ends}
    </div>
  );
}

export function EndNode() {
  return <div className="j-end"><Handle type="target" position={Position.Top} isConnectable={false} /></div>;
}

/** A line that bends at points and arrives where it should. */
function curve(points: { x: number; y: number }[]): string {
  let line = `M${points[0]!.x},${points[0]!.y}`;
  for (let n = 1; n < points.length - 1; n++) {
    const [here, next] = [points[n]!, points[n + 1]!];
    const last = n === points.length - 2;
    line += ` Q${here.x},${here.y} ${last ? next.x : (here.x + next.x) / 2},${last ? next.y : (here.y + next.y) / 2}`;
  }
  return points.length < 3 ? `${line} L${points.at(-1)!.x},${points.at(-1)!.y}` : line;
}

export function WayEdge({ sourceX, sourceY, targetX, targetY, data }: EdgeProps) {
  const { say, given } = useContext(Words);
  const { plus, adding } = useContext(Doing);
  const { way, name, from, points, middle } = data as unknown as WayData;
  const line = curve([{ x: sourceX, y: sourceY }, ...points.slice(1, -1), { x: targetX, y: targetY }]);
  const here = adding?.[0] === way[0] && adding?.[1] === way[1];
  return (
    <>
      <BaseEdge path={line} />
      <EdgeLabelRenderer>
        <div className="j-way nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}>
          {name ? <span className="way" title={name}>{name}</span> : null}
          {given.writes ? (
            <button type="button" className={`plus${here ? " on" : ""}`} onClick={() => plus(way)} aria-label={name ? `${say("Add a step")}: ${name}` : from ? `${say("Add a step after")}: ${from}` : say("Add a step here")} data-way={way.join("|")}>
              <Icon name="plus" />
            </button>
          ) : null}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}
