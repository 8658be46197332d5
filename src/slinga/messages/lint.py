"""What a template should mend before it is published: access for everybody, size, the law's lines.

In: a template, compiled. Out: findings with lines of the compiled HTML, or of the MJML where it is that.
Always true: an error is something receivers refuse or people cannot read; a warning is advice.
"""

import re
from html.parser import HTMLParser

from slinga.kernel.words import filled
from slinga.kernel.words import noted as N_
from slinga.messages import preview
from slinga.messages.colours import contrast
from slinga.messages.markup import blanked
from slinga.messages.model import Finding, Template
from slinga.messages.render import Compiled

CLIPPED_BYTES = 102_000
"""Gmail shows no more of a message than this."""
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3, for text of ordinary size."""

_RGB = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b", re.IGNORECASE)
_STYLE = re.compile(r"(?:^|;)\s*(color|background-color|background|font-size)\s*:\s*([^;]+)", re.IGNORECASE)
_VAGUE = frozenset(
    {"here", "click here", "click", "link", "this", "more", "här", "klicka här", "tutaj", "kliknij tutaj"}
)


def lint(compiled: Compiled) -> list[Finding]:
    """Everything to mend in all locales of an e-mail template, errors first."""
    template = compiled.template
    if template.channel != "email" or template.body is None:
        return []
    found: dict[tuple[str, str], Finding] = {}
    for part in compiled.parts.values():
        source = re.sub(r"\{\{-?\s*brand\.color\s*-?\}\}", compiled.brand.color, part.html)
        for finding in [*_read(blanked_tags(source)), *_whole(template, source)]:
            found.setdefault((finding.rule, finding.message), finding)
    return sorted(found.values(), key=lambda one: (one.level != "error", one.line))


def blanked_tags(source: str) -> str:
    """HTML without Liquid: outputs become a word, so that an attribute made of data is not empty."""
    return blanked(re.sub(r"\{\{.*?\}\}", "data", source, flags=re.DOTALL))


def _whole(template: Template, source: str) -> list[Finding]:
    found = []
    size = len(source.encode())
    if size > CLIPPED_BYTES:
        found.append(
            Finding(1, "error", "size", filled("%(size)s kB: Gmail cuts a mail at 102 kB", size=size // 1000))
        )
    if template.message_class == "marketing":
        if not template.preview:
            told = N_("without a preview text the inbox shows what comes first")
            found.append(Finding(1, "warning", "preview", told))
        elif template.preview.strip() == template.subject.strip():
            found.append(Finding(1, "warning", "preview", N_("the preview text only repeats the subject")))
        if "brand.address" not in source:
            told = N_("marketing mail must show a postal address: {{ brand.address }}")
            found.append(Finding(1, "error", "address", told))
    if not preview.has_body(source):
        found.append(Finding(1, "error", "body", N_("there is no <body>")))
    return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Finding] = []
        self.colors: list[tuple[str, str, str, float]] = [("", "#000000", "#ffffff", 14.0)]
        self.title = ""
        self.anchor: list[str] | None = None
        self.lang = False

    def say(self, level: str, rule: str, message: str) -> None:
        self.found.append(Finding(self.getpos()[0], level, rule, message))  # type: ignore[arg-type]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html" and given.get("lang", "und") not in ("", "und"):
            self.lang = True
        if tag == "img" and "alt" not in given:
            self.say(
                "error",
                "alt",
                filled("an image has no alt text: %(source)s", source=given.get("src", "")[:60]),
            )
        if tag == "img" and self.anchor is not None:
            self.anchor.append(given.get("alt", ""))
        if tag == "table" and given.get("role") not in ("presentation", "none", "table"):
            self.say(
                "error", "role", N_('a layout table needs role="presentation", a table of data role="table"')
            )
        if tag == "a":
            self.anchor = []
        if tag in ("script", "form", "iframe", "object", "embed"):
            self.say("error", "element", filled("mail programs remove <%(tag)s>", tag=tag))
        if tag not in ("img", "br", "hr", "meta", "link", "input", "col"):
            self._paint(tag, given.get("style", ""), given.get("bgcolor", ""))

    def _paint(self, tag: str, style: str, bgcolor: str) -> None:
        _, color, ground, size = self.colors[-1]
        ground = bgcolor if _RGB.fullmatch(bgcolor) else ground
        for name, value in _STYLE.findall(style):
            rgb = _RGB.search(value)
            if name.lower() == "color" and rgb:
                color = rgb[0]
            elif name.lower().startswith("background"):
                # A colour that is data, or an image, cannot be judged here.
                ground = rgb[0] if rgb else ""
            elif name.lower() == "font-size" and (pixels := re.match(r"\s*(\d*\.?\d+)px", value)):
                size = float(pixels[1])
        self.colors.append((tag, color, ground, size))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self.anchor is not None:
            said = " ".join("".join(self.anchor).split()).lower()
            if not said:
                self.say("error", "link", N_("a link has no text"))
            elif said in _VAGUE:
                self.say(
                    "warning", "link", filled("the link %(text)s says nothing on its own", text=repr(said))
                )
            self.anchor = None
        if any(tag == opened for opened, *_ in self.colors):
            while len(self.colors) > 1 and self.colors.pop()[0] != tag:
                continue

    def handle_data(self, data: str) -> None:
        tag, color, ground, size = self.colors[-1]
        if self.anchor is not None:
            self.anchor.append(data)
        if tag == "title":
            self.title += data
        if not data.strip() or tag in ("style", "script", "title", "head"):
            return
        if data.strip("\u034f\u200c\u00a0 ") and 0 < size < 14:
            self.say(
                "warning",
                "small",
                filled("text of %(size)s px is hard to read; use at least 14 px", size=f"{size:g}"),
            )
        if not ground:
            return
        needed = 3.0 if size >= 24 else LEAST_CONTRAST
        ratio = contrast(color, ground)
        if ratio < needed:
            self.say(
                "error",
                "contrast",
                filled(
                    "%(color)s on %(ground)s has a contrast of %(ratio)s; %(needed)s is needed",
                    color=color,
                    ground=ground,
                    ratio=f"{ratio:.1f}",
                    needed=needed,
                ),
            )


def _read(html: str) -> list[Finding]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if not reader.lang:
        reader.found.append(Finding(1, "error", "lang", "<html> does not say its language: lang"))
    if not reader.title.strip():
        reader.found.append(Finding(1, "error", "title", "there is no <title>"))
    return reader.found
