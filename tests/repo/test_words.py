"""The desk speaks every language it offers: catalogues are whole, and templates say nothing past them."""

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "catalogues.py"
TEMPLATES = sorted(
    path
    for room in ("admin", "access")
    for path in (ROOT / "src/slinga" / room / "templates").rglob("*.html")
)
SPOKEN = {"title", "aria-label", "placeholder", "alt"}
SILENT = {"script", "style", "code", "pre", "kbd"}
NAMES = {
    "Slinga",
    "kB",
    "PostgreSQL",
    "JSON",
    "MJML",
    "HTML",
    "ID",
    "UTC",
    "SMS",
    "CSV",
    "URL",
    "OK",
    "API",
    "px",
    "DNS",
    "SPF",
    "DKIM",
    "DMARC",
}
"""What is called so in every language."""
SAMPLE = re.compile(
    r"^(https?://\S*|\S+@\S+|[a-z]+:\S+|[\w.-]+\.[a-z]{2,}|[a-z_*.-]+|\d+ ?[a-z]+"
    r"|\S*[/?&]\S*=\S*|[\w-]+=\S+)$"
)
"""What is typed or shown as it is: addresses, keys, names of fields."""
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
MACRO_TEXT = re.compile(r"^[A-Z][a-z]+[ .?!:]?$|[A-Za-z]{2,} [a-z]{2,}")
DATES = re.compile(r"^[GyMdEHhmsa ,.:/-]+$")


def _module() -> Any:
    spec = importlib.util.spec_from_file_location("catalogues", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_catalogues_say_every_word() -> None:
    wrong = _module().check()
    assert wrong == [], f"{len(wrong)} faults; run `make words`, then fill in what is empty"


ENGLISH = Environment(autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do"])


class Text(HTMLParser):
    """Collects what a template writes for people outside of gettext."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent.append(tag)
        self.found += [value for name, value in attrs if name in SPOKEN and value and _is_said(value)]

    def handle_endtag(self, tag: str) -> None:
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        self.found += [] if self.silent or not _is_said(data) else [" ".join(data.split())]


def _is_said(text: str) -> bool:
    text = re.sub(r"\S*[?&]\S*=\S*", "", text)
    rest = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in NAMES]
    return bool(rest) and not SAMPLE.match(text.strip())


def _bare(template: str) -> str:
    """A template's markup without what Jinja writes or does."""
    text = re.sub(r"\{#.*?#\}", "", template, flags=re.S)
    text = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", text, flags=re.S)
    return "".join(text for _, kind, text in ENGLISH.lex(text) if kind == "data")


def _strings(node: nodes.Node) -> list[str]:
    """Texts that an expression can write, but for those given to gettext, to filters and as plain values."""
    if isinstance(node, nodes.Const):
        text = node.value if isinstance(node.value, str) else ""
        return [text] if MACRO_TEXT.search(text) and not DATES.match(text) and text not in NAMES else []
    if isinstance(node, nodes.Call):
        called = node.node
        if isinstance(called, nodes.Name) and called.name in GETTEXT | {"when", "asset", "icon"}:
            return [] if called.name != "icon" else [each for arg in node.args[1:] for each in _strings(arg)]
        return [each for arg in (*node.args, *(k.value for k in node.kwargs)) for each in _strings(arg)]
    if isinstance(node, nodes.Compare | nodes.Test | nodes.Getitem):
        return []
    if isinstance(node, nodes.CondExpr):
        return [each for part in (node.expr1, node.expr2) if part is not None for each in _strings(part)]
    if isinstance(node, nodes.Filter):
        return _strings(node.node) if node.node is not None else []
    return [each for child in node.iter_child_nodes() for each in _strings(child)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_template_says_nothing_past_the_catalogues(path: Path) -> None:
    source = path.read_text("utf-8")
    reader = Text()
    reader.feed(_bare(source))
    tree = ENGLISH.parse(re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", source, flags=re.S))
    written = [each for out in tree.find_all(nodes.Output) for part in out.nodes
               if not isinstance(part, nodes.TemplateData) for each in _strings(part)]  # fmt: skip
    assert reader.found + written == [], 'write it as {{ _("...") }}'
