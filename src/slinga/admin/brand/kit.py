"""The brand's document and its form.

In: a document, a form's fields. Out: the changed document.
Always true: pure; what is empty is left out, so that the usual value holds.
"""

import re
from typing import Any

from slinga.kernel.errors import Invalid
from slinga.messages.blocks import NETWORKS
from slinga.messages.model import FONTS, Brand

COLOURS = ("color", "text_color", "background", "surface")
WORDS = ("name", "address", "url", "sender", "reply_to", "logo_url")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_USUAL = Brand()


def changed(document: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """The document with a form's fields. Raises Invalid naming the field."""
    found = dict(document)
    for name in WORDS:
        _put(found, name, " ".join(given.get(name, "").split()))
    for name in COLOURS:
        value = given.get(name, "").strip().lower()
        if value and not _COLOUR.fullmatch(value):
            raise Invalid("%(value)s is no colour such as #1f4b99.", field=name, value=value)
        _put(found, name, "" if value == getattr(_USUAL, name) else value)
    for name in ("font", "heading_font"):
        value = given.get(name, "")
        if value and value not in FONTS:
            raise Invalid("Choose one of the fonts.", field=name)
        _put(found, name, "" if value == getattr(_USUAL, name) else value)
    for name in ("rounding", "logo_width"):
        value = given.get(name, "").strip()
        if value and not (value.isdigit() and int(value) <= 600):
            raise Invalid("Give a number of pixels.", field=name)
        _put(found, name, int(value) if value and int(value) != getattr(_USUAL, name) else None)
    for name in ("url", "logo_url"):
        if found.get(name) and not re.fullmatch(r"https?://[^\s\"<>]+", str(found[name])):
            raise Invalid("Give a web address that begins with https://", field=name)
    links = {
        name: given[f"link_{name}"].strip() for name in NETWORKS if given.get(f"link_{name}", "").strip()
    }
    for name, address in links.items():
        if not re.fullmatch(r"https?://[^\s\"<>]+", address):
            raise Invalid("Give a web address that begins with https://", field=f"link_{name}")
    _put(found, "links", links)
    return found


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    if value or value == 0:
        found[name] = value
    else:
        found.pop(name, None)
