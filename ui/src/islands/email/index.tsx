// The e-mail editor: one document, saved as one types; the preview is the server's.
//
// In: the document and its forms from the page. Out: saves. Always true: nobody else's save is overwritten
// unseen; every step can be undone; without this script the page's forms do the same.
import "./email.css";
import { useCallback, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { Canvas, MOVING, type Acts } from "./canvas";
import { Editable } from "./editable";
import { add, move, type Doc, type Given, type Place } from "./model";
import { Panel } from "./panel";
import { Icon, inWords, prepare, t } from "./parts";
import { smsLength } from "./sms";

type Page = { given: Given; address: string; csrf: string; pictures: [string, string][] };
const WAIT_MS = 700;

function useSaving({ given, address, csrf }: Page, doc: Doc) {
  const [state, setState] = useState<"saved" | "saving" | "stale" | "fault">("saved");
  const [told, setTold] = useState("");
  const [revision, setRevision] = useState(given.revision);
  const kept = useRef({ doc: given.document, revision: given.revision, busy: false });
  const save = useCallback(async () => {
    const it = kept.current;
    if (it.busy || it.doc === latest.current) return;
    it.busy = true;
    setState("saving");
    const sent = latest.current;
    try {
      const answer = await fetch(`${address}/save`, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json", "X-Csrf": csrf }, body: JSON.stringify({ document: sent, revision: it.revision }) });
      const said = await answer.json().catch(() => ({}));
      if (answer.ok) {
        it.doc = sent;
        it.revision = said.revision;
        setRevision(said.revision);
        setState("saved");
      } else {
        setState(answer.status === 409 ? "stale" : "fault");
        setTold(String(said.message ?? said.error?.message ?? t("That did not work. Try again.")));
      }
    } catch {
      setState("fault");
      setTold(t("Slinga does not answer. What you wrote is still here."));
    }
    it.busy = false;
    if (it.doc !== latest.current && kept.current.doc === sent) void save();
  }, [address, csrf]);
  const latest = useRef(doc);
  useEffect(() => {
    latest.current = doc;
    if (doc === kept.current.doc) {
      if (!kept.current.busy) setState((now) => (now === "saving" ? "saved" : now));
      return;
    }
    setState((now) => (now === "saved" ? "saving" : now));
    const timer = setTimeout(() => void save(), WAIT_MS);
    return () => clearTimeout(timer);
  }, [doc, save]);
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (latest.current !== kept.current.doc) {
        void save();
        event.preventDefault();
      }
    };
    addEventListener("beforeunload", leaving);
    return () => removeEventListener("beforeunload", leaving);
  }, [save]);
  return { state, told, revision, save };
}

function Editor(page: Page) {
  const { given } = page;
  const [past, setPast] = useState<Doc[]>([]);
  const [doc, setDoc] = useState<Doc>(given.document);
  const [future, setFuture] = useState<Doc[]>([]);
  const [chosen, setChosen] = useState("");
  const [tag, setTag] = useState("");
  const [look, setLook] = useState("");
  const last = useRef({ what: "", at: 0 });
  const saving = useSaving(page, doc);
  const change = useCallback((next: Doc, what = "") => {
    setDoc((before) => {
      if (next === before) return before;
      const now = Date.now();
      const same = what !== "" && what === last.current.what && now - last.current.at < 1500;
      last.current = { what, at: now };
      if (!same) setPast((all) => [...all.slice(-99), before]);
      setFuture([]);
      return next;
    });
  }, []);
  const undo = useCallback(() => {
    if (!past.length) return;
    setFuture([doc, ...future]);
    setDoc(past[past.length - 1]!);
    setPast(past.slice(0, -1));
    last.current.what = "";
  }, [past, doc, future]);
  const redo = useCallback(() => {
    if (!future.length) return;
    setPast([...past, doc]);
    setDoc(future[0]!);
    setFuture(future.slice(1));
    last.current.what = "";
  }, [past, doc, future]);
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      if ((event.target as HTMLElement).closest("input, textarea, select")) return;
      event.preventDefault();
      (event.shiftKey ? redo : undo)();
    };
    addEventListener("keydown", keys, true);
    return () => removeEventListener("keydown", keys, true);
  }, [undo, redo]);
  const put = (type: string, place?: Place) => {
    const [next, id] = add(doc, given, type, place);
    change(next);
    setChosen(id);
    requestAnimationFrame(() => document.querySelector(`[data-block="${id}"]`)?.scrollIntoView({ block: "nearest" }));
  };
  const acts: Acts = {
    doc, given, tag, chosen, choose: setChosen, change,
    drop: (moving, to) => {
      const [way, name = ""] = moving.split(":");
      const type = way === "add" ? name : "";
      if (to.list && type && !given.inner.includes(type)) return;
      if (type) put(type, to);
      else change(move(doc, name, to));
    },
  };
  const languages = Object.keys(doc.locales ?? {});
  const looks: [string, string, string][] = [["", t("Edit"), "pencil"], ["desktop", t("Desktop"), "device-desktop"], ["phone", t("Phone"), "device-mobile"], ["dark", t("Dark"), "moon"]];
  const saved = { saved: t("Saved"), saving: t("Saving"), stale: saving.told, fault: saving.told }[saving.state];
  return (
    <div className="em">
      <div className="em-bar">
        <div className="btn-group" role="group" aria-label={t("Edit or look")}>
          {looks.map(([key, name, icon]) => <button type="button" key={key} className={`btn btn-sm${look === key ? " btn-primary" : ""}`} aria-pressed={look === key} onClick={() => (key && void saving.save(), setLook(key))}><Icon name={icon} />{name}</button>)}
        </div>
        <div className="btn-group">
          <button type="button" className="btn btn-icon btn-sm" aria-label={t("Undo")} title={t("Undo")} disabled={!past.length} onClick={undo}><Icon name="arrow-back-up" /></button>
          <button type="button" className="btn btn-icon btn-sm" aria-label={t("Redo")} title={t("Redo")} disabled={!future.length} onClick={redo}><Icon name="arrow-forward-up" /></button>
        </div>
        {languages.length > 0 && <select className="form-select form-select-sm em-language" aria-label={t("Language")} value={tag} onChange={(event) => setTag(event.target.value)}><option value="">{doc.locale ?? "en"}</option>{languages.map((one) => <option key={one}>{one}</option>)}</select>}
        <span className={`em-state${saving.state === "stale" || saving.state === "fault" ? " text-danger" : ""}`} role="status">{saved}{saving.state === "stale" && <> <a href={page.address}>{t("Reload")}</a></>}</span>
      </div>
      {look ? (
        <div className={look === "phone" ? "mail-phone mail-stage" : "mail-stage"}>
          <iframe key={`${look}${saving.revision}${tag}`} className="frame-mail mail-tall" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerPolicy="no-referrer" title={t("The mail")} src={`${page.address}/frame?look=${look}&rev=${saving.revision}${tag ? `&locale=${encodeURIComponent(tag)}` : ""}`} />
        </div>
      ) : (
        <div className="em-grid" onClick={() => setChosen("")}>
          <nav className="em-palette" aria-label={t("Blocks to add")} onClick={(event) => event.stopPropagation()}>
            {Object.entries(given.forms).map(([type, form]) => (
              <button type="button" key={type} className="em-add" draggable title={t(form.about)} onDragStart={(event) => event.dataTransfer.setData(MOVING, `add:${type}`)} onClick={() => put(type)}><Icon name={form.icon} />{t(form.name)}</button>
            ))}
          </nav>
          <Canvas {...acts} />
          <aside className="em-panel card" aria-label={t("The chosen block")} onClick={(event) => event.stopPropagation()}><div className="card-body"><Panel acts={acts} pictures={page.pictures} /></div></aside>
        </div>
      )}
    </div>
  );
}

/** A line of a form, such as the subject, with its places for data by name; the input keeps what is sent. */
function Line({ input, label }: { input: HTMLInputElement; label: string }) {
  const [value, setValue] = useState(input.value);
  const keep = (text: string) => {
    input.value = text;
    setValue(text);
  };
  return <Editable value={value} plain label={label} className="form-control" onChange={keep} />;
}

/** The text of a message to a phone, with its places for data by name and how many parts it takes. */
function Sms({ area, label }: { area: HTMLTextAreaElement; label: string }) {
  const [value, setValue] = useState(area.value);
  const keep = (text: string) => {
    area.value = text;
    setValue(text);
  };
  const { parts, used, room, wide } = smsLength(value.replace(/\{\{[\s\S]*?\}\}/g, (liquid) => /default:\s*"([^"]*)"/.exec(liquid)?.[1] || inWords(liquid)).replace(/\{%[\s\S]*?%\}/g, ""));
  return (
    <>
      <Editable value={value} plain block label={label} className="form-control em-lines" onChange={keep} />
      <p className="small mb-1 text-end" role="status">
        {parts === 1 ? t("1 text message, {used} of {room} characters", { used, room }) : t("{parts} text messages, {used} of {room} characters in the last one", { parts, used, room })}
        {wide.length > 0 && <><br />{t("These signs leave room for 70 instead of 160 characters: {signs}", { signs: wide.join(" ") })}</>}
      </p>
    </>
  );
}

const told = document.querySelector<HTMLElement>("[data-email]");
if (told) prepare(told.dataset.icons ?? "", JSON.parse(told.dataset.words ?? "{}"), JSON.parse(told.dataset.names ?? "{}"));
const place = document.getElementById("email-editor");
if (place) {
  const csrf = document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "";
  const data = JSON.parse(place.dataset.editor ?? "{}") as Given & { pictures?: [string, string][] };
  document.getElementById("plain-editor")?.setAttribute("hidden", "");
  createRoot(place).render(<Editor given={data} address={place.dataset.address ?? ""} csrf={csrf} pictures={data.pictures ?? []} />);
}
for (const area of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-sms]")) {
  const beside = document.createElement("div");
  area.after(beside);
  area.hidden = true;
  document.querySelector("[data-sms-plain]")?.remove();
  createRoot(beside).render(<Sms area={area} label={area.labels?.[0]?.textContent?.trim() ?? ""} />);
}
for (const input of document.querySelectorAll<HTMLInputElement>("input[data-chips]")) {
  const beside = document.createElement("div");
  input.after(beside);
  input.hidden = true;
  input.required = false;
  createRoot(beside).render(<Line input={input} label={input.labels?.[0]?.textContent?.trim() ?? ""} />);
}
