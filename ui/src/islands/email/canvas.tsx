// The mail while it is built: blocks as they will stand, each to be chosen, moved and written in.
//
// In: the document, the chosen block, a language. Out: changes. Always true: looks like the mail and is not it;
// the preview is the server's.
import { useState, type CSSProperties, type DragEvent, type ReactNode } from "react";
import { Editable } from "./editable";
import { blocksOf, columnsOf, copy, remove, say, shownIn, step, fill, type Block, type Doc, type Given, type Place } from "./model";
import { Icon, named, t } from "./parts";
import { sentence } from "./plainly";

export type Acts = {
  doc: Doc;
  given: Given;
  tag: string;
  chosen: string;
  choose: (id: string) => void;
  change: (doc: Doc, what?: string) => void;
  drop: (moving: string, to: Place) => void;
};
const FONTS: Record<string, string> = {
  system: "system-ui, sans-serif", arial: "Arial, sans-serif", georgia: "Georgia, serif", palatino: "Palatino, serif",
  tahoma: "Tahoma, sans-serif", times: "'Times New Roman', serif", trebuchet: "'Trebuchet MS', sans-serif", verdana: "Verdana, sans-serif",
};
export const MOVING = "application/x-slinga-block";

export function Canvas(acts: Acts) {
  const { brand } = acts.given;
  const colours = { "--em-accent": brand.color ?? "#1f4b99", "--em-surface": brand.surface ?? "#fff", "--em-ground": brand.background ?? "#f4f2ee", "--em-ink": brand.text_color ?? "#1d1d1f", "--em-round": `${brand.rounding ?? 8}px`, fontFamily: FONTS[brand.font ?? "system"] } as CSSProperties;
  return (
    <div className="em-page" style={colours}>
      <List list="" blocks={blocksOf(acts.doc)} acts={acts} />
    </div>
  );
}

const OUTSIDE = new Set(["header", "footer", "social"]);

function List({ list, blocks, acts }: { list: string; blocks: Block[]; acts: Acts }) {
  const [over, setOver] = useState(-1);
  const place = (event: DragEvent<HTMLElement>): number => {
    const rows = [...event.currentTarget.children].filter((one) => one instanceof HTMLElement && one.dataset.block);
    const at = rows.findIndex((row) => event.clientY < row.getBoundingClientRect().top + row.getBoundingClientRect().height / 2);
    return at < 0 ? rows.length : at;
  };
  return (
    <div
      className="em-list"
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(MOVING)) return;
        event.preventDefault();
        event.stopPropagation();
        setOver(place(event));
      }}
      onDragLeave={() => setOver(-1)}
      onDrop={(event) => {
        const moving = event.dataTransfer.getData(MOVING);
        if (!moving) return;
        event.preventDefault();
        event.stopPropagation();
        acts.drop(moving, { list, at: place(event) });
        setOver(-1);
      }}
    >
      {blocks.map((block, n) => {
        const outside = !list && OUTSIDE.has(block.type);
        const first = !list && !outside && (n === 0 || OUTSIDE.has(blocks[n - 1]!.type));
        const last = !list && !outside && (n === blocks.length - 1 || OUTSIDE.has(blocks[n + 1]!.type));
        return (
          <Frame key={block.id} block={block} acts={acts} first={n === 0} last={n === blocks.length - 1} look={`${outside ? "em-outside" : list ? "" : "em-card"}${first ? " em-first" : ""}${last ? " em-last" : ""}${over === n ? " em-over" : ""}`}>
            <Look block={block} acts={acts} />
          </Frame>
        );
      })}
      {!blocks.length && <p className="em-none">{list ? t("Drop a block here") : t("No blocks yet. Choose one at the left.")}</p>}
      {over === blocks.length && blocks.length > 0 && <div className="em-over" />}
    </div>
  );
}

function Frame({ block, acts, look, first, last, children }: { block: Block; acts: Acts; look: string; first: boolean; last: boolean; children: ReactNode }) {
  const name = t(acts.given.forms[block.type]?.name ?? block.type);
  const chosen = acts.chosen === block.id;
  const [moving, setMoving] = useState(false);
  const tool = (icon: string, label: string, act: () => void, off = false) => (
    <button type="button" className="btn btn-icon btn-sm" aria-label={label} title={label} disabled={off} onClick={(event) => (event.stopPropagation(), act())}><Icon name={icon} /></button>
  );
  return (
    <section
      className={`em-block ${look}${chosen ? " em-chosen" : ""}${moving ? " em-moving" : ""}`}
      data-block={block.id}
      aria-label={name}
      tabIndex={0}
      onClick={(event) => (event.stopPropagation(), acts.choose(block.id))}
      onFocus={(event) => (event.stopPropagation(), acts.chosen !== block.id && acts.choose(block.id))}
      onKeyDown={(event) => {
        if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
          event.preventDefault();
          event.stopPropagation();
          acts.change(step(acts.doc, block.id, event.key === "ArrowUp" ? -1 : 1));
        } else if (event.target === event.currentTarget && (event.key === "Delete" || event.key === "Backspace")) {
          event.preventDefault();
          event.stopPropagation();
          acts.change(remove(acts.doc, block.id));
          acts.choose("");
        }
      }}
    >
      {chosen && (
        <div className="em-tools" role="toolbar" aria-label={t("Block: {name}", { name })}>
          <span
            className="em-grip"
            draggable
            title={t("Drag to move")}
            onDragStart={(event) => (event.dataTransfer.setData(MOVING, `move:${block.id}`), setMoving(true))}
            onDragEnd={() => setMoving(false)}
          ><Icon name="grip-vertical" />{name}</span>
          {tool("arrow-up", t("Up"), () => acts.change(step(acts.doc, block.id, -1)), first)}
          {tool("arrow-down", t("Down"), () => acts.change(step(acts.doc, block.id, 1)), last)}
          {tool("copy", t("Copy"), () => { const [doc, id] = copy(acts.doc, block.id); acts.change(doc); acts.choose(id); })}
          {tool("trash", t("Remove"), () => (acts.change(remove(acts.doc, block.id)), acts.choose("")))}
        </div>
      )}
      {Boolean(block.show_if || block.repeat) && <p className="em-when"><Icon name="filter" />{block.show_if ? t("if {condition}", { condition: sentence(String(block.show_if)) }) : ""} {block.repeat ? t("for each of {list}", { list: named(String(block.repeat)) }) : ""}</p>}
      {children}
    </section>
  );
}

function Look({ block, acts }: { block: Block; acts: Acts }) {
  const { doc, tag, change, given } = acts;
  const write = (field: string) => (text: string) => change(tag ? say(doc, tag, block.id, field, text) : fill(doc, block.id, field, text), `${block.id}.${field}`);
  const words = (field: string, label: string, className: string, rich = false, placeholder = "") => (
    <Editable key={`${field}${tag}`} value={shownIn(doc, tag, block, field)} block={rich} label={label} className={className} placeholder={placeholder} entry={Boolean(block.repeat)} onChange={write(field)} />
  );
  const align = { textAlign: (block.align as "left" | undefined) ?? (["header", "image", "button", "social"].includes(block.type) ? "center" : "left") } as CSSProperties;
  switch (block.type) {
    case "header":
      return <div style={align} className="em-header">{given.brand.logo_url ? <img src={given.brand.logo_url} alt={given.brand.name ?? ""} width={140} /> : <b>{given.brand.name || t("Your brand")}</b>}</div>;
    case "heading":
      return <div style={align}>{words("text", t("Heading"), `em-h em-h${block.level ?? 1}`, false, t("A heading"))}</div>;
    case "text":
      return <div style={align}>{words("text", t("Text"), `em-text em-${block.size ?? "normal"}`, true, t("Write something"))}</div>;
    case "image": {
      const src = shownIn(doc, tag, block, "src");
      const shown = /^(https?:|\/)/.test(src) && !src.includes("{");
      return <div style={align} className="em-image">{shown ? <img src={src} alt={shownIn(doc, tag, block, "alt")} width={Number(block.width) || undefined} className={block.rounded ? "em-rounded" : ""} /> : <span className="em-blank"><Icon name="photo" />{src || t("Choose a picture at the right")}</span>}</div>;
    }
    case "button":
      return <div style={align}><span className={`em-button${block.style === "outline" ? " em-line" : ""}${block.wide ? " em-wide" : ""}`}>{words("label", t("Words of the button"), "", false, t("Words"))}</span></div>;
    case "products":
      return <Products block={block} title={words("title", t("Heading above"), "em-h em-h2", false, t("A heading, if you like"))} />;
    case "columns":
      return <div className={`em-columns em-${String(block.split ?? "even")}`}>{columnsOf(block).map((column, n) => <List key={n} list={`${block.id}.${n}`} blocks={column.blocks ?? []} acts={acts} />)}</div>;
    case "divider":
      return <hr />;
    case "spacer":
      return <div className="em-room" style={{ height: Number(block.height ?? 24) }} />;
    case "coupon":
      return <div className="em-coupon">{words("title", t("Above the code"), "", false, t("Your code"))}<div className="em-code"><Editable key={`code${tag}`} value={shownIn(doc, tag, block, "code") || (block.code === undefined ? "{{ offer_code }}" : "")} label={t("Code")} onChange={write("code")} /></div>{words("note", t("Below the code"), "small", false, t("How long it holds"))}</div>;
    case "social":
      return <div style={align} className="em-soft">{Object.keys((block.links as object) ?? given.brand.links ?? {}).join(" · ") || t("The brand's places elsewhere")}</div>;
    case "footer":
      return <div className="em-soft em-center">{words("text", t("Why it came"), "", false, t("Why this mail came"))}<span><u>{shownIn(doc, tag, block, "unsubscribe") || t("Unsubscribe")}</u> · <u>{shownIn(doc, tag, block, "preferences") || t("Choose what you get")}</u></span><br />{given.brand.name}, {given.brand.address}</div>;
    default:
      return <pre className="em-raw">{String(block.mjml ?? "")}</pre>;
  }
}

function Products({ block, title }: { block: Block; title: ReactNode }) {
  const many = Number(block.columns ?? 2);
  const chosen = (block.fallback as { name: string; price?: string; image_url?: string }[] | undefined) ?? [];
  const rows = Math.min(Number(block.limit ?? 4), Math.max(chosen.length, many === 1 ? 2 : many));
  return (
    <div>
      {title}
      <div className={`em-products em-by-${many}`}>
        {Array.from({ length: rows }, (_, n) => (
          <div key={n} className="em-product"><span className="em-blank"><Icon name="shopping-bag" /></span><b>{chosen[n]?.name ?? t("Product {number}", { number: n + 1 })}</b>{block.prices !== false && <span>{chosen[n]?.price ?? "–"}</span>}</div>
        ))}
      </div>
      <p className="em-when"><Icon name="list" />{block.items ? t("from {list}", { list: named(String(block.items)) }) : t("chosen by hand")}</p>
    </div>
  );
}
