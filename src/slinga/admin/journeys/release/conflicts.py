"""Other journeys in force that would meet the same people.

In: a draft, what is in force. Out: rivals. Always true: pure; a rival starts on the same thing, or serves the
same stage; which of two messages goes first when the pressure budget is short is told by their priorities.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from slinga.journeys.editing import Document


class Rival(msgspec.Struct, frozen=True):
    """A journey that starts on the same thing (`trigger`), or is for the same stage."""

    key: str
    name: str
    trigger: bool
    stages: tuple[str, ...]
    priority: int
    first: str
    """Who goes first: this, other, or same where the priorities are equal."""


def rivals(key: str, document: Document, documents: Mapping[tuple[str, str], Document]) -> list[Rival]:
    """The rivals, those with the same trigger first."""
    starts, serves = _starts(document.get("trigger")), set(document.get("serves", ()))
    marketing, own = document.get("class", "marketing"), int(document.get("priority") or 0)
    found = []
    for (kind, other), each in documents.items():
        if kind != "journey" or other == key:
            continue
        same = bool(starts & _starts(each.get("trigger")))
        stages = sorted(serves & set(each.get("serves", ())))
        if not same and not (stages and marketing == each.get("class", "marketing") == "marketing"):
            continue
        priority = int(each.get("priority") or 0)
        first = "same" if priority == own else "other" if priority > own else "this"
        found.append(Rival(other, str(each.get("name", other)), same, tuple(stages), priority, first))
    return sorted(found, key=lambda rival: (not rival.trigger, rival.name))


def _starts(trigger: Any) -> set[tuple[str, ...]]:
    if not isinstance(trigger, dict):
        return set()
    on = str(trigger.get("on"))
    match on:
        case "event":
            return {(on, str(name)) for name in (trigger.get("name"), *(trigger.get("also") or ())) if name}
        case "segment":
            return {(on, str(trigger.get("key")), str(trigger.get("change", "entered")))}
        case "stage" | "status":
            return {(on, str(trigger.get("model")), str(to)) for to in trigger.get("to") or ("any",)}
        case "date":
            return {(on, str(trigger.get("trait")))}
        case "visit":
            return {(on, str(trigger.get("phase")))}
    return set()
