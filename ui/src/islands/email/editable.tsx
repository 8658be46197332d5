// Words that are written where they stand, with a few marks and places for data.
//
// In: the text with marks. Out: the text as it is typed. Always true: what is pasted comes as plain words.
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";
import { read, show, tag } from "./marks";
import { Icon, t } from "./parts";

type Props = { value: string; block?: boolean; label: string; className?: string; placeholder?: string; onChange: (text: string) => void };

export function Editable({ value, block = false, label, className = "", placeholder, onChange }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const told = useRef<string | null>(null);
  const [here, setHere] = useState(false);
  useLayoutEffect(() => {
    if (place.current && told.current !== value) {
      show(value, place.current, block);
      told.current = value;
    }
  }, [value, block]);
  const changed = () => {
    if (!place.current) return;
    const text = read(place.current, block);
    if (text === told.current) return;
    told.current = text;
    onChange(text);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !block) event.preventDefault();
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    if (!event.altKey) event.stopPropagation();
  };
  const leave = (event: React.FocusEvent) => {
    if (event.currentTarget.contains(event.relatedTarget as Node)) return;
    setHere(false);
    if (place.current) show((told.current = read(place.current, block)), place.current, block);
  };
  return (
    <div className="em-editable" onFocus={() => setHere(true)} onBlur={leave} onKeyDown={keys}>
      {here && <Marks place={place} block={block} changed={changed} />}
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

const TAGS: [string, string, string][] = [
  ["person.first_name", "First name", "friend"],
  ["person.last_name", "Last name", ""],
  ["person.email", "E-mail address", ""],
  ["brand.name", "Name of the brand", ""],
  ["offer_code", "Offer code", ""],
  ["trigger.properties.name", "Name of the product", ""],
  ["trigger.properties.order_id", "Order number", ""],
];

function Marks({ place, block, changed }: { place: React.RefObject<HTMLDivElement | null>; block: boolean; changed: () => void }) {
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
  const insert = (name: string) => {
    restore();
    const otherwise = given.trim() ? ` | default: "${given.trim().replace(/["{}%]/g, "")}"` : "";
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
      {button("bold", t("Bold"), does("bold"))}
      {button("italic", t("Italic"), does("italic"))}
      {button("link", t("Link"), () => (setGiven("https://"), setOpen(open === "link" ? "" : "link")), open === "link")}
      {block && button("list", t("List"), does("insertUnorderedList"))}
      {block && button("list-numbers", t("Numbered list"), does("insertOrderedList"))}
      {button("braces", t("Insert data"), () => (setGiven(""), setOpen(open === "tag" ? "" : "tag")), open === "tag")}
      {open === "link" && (
        <span className="em-pop input-group input-group-sm">
          <input className="form-control" aria-label={t("Address")} value={given} autoFocus onChange={(event) => setGiven(event.target.value)} onKeyDown={(event) => event.key === "Enter" && (event.preventDefault(), link())} />
          <button type="button" className="btn" onClick={link}>{t("Link")}</button>
        </span>
      )}
      {open === "tag" && (
        <span className="em-pop em-menu">
          <label className="small">{t("If it is missing, say")}<input className="form-control form-control-sm" value={given} placeholder={t("friend")} onChange={(event) => setGiven(event.target.value)} /></label>
          {TAGS.map(([name, said]) => (
            <button type="button" key={name} className="dropdown-item" onMouseDown={(event) => event.preventDefault()} onClick={() => insert(name)}>{t(said)} <code className="ms-auto small">{name}</code></button>
          ))}
        </span>
      )}
    </div>
  );
}
