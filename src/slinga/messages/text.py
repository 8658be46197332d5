"""The plain text of a mail, made from its HTML when the template is compiled.

In: protected HTML. Out: protected plain text with the same Liquid in it.
Always true: every link stays, as `text (address)`; nothing of styles, scripts, hidden blocks or conditional
comments comes through; list items keep their marks.
"""

import re
from html.parser import HTMLParser


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS = _words(
    "p div tr table section article header footer main aside blockquote pre ul ol dl dd dt figure form"
    " h1 h2 h3 h4 h5 h6"
)
_APART = _words("p h1 h2 h3 h4 h5 h6 ul ol blockquote table")
_SKIPPED = _words("head style script title template svg")
_VOID = _words("area base br col embed hr img input link meta source track wbr")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.skipped: list[str] = []
        self.lists: list[int] = []
        self.anchors: list[tuple[str, int]] = []
        self.gap = 0
        self.space = False

    def _write(self, text: str) -> None:
        if self.out and self.gap:
            self.out.append("\n" * self.gap)
        elif self.out and self.space:
            self.out.append(" ")
        self.gap, self.space = 0, False
        self.out.append(text)

    def _break(self, lines: int) -> None:
        self.gap = max(self.gap, lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if self.skipped:
            if tag not in _VOID:
                self.skipped.append(tag)
            return
        if tag in _SKIPPED or _HIDDEN.search(found.get("style", "")):
            if tag not in _VOID:
                self.skipped.append(tag)
            return
        if tag in _BLOCKS:
            self._break(2 if tag in _APART else 1)
        if tag in ("ul", "ol"):
            self.lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._item()
        elif tag == "br":
            self.gap = min(self.gap + 1, 2)
        elif tag == "hr":
            self._break(1)
            self._write("-" * 40)
            self._break(1)
        elif tag == "img" and found.get("alt", "").strip():
            self._write(found["alt"].strip())
        elif tag in ("td", "th"):
            self.space = True
        elif tag == "a":
            self.anchors.append((found.get("href", "").strip(), len(self.out)))

    def _item(self) -> None:
        self._break(1)
        depth = "  " * max(len(self.lists) - 1, 0)
        if self.lists and self.lists[-1] >= 0:
            self.lists[-1] += 1
            self._write(f"{depth}{self.lists[-1]}.")
        else:
            self._write(f"{depth}-")
        self.space = True

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            if tag in self.skipped:
                while self.skipped and self.skipped.pop() != tag:
                    continue
            return
        if tag == "a" and self.anchors:
            href, start = self.anchors.pop()
            said = "".join(self.out[start:]).strip()
            if href and not href.startswith("#"):
                self._write_address(href, said)
        elif tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag in _BLOCKS:
            self._break(2 if tag in _APART else 1)

    def _write_address(self, href: str, said: str) -> None:
        if said and said == re.sub(r"^(mailto:|tel:)", "", href):
            return
        gap, self.gap = self.gap, 0
        self.space = bool(said)
        self._write(f"({href})" if said else href)
        self.gap = gap

    def handle_data(self, data: str) -> None:
        if self.skipped:
            return
        text = re.sub(r"[\s\u00a0]+", " ", data.replace("\u200c", "").replace("\u034f", ""))
        if text.startswith(" "):
            self.space = True
        if text.strip():
            self._write(text.strip())
        if text.endswith(" "):
            self.space = True

    def handle_comment(self, data: str) -> None:
        if not self.skipped and re.fullmatch(r"LQD\d+", data):
            self._write(f"<!--{data}-->")


def from_html(protected: str) -> str:
    """The text of protected HTML; Liquid marks stay, literal braces of the HTML become harmless."""
    reader = _Reader()
    reader.feed(protected)
    reader.close()
    return "".join(reader.out).replace("{{", "{ {").replace("{%", "{ %").strip() + "\n"


def tidy(rendered: str) -> str:
    """Rendered text without trailing blanks and with at most one empty line in a row."""
    text = "\n".join([line.rstrip() for line in rendered.splitlines()])
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"
