"""A journey as a nested list: the same document as the canvas, to be read from top to bottom.

In: a document. Out: `Row`s. Always true: pure; every node stands in the list once; what nothing leads to
stands at its end; where ways come together again, the second names the node.
"""

from collections.abc import Mapping, Sequence

import msgspec

from slinga.admin.journeys import lines
from slinga.admin.journeys.lines import Say
from slinga.journeys import editing, steps
from slinga.journeys.editing import Document, Forms


class Fault(msgspec.Struct, frozen=True):
    """Something to mend: at which node ("" is the header), in which field, what, and how bad."""

    node: str
    field: str
    message: str
    weight: str
    setting: str = ""
    """What the form calls the field, where it has one of its own."""


class Branch(msgspec.Struct, frozen=True):
    """A way out of a row: its slot, what it is called, the rows on it, where else it leads ("" nowhere)."""

    slot: str
    name: str
    rows: tuple["Row", ...]
    joins: str = ""
    same: bool = False
    """It goes the way of the main one as long as nothing is put into it."""


class Row(msgspec.Struct, frozen=True):
    """A node in the list."""

    key: str
    type: str
    icon: str
    name: str
    does: str
    """What it does, where its name does not say it."""
    after: str
    faults: tuple[Fault, ...]
    branches: tuple[Branch, ...]
    slot: str
    """The main way out; "" for a node that ends."""


class Outline(msgspec.Struct, frozen=True):
    """The whole list, and what nothing leads to."""

    rows: tuple[Row, ...]
    loose: tuple[Row, ...]


def outline(_: Say, forms: Forms, document: Document, faults: Sequence[Fault] = ()) -> Outline:
    """The rows of a document."""
    drawing = _Drawing(_, forms, document, faults)
    rows, _joins = drawing.follow(editing.target(document, editing.START))
    loose = [key for key in document.get("nodes", {}) if key not in drawing.seen]
    apart: list[Row] = []
    for key in loose:
        if key not in drawing.seen:
            apart += drawing.follow(key)[0]
    return Outline(tuple(rows), tuple(apart))


class _Drawing:
    def __init__(self, _: Say, forms: Forms, document: Document, faults: Sequence[Fault]) -> None:
        self._say = _
        self._forms = forms
        self._document = document
        self._faults: dict[str, list[Fault]] = {}
        for fault in faults:
            self._faults.setdefault(fault.node, []).append(fault)
        self._names = steps.names(_, forms, document)
        self._starts = lines.starts(forms, document)
        self.seen: set[str] = set()

    def follow(self, key: str | None) -> tuple[list[Row], str]:
        """The rows from a node on, and the node already seen at which they join it."""
        rows: list[Row] = []
        nodes = self._document.get("nodes", {})
        while key and key in nodes:
            if key in self.seen:
                return rows, key
            self.seen.add(key)
            row, key = self._row(key, nodes[key])
            rows.append(row)
        return rows, ""

    def _row(self, key: str, node: Document) -> tuple[Row, str | None]:
        slots = editing.slots(self._forms, node)
        form = self._forms.get(str(node.get("type", "")))
        leads = {slot: editing.target(self._document, (key, slot)) for slot in slots}
        main = slots[0] if slots else ""
        forks = len([s for s in slots if not _same(s, leads)]) > 1 or main.startswith("arms.")
        branches: list[Branch] = []
        for slot in slots:
            if not forks and slot == main:
                continue
            same = _same(slot, leads)
            rows, joins = ([], "") if same else self.follow(leads[slot])
            name = steps.way(self._say, node, slot)
            branches.append(Branch(slot, name, tuple(rows), joins, same))
        found = Row(
            key=key,
            type=str(node.get("type", "")),
            icon=form.icon if form else "point",
            name=self._names[key],
            does=steps.does(self._say, self._forms, node) if node.get("title") else "",
            after=lines.after(self._say, self._starts[key])
            if node.get("type") == "send" and key in self._starts
            else "",
            faults=tuple(self._faults.get(key, ())),
            branches=tuple(branches),
            slot=main,
        )
        return found, None if forks or not main else leads[main]


def _same(slot: str, leads: Mapping[str, str | None]) -> bool:
    """Whether a way goes the main one's: it has no node of its own."""
    return slot in ("on_drop", "on_timeout") and leads[slot] in (None, leads.get("next"))
