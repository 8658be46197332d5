"""What the first rows become, in words that stand in a table.

In: rows as they would be taken. Out: lines for the preview.
Always true: pure.
"""

from typing import Any

import msgspec

from slinga.imports.rows import Item, Made


class Line(msgspec.Struct, frozen=True):
    """One row of the preview: its line in the file, and what it says."""

    line: int
    rows: int
    said: list[tuple[str, str]]
    """(kind, words): who, trait, event, permission, suppressed."""


def line(made: Made) -> Line:
    """What one row, or the rows of one order, become."""
    said = [words for item in made.items for words in _words(item)]
    return Line(made.first.line if made.first else 0, made.rows, said)


def _words(item: Item) -> list[tuple[str, str]]:
    if item.consent is not None:
        one = item.consent
        topic = f" · {one.topic}" if one.topic else ""
        return [("permission", f"{one.channel}{topic}: {one.action} ({one.basis or '–'})")]
    if item.suppress is not None:
        return [("suppressed", item.suppress.address)]
    if item.new is None:
        return []
    new = item.new
    if new.kind == "identify":
        return [("known", f"{name}: {_short(value)}") for name, value in new.body.get("traits", {}).items()]
    if new.kind in ("history", "event"):
        properties = new.body.get("properties", {})
        told = ", ".join(f"{name}: {_short(value)}" for name, value in list(properties.items())[:8])
        return [("event", f"{new.name}{': ' if told else ''}{told}")]
    if new.kind == "merge":
        return []
    return [(new.kind, new.name)]


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)}]"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
