"""The fields round a body: read from forms into a document, and shown from it.

In: a document, a form's fields. Out: the changed document.
Always true: pure; an empty field leaves the document; a published class stays as it is.
"""

import copy
from typing import Any

from slinga.admin.writing import defaults
from slinga.kernel.errors import Invalid
from slinga.messages.model import UTM

Document = dict[str, Any]
_PLAIN = ("subject", "preview", "from", "reply_to", "topic", "stage")


def changed(document: Document, given: dict[str, str], *, published: bool) -> Document:
    """The document with the settings of a form. Raises Invalid naming the field."""
    found = copy.deepcopy(document)
    name = " ".join(given.get("name", "").split())
    if not name:
        raise Invalid("Give it a name that colleagues find.", field="name")
    found["name"] = name[:200]
    if not published and given.get("class") in ("marketing", "transactional"):
        found["class"] = given["class"]
    for field in _PLAIN:
        _put(found, field, " ".join(given.get(field, "").split()))
    if document.get("channel", "email") == "email":
        _put(found, "text", given.get("text", "").replace("\r\n", "\n").strip("\n"))
    _put(found, "utm", {tag: given[tag].strip() for tag in UTM if given.get(tag, "").strip()})
    _put(found, "defaults", defaults.read(given.get("defaults", "")))
    if given.get("locale", "").strip():
        found["locale"] = given["locale"].strip()
    return found


def language(document: Document, tag: str, given: dict[str, str]) -> Document:
    """The document with what one language says outside the blocks."""
    found = copy.deepcopy(document)
    variant = found.setdefault("locales", {}).setdefault(tag, {})
    for field in ("subject", "preview", "from"):
        _put(variant, field, " ".join(given.get(field, "").split()))
    _put(variant, "text", given.get("text", "").replace("\r\n", "\n").strip("\n"))
    _put(variant, "defaults", defaults.read(given.get("defaults", "")))
    return found


def with_language(document: Document, tag: str) -> Document:
    """With a language to be filled in. Raises Invalid for one that is there."""
    if tag == document.get("locale", "en") or tag in (document.get("locales") or {}):
        raise Invalid("%(tag)s is there already.", field="tag", tag=tag)
    found = copy.deepcopy(document)
    found.setdefault("locales", {})[tag] = {}
    return found


def without_language(document: Document, tag: str) -> Document:
    """Without a language and all it said."""
    found = copy.deepcopy(document)
    found.get("locales", {}).pop(tag, None)
    if not found.get("locales"):
        found.pop("locales", None)
    return found


def _put(found: Document, field: str, value: Any) -> None:
    if value:
        found[field] = value
    else:
        found.pop(field, None)
    if field == "subject" and not value and found.get("class"):
        found[field] = ""
