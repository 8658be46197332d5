"""What a draft changes, in the words of a marketer.

In: two documents. Out: lines. Always true: pure; every difference is in a line; steps are compared by their
key, so moving one is told as moving.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from slinga.admin.journeys.lines import Say
from slinga.drafts import Difference, differences
from slinga.journeys import editing, forms, steps
from slinga.journeys.editing import Document, Forms

What = Literal["added", "removed", "changed"]


class Line(msgspec.Struct, frozen=True):
    """One change: what happened to what, and its details as (name, before, after)."""

    what: What
    where: str
    node: str
    details: tuple[tuple[str, str, str], ...] = ()


def changes(_: Say, kinds: Forms, old: Document | None, new: Document) -> list[Line]:
    """The lines, the header first, then the steps that go, come and change."""
    before = old or {}
    found: list[Line] = []
    own = [
        d for d in differences(_without(before, "nodes"), _without(new, "nodes")) if d.path not in ("key",)
    ]
    if own and old is not None:
        found.append(Line("changed", _("The journey as a whole"), "", _details(_, own, forms.header())))
    here, there = before.get("nodes", {}), new.get("nodes", {})
    gone, called = steps.names(_, kinds, before), steps.names(_, kinds, new)
    for key in here.keys() - there.keys():
        found.append(Line("removed", gone[key], key))
    order = editing.reached(kinds, new)
    for key in [*order, *(each for each in there if each not in order)]:
        node = there[key]
        if key not in here:
            found.append(Line("added", called[key], key))
        elif here[key] != node:
            form = kinds.get(str(node.get("type")))
            told = _details(_, differences(here[key], node), form.fields if form else ())
            found.append(Line("changed", called[key], key, told))
    return found


def _details(
    _: Say, several: Sequence[Difference], fields: Sequence[forms.Field]
) -> tuple[tuple[str, str, str], ...]:
    titles = {field.name: _(field.title) for field in fields}
    return tuple(
        (_name(each.path, titles), _value(_, each.path, each.before), _value(_, each.path, each.after))
        for each in several[:50]
    )


def _name(path: str, titles: dict[str, str]) -> str:
    head, _, rest = path.partition(".")
    return titles.get(head, head) + (f" · {rest.replace('.', ' ')}" if rest else "")


def _value(_: Say, path: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict) and "op" in value:
        return steps.condition(_, value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value(_, path, each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_value(_, path, each) for each in value)
    return str(value)


def _without(document: Document, name: str) -> Document:
    return {key: value for key, value in document.items() if key != name}
