"""Text with a few marks: what authors write in a block, as HTML.

In: text with **bold**, *italic*, [words](address), lists of lines that begin with `- ` or `1. `, paragraphs
apart by an empty line, Liquid anywhere. Out: HTML in which nothing but these marks is markup.
Always true: every other character is shown as it was written; Liquid stays as it stands; a backslash takes
the meaning from the mark that follows it.
"""

import re
from html import escape

from slinga.messages.markup import LIQUID

_ESCAPED = re.compile(r"\\([\\*\[\]()_-])")
_HELD = re.compile(r"[\ue000-\uf8ff]")
_FIRST = 0xE000
_ROOM = 0xF8FF - _FIRST
_LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ITALIC = re.compile(r"\*(?=\S)(.+?)(?<=\S)\*")
_ITEM = re.compile(r"(?P<mark>-|\d{1,2}\.) +(?P<text>.*)")


class _Held:
    """Pieces that the marks may not look into, each behind one character of the private area."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def hold(self, piece: str) -> str:
        if len(self.pieces) >= _ROOM:
            return " "
        self.pieces.append(piece)
        return chr(_FIRST + len(self.pieces) - 1)

    def restore(self, text: str) -> str:
        return _HELD.sub(lambda found: self.pieces[ord(found[0]) - _FIRST], text)


def escaped(text: str) -> str:
    """Text for HTML, in elements or attributes, with its Liquid as it stands."""
    out: list[str] = []
    at = 0
    for span in LIQUID.finditer(text):
        out += (escape(text[at : span.start()]), span[0])
        at = span.end()
    return "".join([*out, escape(text[at:])])


def inline(text: str, link_style: str = "") -> str:
    """One line's marks as HTML, without paragraphs; line ends become blanks."""
    held = _Held()
    return held.restore(_marked(_protected(" ".join(text.split("\n")), held), held, link_style))


def to_html(text: str, link_style: str = "", paragraph_style: str = "margin:0 0 12px") -> str:
    """Paragraphs and lists as HTML. The styles are attribute values of ours, never an author's."""
    held = _Held()
    protected = _protected(text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"), held)
    parts = [_part(part, held, link_style, paragraph_style) for part in re.split(r"\n[ \t]*\n+", protected)]
    return held.restore("".join(part for part in parts if part))


def _protected(text: str, held: _Held) -> str:
    text = _HELD.sub("", text)
    text = LIQUID.sub(lambda span: held.hold(span[0]), text)
    return escape(_ESCAPED.sub(lambda found: held.hold(escape(found[1])), text), quote=False)


def _part(part: str, held: _Held, link_style: str, paragraph_style: str) -> str:
    out: list[str] = []
    lines: list[str] = []
    items: list[str] = []
    kind = ""

    def close() -> None:
        nonlocal kind
        if lines:
            out.append(f'<p style="{paragraph_style}">{"<br>".join(lines)}</p>')
        if items:
            rows = "".join(f'<li style="margin:0 0 6px">{item}</li>' for item in items)
            out.append(f'<{kind} style="margin:0 0 12px;padding-left:24px">{rows}</{kind}>')
        lines.clear()
        items.clear()
        kind = ""

    for line in part.split("\n"):
        item = _ITEM.fullmatch(line.strip())
        wanted = ("ul" if item["mark"] == "-" else "ol") if item else ""
        if wanted != kind:
            close()
            kind = wanted
        said = _marked(item["text"] if item else line.strip(), held, link_style)
        if item:
            items.append(said)
        elif said:
            lines.append(said)
    close()
    return "".join(out)


def _marked(line: str, held: _Held, link_style: str) -> str:
    def link(found: re.Match[str]) -> str:
        address = found[2].replace('"', "&quot;")
        style = f' style="{link_style}"' if link_style else ""
        return held.hold(f'<a href="{held.restore(address)}"{style}>') + found[1] + held.hold("</a>")

    line = _LINK.sub(link, line)
    line = _BOLD.sub(r"<strong>\1</strong>", line)
    return _ITALIC.sub(r"<em>\1</em>", line)
