"""Good beginnings: the shelf of templates that a new one starts from.

In: a beginning's key. Out: a document.
Always true: pure but for reading files of the package; each beginning compiles and has nothing to mend.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml

from slinga.kernel.errors import Invalid, Missing
from slinga.messages import render
from slinga.messages.model import Body, Brand
from slinga.messages.model import convert as converted


class Beginning(msgspec.Struct, frozen=True):
    """One on the shelf: what it is called and what it is for."""

    key: str
    name: str
    about: str
    channel: str
    stage: str
    document: dict[str, Any]


EMPTY: dict[str, Any] = {
    "name": "New template",
    "class": "marketing",
    "channel": "email",
    "topic": "news",
    "subject": "",
    "body": {
        "blocks": [
            {"type": "header", "id": "header-1"},
            {"type": "heading", "id": "heading-1", "text": "A heading"},
            {"type": "text", "id": "text-1", "text": "Write something worth reading."},
            {"type": "button", "id": "button-1", "label": "Have a look", "link": "{{ brand.url }}/"},
            {"type": "footer", "id": "footer-1"},
        ]
    },
    "defaults": {"person": {"first_name": "friend"}},
}


@lru_cache
def shelf() -> tuple[Beginning, ...]:
    """All, in the order of a customer's life."""
    found = []
    for entry in sorted(files("slinga.messages.gallery").iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".yaml"):
            said = yaml.safe_load(entry.read_text("utf-8"))
            about = said.pop("about")
            found.append(
                Beginning(
                    said["key"],
                    said["name"],
                    about,
                    said.get("channel", "email"),
                    said.get("stage", ""),
                    said,
                )
            )
    return tuple(found)


SHELF = shelf()


def document(key: str) -> dict[str, Any]:
    """The document to begin with; "" is an empty one. Raises Missing."""
    if key in ("", "empty"):
        return dict(EMPTY)
    found = next((each for each in SHELF if each.key == key), None)
    if found is None:
        raise Missing("There is no such beginning.", field="from")
    return dict(found.document)


def as_mjml(given: dict[str, Any], brand: Brand) -> dict[str, Any]:
    """The document with its blocks turned into MJML; languages that change words get a body of their own.

    Raises Invalid where the blocks do not compile.
    """
    body: Body = converted(given.get("body") or {}, Body, "body")
    if not body.blocks:
        raise Invalid("The body of this template is not made of blocks.", field="body")
    locale = str(given.get("locale") or "en")
    turned = {**given, "body": {"mjml": render.composed(body, brand, locale).mjml}}
    locales = {}
    for tag, variant in (given.get("locales") or {}).items():
        changed = {name: value for name, value in variant.items() if name != "words"}
        if variant.get("words"):
            said = Body(blocks=render.reworded(body.blocks, variant["words"]))
            changed["body"] = {"mjml": render.composed(said, brand, tag).mjml}
        locales[tag] = changed
    return {**turned, "locales": locales} if locales else turned
