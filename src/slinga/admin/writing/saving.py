"""Keeping a template as a draft, and keys for new ones.

In: a changed document and the revision it was made from. Out: a draft.
Always true: what somebody else saved meanwhile is never overwritten unseen.
"""

import re

from slinga.admin.writing import store
from slinga.admin.writing.editing import Document
from slinga.drafts import jobs as drafts
from slinga.runtime.db import Db

RESERVED = frozenset({"new"})
_PLAIN = str.maketrans(
    {
        "å": "a",
        "ä": "a",
        "ö": "o",
        "é": "e",
        "ü": "u",
        "ß": "ss",
        "ł": "l",
        "ó": "o",
        "ą": "a",
        "ę": "e",
        "ś": "s",
        "ć": "c",
        "ń": "n",
        "ź": "z",
        "ż": "z",
    }
)


def save(db: Db, found: store.Opened, document: Document, given: dict[str, str], by: str) -> None:
    """Keep it, if nobody saved since the form was opened. Raises Conflict, Invalid."""
    text = given.get("revision", "")
    revision = int(text) if text.isdigit() and len(text) < 10 else None
    drafts.save(db, "template", found.key, document, by=by, revision=revision)


def key_of(name: str) -> str:
    """A key that says the name."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold().translate(_PLAIN)).strip("-")[:50] or "template"


def free_key(db: Db, key: str) -> str:
    """The key, or the first of key-2, key-3 and so on that no template has."""
    taken = {row.key for row in store.rows(db)} | RESERVED
    number, found = 1, key
    while found in taken:
        number += 1
        found = f"{key[:55]}-{number}"
    return found
