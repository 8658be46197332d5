// The document while it is edited: undo and redo, checked as one types, saved a moment later.
//
// In: changes. Out: the document, what the server says of it, how saving went.
// Always true: what is shown as saved is in the draft; a save names the revision it saw, so that it never
// overwrites somebody else's unseen; only check, preview and save are called.
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import type { Doc, Given, Told, Tried } from "./model";

export type Saving = "saved" | "waiting" | "saving" | "conflict" | "offline";

interface History {
  past: Doc[];
  doc: Doc;
  future: Doc[];
  mark: string;
}
type Change = { do: "set"; how: (now: Doc) => Doc; mark: string } | { do: "undo" } | { do: "redo" };

function step(state: History, change: Change): History {
  if (change.do === "set") {
    const doc = change.how(state.doc);
    if (doc === state.doc) return state;
    // Letters typed into one field are undone together.
    const together = change.mark !== "" && change.mark === state.mark;
    return { past: together ? state.past : [...state.past.slice(-199), state.doc], doc, future: [], mark: change.mark };
  }
  if (change.do === "undo" && state.past.length)
    return { past: state.past.slice(0, -1), doc: state.past.at(-1)!, future: [state.doc, ...state.future], mark: "" };
  if (change.do === "redo" && state.future.length)
    return { past: [...state.past, state.doc], doc: state.future[0]!, future: state.future.slice(1), mark: "" };
  return state;
}

const csrf = () => document.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content ?? "";

async function ask(address: string, body: unknown, keepalive = false): Promise<Response> {
  return fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Csrf": csrf(), Accept: "application/json" },
    body: JSON.stringify(body),
    keepalive,
  });
}

export function useSession(given: Given) {
  const base = `/admin/journeys/${encodeURIComponent(given.key)}`;
  const [state, dispatch] = useReducer(step, { past: [], doc: given.document, future: [], mark: "" });
  const [told, setTold] = useState<Told>(given.told);
  const [saving, setSaving] = useState<Saving>("saved");
  const [trouble, setTrouble] = useState("");
  const revision = useRef(given.revision);
  const kept = useRef(given.document);
  const newest = useRef(state.doc);
  const busy = useRef(false);
  newest.current = state.doc;

  const save = useCallback(async (): Promise<boolean> => {
    if (busy.current || newest.current === kept.current || !given.writes) return newest.current === kept.current;
    busy.current = true;
    const sent = newest.current;
    setSaving("saving");
    try {
      const answer = await ask(`${base}/save`, { document: sent, revision: revision.current });
      const found = await answer.json();
      if (!answer.ok) {
        setTrouble(found?.error?.message ?? "");
        setSaving(answer.status === 409 ? "conflict" : "offline");
        return false;
      }
      revision.current = found.revision;
      kept.current = sent;
      setTold(found.told);
      setSaving(newest.current === sent ? "saved" : "waiting");
      return true;
    } catch {
      setSaving("offline");
      return false;
    } finally {
      busy.current = false;
    }
  }, [base, given.writes]);

  // A change is saved when nothing was typed for a moment; what could not be saved is tried again.
  useEffect(() => {
    if (saving === "conflict" || saving === "saving") return;
    if (state.doc === kept.current) {
      if (saving === "waiting") setSaving("saved");
      return;
    }
    if (saving === "saved") setSaving("waiting");
    const timer = setTimeout(() => void save(), saving === "offline" ? 4000 : 500);
    return () => clearTimeout(timer);
  }, [state.doc, saving, save]);

  // Words and faults follow sooner than saving.
  useEffect(() => {
    if (state.doc === kept.current) return;
    const timer = setTimeout(async () => {
      const answer = await ask(`${base}/check`, { document: state.doc }).catch(() => null);
      if (answer?.ok && newest.current === state.doc) setTold(await answer.json());
    }, 200);
    return () => clearTimeout(timer);
  }, [state.doc, base]);

  // Whoever leaves at once takes nothing with them.
  useEffect(() => {
    const leave = () => {
      if (newest.current !== kept.current && given.writes)
        void ask(`${base}/save`, { document: newest.current, revision: revision.current }, true);
    };
    window.addEventListener("pagehide", leave);
    return () => window.removeEventListener("pagehide", leave);
  }, [base, given.writes]);

  const preview = useCallback(
    async (person: string, at: string): Promise<Tried> => {
      const answer = await ask(`${base}/preview`, { document: newest.current, person, at }).catch(() => null);
      if (!answer) return { error: "" };
      const found = await answer.json();
      return answer.ok ? found : { error: found?.error?.message ?? "" };
    },
    [base],
  );

  return {
    doc: state.doc,
    told,
    saving,
    trouble,
    canUndo: state.past.length > 0,
    canRedo: state.future.length > 0,
    set: useCallback((doc: Doc) => dispatch({ do: "set", how: () => doc, mark: "" }), []),
    change: useCallback((how: (now: Doc) => Doc, mark: string) => dispatch({ do: "set", how, mark }), []),
    undo: useCallback(() => dispatch({ do: "undo" }), []),
    redo: useCallback(() => dispatch({ do: "redo" }), []),
    save,
    preview,
  };
}
