"""Where a segment is used.

In: the documents in force. Out: the definitions that name it.
Always true: pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec


class Use(msgspec.Struct, frozen=True):
    """A definition that reads the segment."""

    kind: str
    key: str
    name: str


def uses(parts: Mapping[str, Mapping[str, dict[str, Any]]], key: str) -> list[Use]:
    """Definitions of any kind that name the segment, by kind and key."""
    return [
        Use(kind, name, str(document.get("name") or name))
        for kind, documents in sorted(parts.items())
        for name, document in sorted(documents.items())
        if (kind, name) != ("segment", key) and any(_named(document, key))
    ]


def _named(value: Any, key: str) -> Iterator[bool]:
    """True for each place that names the segment: a condition, or a trigger on it."""
    if isinstance(value, dict):
        leaf = value.get("op") == "segment" and value.get("key") == key
        trigger = (
            str(value.get("on", "")).startswith("segment") and value.get("key", value.get("segment")) == key
        )
        if leaf or trigger:
            yield True
        for inner in value.values():
            yield from _named(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, key)


def fresh_key(name: str, taken: Mapping[str, Any]) -> str:
    """A key of a name: small letters and hyphens, numbered where it is taken."""
    letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in _plain(name).lower())
    base = "-".join(filter(None, letters.split("-")))[:50] or "segment"
    key, n = base, 2
    while key in taken:
        key, n = f"{base}-{n}", n + 1
    return key


_LETTERS = str.maketrans({"å": "a", "ä": "a", "ö": "o", "ą": "a", "ć": "c", "ę": "e", "ł": "l", "ń": "n",
                          "ó": "o", "ś": "s", "ź": "z", "ż": "z", "é": "e", "ü": "u"})  # fmt: skip


def _plain(name: str) -> str:
    return name.lower().translate(_LETTERS)
