// Words that are written where they stand, with a few marks and places for data.
//
// In: the text with marks. Out: the text as it is typed. Always true: what is pasted comes as plain words.
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { read, readLines, readPlain, show, showPlain, tag } from "./marks";
import { Icon, offered, t } from "./parts";

/** `plain`: no marks, only places for data, in several lines with `block`. `entry`: of a list that is repeated over. */
type Props = { value: string; block?: boolean; plain?: boolean; entry?: boolean; label: string; className?: string; placeholder?: string; onChange: (text: string) => void };

export function Editable({ value, block = false, plain = false, entry = false, label, className = "", placeholder, onChange }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const told = useRef<string | null>(null);
  const [here, setHere] = useState(false);
  useLayoutEffect(() => {
    if (place.current && told.current !== value) {
      shown(value);
      told.current = value;
    }
  }, [value, block]);
  const shown = (text: string) => place.current && (plain ? showPlain(text, place.current) : show(text, place.current, block));
  const written = (from: HTMLElement) => (plain ? (block ? readLines(from) : readPlain(from)) : read(from, block));
  const changed = () => {
    if (!place.current) return;
    const text = written(place.current);
    if (text === told.current) return;
    told.current = text;
    onChange(text);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (!block || plain)) event.preventDefault();
    if (event.key === "Enter" && block && plain) {
      document.execCommand("insertLineBreak");
      changed();
    }
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    if (!event.altKey) event.stopPropagation();
  };
  const leave = (event: React.FocusEvent) => {
    if (event.currentTarget.contains(event.relatedTarget as Node)) return;
    setHere(false);
    if (place.current) shown((told.current = written(place.current)));
  };
  return (
    <div className="em-editable" onFocus={() => setHere(true)} onBlur={leave} onKeyDown={keys}>
      {here && <Marks place={place} block={block} plain={plain} entry={entry} changed={changed} />}
      <div
        ref={place}
        className={className}
        role="textbox"
        aria-multiline={block}
        aria-label={label}
        data-placeholder={placeholder}
        contentEditable
        suppressContentEditableWarning
        spellCheck
        onInput={changed}
        onPaste={(event) => {
          event.preventDefault();
          document.execCommand("insertText", false, event.clipboardData.getData("text/plain").slice(0, 20_000));
        }}
        onDrop={(event) => event.preventDefault()}
      />
    </div>
  );
}

function Marks({ place, block, plain, entry, changed }: { place: React.RefObject<HTMLDivElement | null>; block: boolean; plain: boolean; entry: boolean; changed: () => void }) {
  const range = useRef<Range | null>(null);
  const [open, setOpen] = useState<"" | "link" | "tag">("");
  const [given, setGiven] = useState("");
  useEffect(() => {
    const kept = () => {
      const found = getSelection();
      if (found?.rangeCount && place.current?.contains(found.anchorNode)) range.current = found.getRangeAt(0).cloneRange();
    };
    kept();
    document.addEventListener("selectionchange", kept);
    return () => document.removeEventListener("selectionchange", kept);
  }, [place]);
  const restore = () => {
    place.current?.focus();
    const found = getSelection();
    if (!range.current && place.current) {
      range.current = document.createRange();
      range.current.selectNodeContents(place.current);
      range.current.collapse(false);
    }
    if (found && range.current) {
      found.removeAllRanges();
      found.addRange(range.current);
    }
  };
  const does = (command: string) => () => {
    restore();
    document.execCommand(command);
    changed();
  };
  const link = () => {
    restore();
    const there = range.current;
    if (there && given.trim()) {
      const element = document.createElement("a");
      element.setAttribute("data-to", given.trim());
      if (there.collapsed) element.textContent = given.trim();
      else element.appendChild(there.extractContents());
      there.insertNode(element);
      changed();
    }
    setOpen("");
  };
  const insert = (name: string, usual: string) => {
    restore();
    const said = given.trim() || usual;
    const otherwise = said ? ` | default: "${said.replace(/["{}%]/g, "")}"` : "";
    const there = range.current;
    if (there) {
      there.deleteContents();
      const element = tag(`{{ ${name}${otherwise} }}`);
      there.insertNode(element);
      element.after(document.createTextNode("\u200b"));
      there.setStartAfter(element.nextSibling ?? element);
      there.collapse(true);
      changed();
    }
    setOpen("");
  };
  const button = (icon: string, label: string, act: () => void, on = false) => (
    <button type="button" className="btn btn-icon btn-sm" aria-label={label} title={label} aria-expanded={on || undefined} onMouseDown={(event) => event.preventDefault()} onClick={act}>
      <Icon name={icon} />
    </button>
  );
  return (
    <div className="em-marks" role="toolbar" aria-label={t("Marks")}>
      {!plain && button("bold", t("Bold"), does("bold"))}
      {!plain && button("italic", t("Italic"), does("italic"))}
      {!plain && button("link", t("Link"), () => (setGiven("https://"), setOpen(open === "link" ? "" : "link")), open === "link")}
      {block && !plain && button("list", t("List"), does("insertUnorderedList"))}
      {block && !plain && button("list-numbers", t("Numbered list"), does("insertOrderedList"))}
      <button type="button" className="btn btn-sm px-2" aria-expanded={open === "tag"} onMouseDown={(event) => event.preventDefault()} onClick={() => (setGiven(""), setOpen(open === "tag" ? "" : "tag"))}><Icon name="braces" />{t("Insert data")}</button>
      {open === "link" && (
        <span className="em-pop input-group input-group-sm">
          <input className="form-control" aria-label={t("Address")} value={given} autoFocus onChange={(event) => setGiven(event.target.value)} onKeyDown={(event) => event.key === "Enter" && (event.preventDefault(), link())} />
          <button type="button" className="btn" onClick={link}>{t("Link")}</button>
        </span>
      )}
      {open === "tag" && (
        <span className="em-pop em-menu">
          <label className="small">{t("If it is missing, say")}<input className="form-control form-control-sm" value={given} placeholder={t("friend")} onChange={(event) => setGiven(event.target.value)} /></label>
          {offered(entry).map(([name, said, usual]) => (
            <button type="button" key={name} className="dropdown-item" title={`{{ ${name} }}`} onMouseDown={(event) => event.preventDefault()} onClick={() => insert(name, usual)}>{said}</button>
          ))}
        </span>
      )}
    </div>
  );
}
