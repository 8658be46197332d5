"""Who a preview is made for.

In: any identifier of somebody. Out: their key, and what a template may know of them.
Always true: nothing here writes.
"""

from typing import Any

import msgspec

from slinga.engine.jobs import person_of
from slinga.engine.sending import snapshot
from slinga.kernel.ids import KINDS, person_key
from slinga.runtime.db import Db


class Somebody(msgspec.Struct, frozen=True):
    """A person as a preview names them."""

    key: str
    name: str
    known: dict[str, Any]


def somebody(db: Db, asked: str) -> Somebody | None:
    """The person of an e-mail address, a phone number, an id or a key; None where nobody is known by it."""
    for key in _keys(asked):
        found = person_of(db, key)
        if found is not None:
            known = snapshot(found)
            words = [str(known[part]) for part in ("first_name", "last_name") if known.get(part)]
            return Somebody(found.key, " ".join(words) or str(known.get("email") or found.key[:8]), known)
    return None


def _keys(asked: str) -> list[str]:
    keys = [person_key(kind, text) for text in dict.fromkeys((asked, asked.lower())) for kind in KINDS]
    is_key = len(asked) == 32 and all(letter in "0123456789abcdef" for letter in asked.lower())
    return [asked.lower(), *keys] if is_key else keys
