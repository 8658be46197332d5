"""HTML from another system, cleaned: what a mail may hold stays, the rest is named.

In: a whole HTML document as somebody pasted it. Out: a document that `body.html` takes, and what was lost.
Always true: no script, no form, no frame, no handler and no address but web, mail and phone comes through;
Liquid stays as it stands; styles of the head are written into the elements first, so the look stays.
"""

import re
from collections import Counter

import msgspec
import nh3
from selectolax.lexbor import LexborHTMLParser

from slinga.kernel.errors import Invalid
from slinga.messages import markup, mjml
from slinga.messages.marks import escaped

MOST = 500_000
"""Characters that are taken."""
_TAGS = frozenset(
    [
        "a",
        "abbr",
        "address",
        "article",
        "b",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "s",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
)
_EVERYWHERE = frozenset(
    [
        "align",
        "bgcolor",
        "border",
        "class",
        "dir",
        "height",
        "id",
        "lang",
        "role",
        "style",
        "title",
        "valign",
        "width",
        "aria-hidden",
        "aria-label",
    ]
)
_OWN = {
    "a": frozenset({"href", "name", "target"}),
    "img": frozenset({"src", "alt", "srcset"}),
    "table": frozenset({"cellpadding", "cellspacing", "summary"}),
    "td": frozenset({"colspan", "rowspan", "background", "nowrap"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
    "font": frozenset({"color", "face", "size"}),
    "col": frozenset({"span"}),
    "ol": frozenset({"start", "type"}),
}
_DROPPED = ("script", "style", "noscript", "iframe", "object", "embed", "applet", "template")
_OTHERS = (
    (re.compile(r"\*\|[A-Z0-9_:]+\|\*"), "*|NAME|*"),
    (re.compile(r"%%[\w.]+%%"), "%%name%%"),
    (re.compile(r"%[A-Z][A-Z_]{2,}%"), "%NAME%"),
    (re.compile(r"\[\[[\w .]+\]\]"), "[[name]]"),
    (re.compile(r"\{\{\{.*?\}\}\}|\{\{[#/&>^].*?\}\}"), "{{{name}}}"),
)


class Cleaned(msgspec.Struct, frozen=True):
    """The document, and in words what was left out or should be looked at."""

    html: str
    lost: tuple[str, ...] = ()
    title: str = ""


def clean(source: str, locale: str = "en") -> Cleaned:
    """Clean a whole document or a part of one. Raises Invalid for what is too long or empty."""
    if len(source) > MOST:
        raise Invalid(
            "This has more than %(most)s characters. Take pictures out of the text.", field="html", most=MOST
        )
    if not source.strip():
        raise Invalid("Paste the HTML of a mail.", field="html")
    others = tuple(sign for pattern, sign in _OTHERS if pattern.search(source))
    protected, spans = markup.protect(source.replace("\0", ""))
    tree = LexborHTMLParser(protected)
    lost = Counter(_lost(tree))
    heading = tree.css_first("title")
    title = markup.restore(" ".join((heading.text() if heading else "").split()), spans)
    media = "\n".join(_media(node.text()) for node in tree.css("style"))
    kept = LexborHTMLParser(mjml.inline(protected)) if tree.css("style") else tree
    body = kept.body
    ground = _ground(body.attributes if body else {})
    inner = nh3.clean(
        body.inner_html or "" if body else "",
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED) - {"noscript"},
        attributes={"*": set(_EVERYWHERE), **{tag: set(names) for tag, names in _OWN.items()}},
        attribute_filter=_filter,
        url_schemes={"http", "https", "mailto", "tel"},
        strip_comments=False,
        link_rel=None,
    )
    inner = re.sub(r"<!--(?!LQD\d+-->).*?-->", "", inner, flags=re.DOTALL)
    style = f"<style>{media}</style>" if media.strip() else ""
    html = (
        f'<!doctype html>\n<html lang="{locale}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n{style}</head>\n<body{ground}>\n{inner}\n</body>\n</html>\n"
    )
    told = [f"{what}: {count}" if count > 1 else what for what, count in lost.items()]
    told += [
        f"places for data of another system ({sign}); write them as {{{{ person.first_name }}}}"
        for sign in others
    ]
    return Cleaned(markup.restore(html, spans), tuple(told), title)


def _filter(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        safe = [part for part in value.split(";") if not _UNSAFE.search(part)]
        return ";".join(safe) or None
    if name in ("href", "src", "background") and value.strip().lower().startswith("data:"):
        return None
    return value


_UNSAFE = re.compile(
    r"expression\s*\(|javascript:|vbscript:|-moz-binding|behavior\s*:|@import|url\(\s*['\"]?(?!https?:)",
    re.IGNORECASE,
)


def _ground(attributes: dict[str, str | None]) -> str:
    found = attributes.get("bgcolor") or ""
    if re.fullmatch(r"#[0-9a-fA-F]{3,6}", found):
        return f' style="margin:0;background-color:{found}"'
    color = re.search(r"background(?:-color)?\s*:\s*(#[0-9a-fA-F]{3,6})", attributes.get("style") or "")
    return f' style="margin:0;background-color:{color[1]}"' if color else ' style="margin:0"'


def _media(css: str) -> str:
    """The media queries of a style sheet; all else was written into the elements."""
    out, at = [], 0
    css = re.sub(r"/\*.*?\*/|<!--|-->|</?[a-zA-Z]", "", css, flags=re.DOTALL)
    while (start := css.find("@media", at)) >= 0:
        depth, end = 0, start
        for end in range(start, len(css)):
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            if depth == 0 and css[end] == "}":
                break
        piece = css[start : end + 1]
        if not _UNSAFE.search(piece):
            out.append(piece)
        at = end + 1
    return "\n".join(out)


def _lost(tree: LexborHTMLParser) -> list[str]:
    found: list[str] = []
    for node in tree.css("*"):
        tag = (node.tag or "").lower()
        if tag in ("html", "head", "body", "title", "meta", "style", "-text") or tag.startswith("o:"):
            continue
        if tag == "link":
            found.append("a style sheet from elsewhere")
        elif tag == "input" and node.attributes.get("type") == "hidden":
            found.append("a hidden field")
        elif tag not in _TAGS:
            found.append(f"<{tag}>")
        for name, value in node.attributes.items():
            if name.startswith("on"):
                found.append(f"the handler {name}")
            elif (
                name in ("href", "src")
                and value
                and re.match(r"\s*(javascript|vbscript|data|file)\s*:", value, re.IGNORECASE)
            ):
                found.append(f"an address that is no web address ({value.strip()[:20]})")
    return found
