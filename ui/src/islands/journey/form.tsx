// Forms out of the descriptions in slinga.journeys.forms, as templates/journeys/form.html draws them.
//
// In: fields, an object. Out: the object with a setting changed. Always true: a field changes only itself.
import { createContext, useContext, useEffect, useId, useRef, useState, type ReactNode } from "react";
import type { Doc, Field, Given, Variant } from "./model";
import { chosen, fresh, lines, number, plain, same, settle, split, values, written } from "./values";

export const Words = createContext<{ given: Given; say: (text: string) => string }>(null!);

interface Part {
  field: Field;
  value: any;
  path: string;
  change: (value: any) => void;
}

export function Fields({ fields, value, path, change }: { fields: Field[]; value: Doc; path: string; change: (value: Doc, at: string) => void }) {
  return (
    <>
      {fields.filter((field) => field.kind !== "exit").map((field) => (
        <One
          key={field.name} field={field} value={value[field.name]} path={`${path}.${field.name}`}
          change={(found) => change(settle(field, value, found), field.name)}
        />
      ))}
    </>
  );
}

function One({ field, value, path, change }: Part) {
  const id = useId();
  const { say } = useContext(Words);
  const hint = field.help ? <small className="form-hint" id={`${id}h`}>{field.help}</small> : null;
  if (field.kind === "yes")
    return (
      <label className="form-check mb-3">
        <input className="form-check-input" type="checkbox" checked={Boolean(value ?? field.default)} onChange={(event) => change(event.target.checked)} />
        <span className="form-check-label">{field.title}</span>
        {field.help ? <span className="form-hint">{field.help}</span> : null}
      </label>
    );
  if (field.kind === "variants")
    return <Choice title={field.title} hint={hint} variants={field.variants} tag={field.tag} value={value ?? field.default} path={path} change={change} />;
  if (field.kind === "condition" || field.kind === "where")
    return (
      <fieldset className="mb-3">
        <legend className={`form-label${field.required ? " required" : ""}`}>{field.title}</legend>
        <Condition value={value ?? field.default} path={path} change={change} />
        {hint}
      </fieldset>
    );
  if (field.kind === "list") return <Several field={field} value={value} path={path} change={change} />;
  if (field.kind === "days") {
    const now: number[] = value ?? [];
    return (
      <fieldset className="mb-3">
        <legend className="form-label">{field.title}</legend>
        {["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map((day, n) => (
          <label key={day} className="form-check form-check-inline">
            <input
              className="form-check-input" type="checkbox" checked={now.includes(n + 1)}
              onChange={(event) => change(event.target.checked ? [...now, n + 1].sort() : now.filter((each) => each !== n + 1))}
            />
            <span className="form-check-label">{say(day)}</span>
          </label>
        ))}
      </fieldset>
    );
  }
  return (
    <div className="mb-3">
      <label className={`form-label${field.required ? " required" : ""}`} htmlFor={id}>
        {field.title} {field.unit ? <span className="text-secondary">({field.unit})</span> : null}
      </label>
      <Input field={field} value={value} id={id} told={field.help ? `${id}h` : undefined} change={change} />
      {hint}
    </div>
  );

}

function Input({ field, value, id, told, change }: { field: Field; value: any; id: string; told: string | undefined; change: (value: any) => void }) {
  const { say, given } = useContext(Words);
  const now = value ?? field.default;
  const about = { id, "aria-describedby": told };
  if (field.kind === "choice")
    return (
      <select className="form-select" {...about} value={now ?? ""} onChange={(event) => change(event.target.value)}>
        {field.required && !value ? <option value="">{say("Choose …")}</option> : null}
        {field.options.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
      </select>
    );
  if (field.kind.startsWith("refs:")) {
    const known = given.refs[field.kind.slice(5)] ?? [];
    const picked: string[] = now ?? [];
    const all = [...known, ...picked.filter((key) => !known.some(([each]) => each === key)).map((key) => [key, key] as [string, string])];
    return (
      <select className="form-select" {...about} multiple size={Math.max(2, Math.min(6, all.length))} value={picked}
        onChange={(event) => change([...event.target.selectedOptions].map((option) => option.value))}>
        {all.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
      </select>
    );
  }
  if (field.kind.startsWith("ref:") && field.kind !== "ref:event" && field.kind !== "ref:trait") {
    const known = given.refs[field.kind.slice(4)] ?? [];
    return (
      <select className="form-select" {...about} value={now ?? ""} onChange={(event) => change(event.target.value || (field.required ? "" : null))}>
        <option value="">{field.required ? say("Choose …") : "–"}</option>
        {known.map(([key, name]) => <option key={key} value={key}>{name}</option>)}
        {now && !known.some(([key]) => key === now) ? <option value={now}>{now}</option> : null}
      </select>
    );
  }
  return <Text field={field} value={value} id={id} told={told} change={change} />;
}

// A text keeps what was typed; the document gets what it means.
function Text({ field, value, id, told, change }: { field: Field; value: any; id: string; told: string | undefined; change: (value: any) => void }) {
  const { say } = useContext(Words);
  const meant = show(field, value);
  const [text, setText] = useState(meant);
  useEffect(() => {
    if (!same(read(field, text), value ?? null) && !(value === undefined && same(read(field, text), field.default))) setText(meant);
  }, [meant]);
  const about = {
    id, "aria-describedby": told, value: text,
    onChange: (event: { target: { value: string } }) => {
      setText(event.target.value);
      change(read(field, event.target.value));
    },
  };
  if (field.kind === "long") return <textarea className="form-control" rows={2} {...about} />;
  if (field.kind === "values") return <textarea className="form-control font-monospace" rows={3} spellCheck={false} placeholder="name = value" {...about} />;
  const list = field.kind === "ref:event" ? "known-events" : field.kind === "ref:trait" ? "known-traits" : undefined;
  const hint = field.kind === "clock" ? "09:00" : field.kind === "length" ? say("such as 2h, 3d or 6mo")
    : field.kind === "texts" || field.kind === "numbers" ? say("several, with commas between") : undefined;
  return <input className="form-control" autoComplete="off" list={list} placeholder={hint} inputMode={["whole", "number", "share"].includes(field.kind) ? "decimal" : undefined} {...about} />;
}

function show(field: Field, value: any): string {
  const now = value ?? field.default;
  if (field.kind === "values") return lines(value);
  if (field.kind === "value") return written(now);
  if (field.kind === "texts" || field.kind === "numbers") return (now ?? []).join(", ");
  if (field.kind === "share") return typeof now === "number" ? String(Math.round(now * 10000) / 100) : String(now ?? "");
  return now === null || now === undefined ? "" : String(now);
}

function read(field: Field, given: string): any {
  const text = given.trim();
  if (field.kind === "values") return values(given);
  if (field.kind === "texts") return split(text);
  if (field.kind === "numbers") return split(text).map(number);
  if (field.kind === "value") return text ? plain(text) : null;
  if (field.kind === "share") {
    const found = number(text || "0");
    return typeof found === "number" ? found / 100 : found;
  }
  if (field.kind === "whole" || field.kind === "number") return text ? number(text) : null;
  return text || (field.required ? "" : null);
}

function Choice(props: { title: string; hint: ReactNode; variants: Variant[]; tag: string; value: any; path: string; change: (value: any) => void }) {
  const { title, hint, variants, tag, value, path, change } = props;
  const id = useId();
  const { say } = useContext(Words);
  const now = chosen(variants, value, tag);
  return (
    <fieldset className="part mb-3">
      <label className="form-label" htmlFor={id}>{title}</label>
      <select className="form-select" id={id} value={now?.value ?? ""} onChange={(event) => {
        const picked = variants.find((each) => each.value === event.target.value);
        change(picked ? fresh(picked, tag) : null);
      }}>
        {!now ? <option value="">{say("Choose …")}</option> : null}
        {variants.map((each) => <option key={each.value} value={each.value}>{each.title}</option>)}
      </select>
      {hint}
      {now?.fields.length ? <div className="inner"><Fields fields={now.fields} value={value} path={path} change={change} /></div> : null}
    </fieldset>
  );
}

/** A condition: the desk's builder draws it into this form and tells of each change. */
function Condition({ value, path, change }: { value: any; path: string; change: (value: any) => void }) {
  const place = useRef<HTMLDivElement>(null);
  const known = useRef<string | null>(null);
  const tell = useRef(change);
  tell.current = change;
  const given = JSON.stringify(value ?? null);
  useEffect(() => {
    if (known.current === given) return;
    known.current = given;
    place.current!.dispatchEvent(new CustomEvent("slinga:build", { bubbles: true, detail: { root: path, condition: value ?? null } }));
  }, [given]);
  useEffect(() => {
    // Not taken off: what was typed last is told after the panel has gone on to another step.
    place.current!.addEventListener("slinga:condition", (event) => {
      const found = (event as CustomEvent<any>).detail;
      known.current = JSON.stringify(found);
      tell.current(found);
    });
  }, []);
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <button className="visually-hidden" tabIndex={-1} aria-hidden="true" />
      <div ref={place} />
    </form>
  );
}

function Several({ field, value, path, change }: Part) {
  const { say } = useContext(Words);
  const items: Doc[] = Array.isArray(value) ? value : [];
  const put = (n: number, item: any) => change(items.map((each, m) => (m === n ? item : each)));
  return (
    <fieldset className="part mb-3">
      <legend className="form-label">{field.title}</legend>
      {items.map((item, n) => (
        <div className="item" key={n}>
          <Fields fields={field.fields} value={item} path={`${path}.${n}`} change={(found) => put(n, found)} />
          <button type="button" className="btn btn-sm btn-ghost-danger" onClick={() => change(items.filter((_, m) => m !== n))}>
            {say("Take away")}<span className="visually-hidden"> {field.title} {n + 1}</span>
          </button>
        </div>
      ))}
      <button type="button" className="btn btn-sm" onClick={() => change([...items, {}])}>
        {say("Add one")}<span className="visually-hidden"> {field.title}</span>
      </button>
    </fieldset>
  );
}
