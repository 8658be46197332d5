// Beside the canvas: the settings of what is chosen, the palette, what is to be mended, a life to try it with.
//
// In: the session, what is chosen. Out: changes. Always true: the same settings as in the outline.
import { useContext, useEffect, useRef, useState } from "react";
import { Icon } from "./canvas";
import { slots, target, type Forms } from "./editing";
import { Fields, Words } from "./form";
import type { Doc, Fault, Told, Tried, Way } from "./model";

const GROUPS = [["send", "Messages"], ["flow", "Flow"], ["person", "The person"], ["world", "Others"]] as const;

export function Palette({ forms, doc, titles, way, pick, lead, close }: {
  forms: Forms; doc: Doc; titles: Told["lines"]; way: Way; pick: (kind: string) => void; lead: (to: string | null) => void; close: () => void;
}) {
  const { say } = useContext(Words);
  const first = useRef<HTMLButtonElement>(null);
  const [to, setTo] = useState("");
  useEffect(() => first.current?.focus({ preventScroll: true }), [way]);
  let n = 0;
  return (
    <div onKeyDown={(event) => event.key === "Escape" && close()}>
      <h2>{say("Add a step")}</h2>
      {GROUPS.map(([group, name]) => (
        <section key={group}>
          <h3 className="subheader mt-3">{say(name)}</h3>
          <div className="palette">
            {[...forms.values()].filter((form) => form.group === group).map((form) => (
              <button key={form.type} type="button" className="btn" title={form.help} ref={n++ === 0 ? first : undefined} onClick={() => pick(form.type)}>
                <Icon name={form.icon} /> {form.label}
              </button>
            ))}
          </div>
        </section>
      ))}
      <hr />
      <label className="form-label" htmlFor="j-to">{say("Or lead this way to a step that is there")}</label>
      <div className="d-flex gap-2">
        <select className="form-select" id="j-to" value={to} onChange={(event) => setTo(event.target.value)}>
          <option value="">{say("The end")}</option>
          {Object.entries<Doc>(doc.nodes ?? {}).map(([key, node]) => <option key={key} value={key}>{titles[key]?.name ?? forms.get(node.type)?.label}</option>)}
        </select>
        <button type="button" className="btn" onClick={() => lead(to || null)}>{say("Lead there")}</button>
      </div>
      <button type="button" className="btn btn-ghost-secondary mt-3" onClick={close}>{say("Cancel")}</button>
    </div>
  );
}

export function Settings({ forms, doc, node, faults, change, plus }: {
  forms: Forms; doc: Doc; node: string; faults: Fault[]; change: (how: (now: Doc) => Doc, mark: string) => void; plus: (way: Way) => void;
}) {
  const { say, given } = useContext(Words);
  const here: Doc = node ? doc.nodes[node] : doc;
  const form = node ? forms.get(here.type) : undefined;
  const fields = node ? form?.fields ?? [] : given.header;
  const apart = node ? slots(forms, here).filter((slot) => ["on_drop", "on_timeout"].includes(slot) && [null, target(doc, [node, "next"])].includes(target(doc, [node, slot]))) : [];
  return (
    <>
      <h2>{form ? <><Icon name={form.icon} /> {form.label}</> : <><Icon name="settings" /> {say("The journey as a whole")}</>}</h2>
      {form ? <p className="text-secondary">{form.help}</p> : null}
      {faults.filter((each) => each.node === node).map((each, n) => (
        <div key={n} className={`alert py-2 ${each.weight === "error" ? "alert-danger" : "alert-warning"}`}>{each.setting ? <b>{each.setting}: </b> : null}{each.message}</div>
      ))}
      <fieldset disabled={!given.writes}>
        <Fields
          key={node} fields={fields} value={here} path="v"
          change={(found, at) => change((now) => put(now, node, found), `${node}.${at}`)}
        />
      </fieldset>
      {given.writes ? apart.map((slot) => (
        <button key={slot} type="button" className="btn btn-sm me-2" onClick={() => plus([node, slot])}>
          <Icon name="plus" /> {say(slot === "on_drop" ? "When it is refused" : "When the time is up")} …
        </button>
      )) : null}
    </>
  );
}

/** The document with the settings of a step, or of the header; its steps and its start are changed elsewhere. */
function put(now: Doc, node: string, found: Doc): Doc {
  if (!node) return { ...found, nodes: now.nodes, ...(now.start === undefined ? {} : { start: now.start }) };
  return now.nodes[node] ? { ...now, nodes: { ...now.nodes, [node]: found } } : now;
}

export function Faults({ faults, titles, go }: { faults: Fault[]; titles: Told["lines"]; go: (node: string) => void }) {
  const { say } = useContext(Words);
  if (!faults.length) return null;
  return (
    <section className="card mt-3" id="faults">
      <div className="card-header"><h2 className="card-title">{say("To mend")}</h2></div>
      <ul className="list-group list-group-flush" aria-live="polite">
        {faults.map((each, n) => (
          <li key={n} className="list-group-item">
            <span className={`badge ${each.weight === "error" ? "bg-red-lt" : "bg-yellow-lt"}`}>{say(each.weight === "error" ? "error" : "advice")}</span>{" "}
            <button type="button" className="btn btn-link p-0" onClick={() => go(each.node)}>
              {titles[each.node]?.name ?? say("The journey as a whole")}{each.setting ? `, ${each.setting}` : ""}
            </button>: {each.message}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Preview({ ask, show }: {
  ask: (person: string, at: string) => Promise<Tried>; show: (path: string[] | null) => void;
}) {
  const { say } = useContext(Words);
  const [person, setPerson] = useState("");
  const [at, setAt] = useState("");
  const [found, setFound] = useState<Tried | null>(null);
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      void ask(person, at).then((answer) => {
        setFound(answer);
        show(answer.path ?? null);
      });
    }}>
      <h2><Icon name="eye" /> {say("Try it as a person")}</h2>
      <label className="form-label" htmlFor="j-person">{say("E-mail address, id or key")}</label>
      <input className="form-control mb-2" id="j-person" value={person} required onChange={(event) => setPerson(event.target.value)} />
      <label className="form-label" htmlFor="j-at">{say("When they come in")}</label>
      <input className="form-control" id="j-at" type="datetime-local" value={at} aria-describedby="j-at-h" onChange={(event) => setAt(event.target.value)} />
      <small className="form-hint mb-3" id="j-at-h">{say("Empty: now. On a day that has passed they are as they were then. From then on they do nothing.")}</small>
      <button className="btn btn-primary">{say("Show what would happen")}</button>{" "}
      {found ? <button type="button" className="btn" onClick={() => { setFound(null); show(null); }}>{say("Clear")}</button> : null}
      {found?.error !== undefined ? <div className="alert alert-warning mt-3" role="alert">{found.error || say("That did not work.")}</div> : null}
      {found?.like ? <p className="small text-secondary mt-3 mb-0">{found.like}</p> : null}
      {found?.steps?.length === 0 ? <p className="mt-3">{say("Nothing happens.")}</p> : null}
      {found?.steps ? (
        <ol className="walk mt-3" aria-live="polite">
          {found.steps.map((each, n) => (
            <li key={n}><time>{each.at}</time> {each.met === null ? null : <span className={`badge ${each.met ? "bg-green-lt" : "bg-yellow-lt"}`}>{say(each.met ? "met" : "not met")}</span>} {each.text}</li>
          ))}
        </ol>
      ) : null}
    </form>
  );
}
