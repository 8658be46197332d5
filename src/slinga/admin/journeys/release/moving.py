"""What becomes of the people inside a journey when it changes.

In: two documents, who is where, a form. Out: rows of a mapping, the mapping.
Always true: pure; everybody inside has a row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from slinga.drafts import Inside
from slinga.journeys.editing import Document

FINISH, MOVE, END = "finish", "move", "end"


class Row(msgspec.Struct, frozen=True):
    """The people at one node, and where they would go; `to` is "" for their end."""

    node: str
    title: str
    people: int
    to: str


def rows(old: Document, new: Document, inside: Sequence[Inside], titles: Mapping[str, str]) -> list[Row]:
    """A row for each node with people, the start's included; the same node where it stayed. In the
    order of the old steps."""
    nodes, start = old.get("nodes", {}), str(old.get("start", ""))
    there: dict[str, int] = {}
    for each in inside:
        key = each.node or start
        there[key] = there.get(key, 0) + each.people
    return [
        Row(key, titles.get(key, key), there[key], key if key in new.get("nodes", {}) else "")
        for key in dict.fromkeys([*nodes, *there])
        if key in there
    ]


def mapping(given: Mapping[str, str], old: Document | None, new: Document) -> dict[str, Any] | None:
    """The mapping that a form asks for; None lets everybody finish on the old version."""
    choice = given.get("inside", FINISH)
    if old is None or choice == FINISH:
        return None
    nodes, left = old.get("nodes", {}), new.get("nodes", {})
    if choice == END:
        return {"nodes": dict.fromkeys(nodes)}
    wanted = {key: given.get(f"to.{key}", key if key in left else "") or None for key in nodes}
    changed = {key: to for key, to in wanted.items() if to != key}
    return {"nodes": changed, "reschedule": bool(given.get("reschedule"))}
