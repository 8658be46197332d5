// The pieces on the canvas: the start, a step, an end, a way with its plus.
//
// In: what the layout computed. Out: elements for React Flow. Always true: whatever can be done by pointing can
// be done by the keyboard; nothing here changes the document.
import { BaseEdge, EdgeLabelRenderer, getSmoothStepPath, Handle, Position, type EdgeProps, type NodeProps } from "@xyflow/react";
import { createContext, useContext } from "react";
import type { StepData, WayData } from "./layout";
import type { Way } from "./model";
import { Words } from "./form";

export const Doing = createContext<{ plus: (way: Way) => void; adding: Way | null }>(null!);

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
  const { line, faults } = data as unknown as StepData;
  return (
    <div className={`card j-node${selected ? " chosen" : ""}${faults.length ? " faulty" : ""}`}>
      <span className="face"><Icon name="login" /></span>
      <span className="what"><b>{say("Starts when")}</b><span className="line">{line}</span></span>
      {ends}
    </div>
  );
}

export function StepNode({ id, data, selected }: NodeProps) {
  const { say, given } = useContext(Words);
  const { node, form, line, after, faults, counts, rehearsed, path } = data as unknown as StepData;
  const key = id.slice(2);
  const worst = faults.some((each) => each.weight === "error") ? "text-danger" : "text-warning";
  return (
    <div className={`card j-node kind-${node.type}${selected ? " chosen" : ""}${faults.length ? " faulty" : ""}${path === "off" ? " faded" : ""}${path === "on" ? " walked" : ""}`}>
      <span className="face"><Icon name={form?.icon ?? "point"} /></span>
      <span className="what">
        <b>{node.title || form?.label || node.type}</b>
        <span className="line">{line}</span>
        {after ? <span className="after"><Icon name="clock" />{after}</span> : null}
        {faults[0] ? <span className={`after ${worst}`} title={faults.map((each) => each.message).join("\n")}><Icon name="alert-triangle" />{faults[0].message}</span> : null}
        {counts ? (
          <span className="counts nodrag">
            {(["waiting", "passed", "skipped", "failed"] as const).filter((what) => counts[what] || what === "waiting").map((what) => {
              const text = `${counts[what].toLocaleString()} ${say(what)}`;
              return given.people && what === "waiting"
                ? <a key={what} href={`${given.people}?node=${encodeURIComponent(key)}`} onClick={(event) => event.stopPropagation()}>{text}</a>
                : <span key={what}>{text}</span>;
            })}
          </span>
        ) : null}
        {rehearsed ? <span className="counts rehearsed"><Icon name="flask" />{rehearsed.passed.toLocaleString()} {say("passed")}{rehearsed.skipped ? `, ${rehearsed.skipped.toLocaleString()} ${say("skipped")}` : ""}</span> : null}
      </span>
      {ends}
    </div>
  );
}

export function EndNode() {
  return <div className="j-end"><Handle type="target" position={Position.Top} isConnectable={false} /></div>;
}

export function WayEdge({ sourceX, sourceY, targetX, targetY, data }: EdgeProps) {
  const { say, given } = useContext(Words);
  const { plus, adding } = useContext(Doing);
  const { way, name } = data as unknown as WayData;
  const [line, x, y] = getSmoothStepPath({ sourceX, sourceY, targetX, targetY, sourcePosition: Position.Bottom, targetPosition: Position.Top, borderRadius: 14 });
  const here = adding?.[0] === way[0] && adding?.[1] === way[1];
  // A fork's labels stand near their ends, where they do not lie on each other.
  const [labelX, labelY] = name ? [targetX, targetY - 34] : [x, y];
  return (
    <>
      <BaseEdge path={line} />
      <EdgeLabelRenderer>
        <div className="j-way nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}>
          {name ? <span className="way" title={name}>{name}</span> : null}
          {given.writes ? (
            <button type="button" className={`plus${here ? " on" : ""}`} onClick={() => plus(way)} aria-label={name ? `${say("Add a step")}: ${name}` : say("Add a step here")} data-way={way.join("|")}>
              <Icon name="plus" />
            </button>
          ) : null}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}
