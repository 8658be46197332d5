"""Rows of events and of orders: what a person did, as history.

In: all rows of one person (or of one guest's order), in the order of the file. Out: one `Made` per event or
order, and the faults of rows.
Always true: pure; every row comes back once; the lines of an order stand or fall together.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from slinga.imports import values
from slinga.imports.model import Events, Names, Orders, as_field
from slinga.imports.rows import (
    Cells,
    Fault,
    Header,
    Item,
    Made,
    Row,
    Setting,
    Wrong,
    guest_key,
    identify,
    item,
    links,
)
from slinga.ingest.model import New, Reference
from slinga.kernel.clock import Instant
from slinga.kernel.ids import digest

COMPLETED, REFUNDED, ADJUSTED = "Order Completed", "Order Refunded", "Order Adjusted"
"""Adjusted: a guest's order on which nothing was paid, such as a correction of the stock."""


def _happened(
    person: str, name: str, at: Instant, properties: dict[str, Any], setting: Setting, id: str = ""
) -> Item:
    new = New(person, "history", name, {"properties": properties}, source=setting.source, occurred_at=at)
    return Item(digest("event", person, id), new) if id else item(new)


def _first_of(found: list[Made | Fault]) -> list[Made | Fault]:
    """History in the order it happened, who it is first."""

    def place(one: Made | Fault) -> tuple[bool, int, int]:
        if isinstance(one, Fault):
            return (True, 0, one.line)
        at = max((i.new.occurred_at or 0 for i in one.items if i.new), default=0)
        return (False, at if one.rows else -1, 0)

    return sorted(found, key=place)


class EventReader:
    """Turns rows of events into inputs."""

    def __init__(self, mapping: Events, header: Header, setting: Setting) -> None:
        self._setting, self._cells = setting, Cells(mapping, header, setting)
        cells = self._cells
        self._at = cells.when(mapping.at, "at")
        self._mapping = mapping
        named = mapping.event if isinstance(mapping.event, Names) else None
        self._named = header.place(named.column, "event") if named else None
        self._id = cells.place(mapping.id, "id") if mapping.id else None
        self._by = header.place(mapping.lines.by, "lines.by") if mapping.lines else None
        used = [p for p in (self._named, self._id, self._by, header.find(mapping.at.column)) if p is not None]
        self._properties = cells.fields(
            mapping.properties, "properties", others=mapping.others == "properties", taken=used
        )

    @property
    def places(self) -> tuple[int, ...]:
        """The columns that rows of one person have in common."""
        return self._cells.places

    def read(self, rows: Sequence[Row]) -> list[Made | Fault]:
        """What the rows of one person say."""
        found: list[Made | Fault] = []
        lines: dict[str, list[tuple[Row, Instant, dict[str, Any]]]] = {}
        reference: Reference | None = None
        for row in rows:
            try:
                reference, _ = self._cells.identity(row)
                name, at, properties = self._name(row), self._at(row), self._properties(row)
                order = self._cells.text(row, self._by)
                if self._mapping.lines and name == self._mapping.lines.event and order:
                    lines.setdefault(order, []).append((row, at, properties))
                    continue
                id = self._cells.text(row, self._id)
                made = _happened(reference.key, name, at, properties, self._setting, id)
                found.append(Made(1, (made,), row, reference.key))
            except Wrong as wrong:
                found.append(wrong.at(row))
        if reference is not None:
            assert self._mapping.lines or not lines
            for order, several in lines.items():
                properties = {"order_id": order, "products": [line for _, _, line in several]}
                at = min(at for _, at, _ in several)
                event = self._mapping.lines.event if self._mapping.lines else ""
                made = _happened(reference.key, event, at, properties, self._setting)
                found.append(Made(len(several), (made,), several[0][0], reference.key))
            found.append(_known(reference, {}, self._setting))
        return _first_of(found)

    def _name(self, row: Row) -> str:
        event = self._mapping.event
        if isinstance(event, str):
            return event
        text = self._cells.text(row, self._named)
        if not text:
            raise Wrong(self._cells.name(self._named), "the event has no name")
        if text not in event.names and event.others == "error":
            known = ", ".join(event.names)
            raise Wrong(self._cells.name(self._named), f"is not one of {known}", text)
        return event.names.get(text, text)[:200]


class OrderReader:
    """Turns the lines of orders into inputs."""

    def __init__(self, mapping: Orders, header: Header, setting: Setting) -> None:
        self._setting, self._cells, self._mapping = setting, Cells(mapping, header, setting), mapping
        cells = self._cells
        self._at = cells.when(mapping.at, "at")
        self._order = header.place(mapping.order, "order")
        self._products = cells.fields(mapping.products, "products")
        total = as_field(mapping.total) if mapping.total else None
        self._total = cells.place(total.column, "total") if total else None
        self._currency = cells.said(mapping.currency, "currency")
        self._properties = cells.fields(mapping.properties, "properties")
        self._traits = cells.fields(mapping.traits, "traits")
        self._refund = header.place(mapping.refund.column, "refund.column") if mapping.refund else None

    @property
    def places(self) -> tuple[int, ...]:
        """The columns that rows of one person have in common."""
        return self._cells.places

    @property
    def order(self) -> int:
        """The column with the order's id."""
        return self._order

    def read(self, rows: Sequence[Row]) -> list[Made | Fault]:
        """What the lines of one person's orders, or of one guest's order, say."""
        orders: dict[str, list[Row]] = {}
        found: list[Made | Fault] = []
        for row in rows:
            order = self._cells.text(row, self._order)
            if order:
                orders.setdefault(order, []).append(row)
            else:
                problem = Wrong(
                    self._cells.name(self._order), "the order has no id; its lines cannot be told"
                )
                found.append(problem.at(row))
        known: Made | None = None
        for order, lines in orders.items():
            made, who = self._one(order, lines)
            found += made
            known = who or known
        return _first_of([*found, *([known] if known else [])])

    def _one(self, order: str, rows: Sequence[Row]) -> tuple[list[Made | Fault], Made | None]:
        faults: list[Made | Fault] = []
        lines: list[dict[str, Any]] = []
        traits: dict[str, Any] = {}
        total, at = Decimal(0), self._setting.now
        reference: Reference | None = None
        person = ""
        for row in rows:
            try:
                if any(self._cells.text(row, place) for place in self.places) or not self._mapping.guests:
                    reference, addresses = self._cells.identity(row)
                    person = reference.key
                    traits.update({**self._traits(row), **addresses})
                else:
                    person = guest_key(order)
                line = self._products(row)
                total += _worth(line)
                at = min(at, self._at(row))
                lines.append(line)
            except Wrong as wrong:
                faults.append(wrong.at(row))
        if not faults:
            try:
                made = self._made(order, rows, person, lines, total, at, guest=reference is None)
                known = None
                if reference is not None:
                    known = _known(reference, traits, self._setting, at)
                return [made], known
            except Wrong as wrong:
                faults.append(wrong.at(rows[0]))
        bad = {(f.file, f.line) for f in faults if isinstance(f, Fault)}
        first = min(line for _, line in bad)
        beside = [
            Fault(row.file, row.line, "", f"its order {order} was not taken because of line {first}")
            for row in rows
            if (row.file, row.line) not in bad
        ]
        return [*faults, *beside], None

    def _made(
        self,
        order: str,
        rows: Sequence[Row],
        person: str,
        lines: list[dict[str, Any]],
        total: Decimal,
        at: Instant,
        *,
        guest: bool,
    ) -> Made:
        first = rows[0]
        text = self._cells.text(first, self._total)
        if text:
            try:
                total = values.number(text, self._setting.decimal)
            except ValueError as fault:
                raise Wrong(self._cells.name(self._total), str(fault), text) from None
        refund = self._mapping.refund
        back = self._cells.text(first, self._refund)
        if (
            refund
            and back
            and (back in refund.values or (refund.starts_with and back.startswith(refund.starts_with)))
        ):
            name, always = REFUNDED, refund.written == "negative"
            total = -total if always or total < 0 else total
            lines = [_turned(line, always) for line in lines]
        else:
            name = ADJUSTED if guest and total <= 0 else COMPLETED
        properties: dict[str, Any] = {**self._properties(first), "order_id": order}
        properties["total"] = values.plain_number(total)
        if currency := self._currency(first):
            properties["currency"] = currency
        if self._mapping.products:
            properties["products"] = lines
        return Made(len(rows), (_happened(person, name, at, properties, self._setting),), first, person)


def _worth(line: dict[str, Any]) -> Decimal:
    price, quantity = line.get("price"), line.get("quantity", 1)
    if not isinstance(price, int | float) or not isinstance(quantity, int | float):
        return Decimal(0)
    return _exact(price) * _exact(quantity)


@lru_cache(maxsize=8_192)
def _exact(value: int | float) -> Decimal:
    return Decimal(str(value))


def _turned(line: dict[str, Any], always: bool) -> dict[str, Any]:
    """A line of a refund: what was given back, as a positive quantity."""
    quantity = line.get("quantity")
    if not isinstance(quantity, int | float) or (quantity >= 0 and not always):
        return line
    return {**line, "quantity": -quantity}


def _known(reference: Reference, traits: dict[str, Any], setting: Setting, at: Instant | None = None) -> Made:
    """Who the person is, told once beside what they did."""
    items: Iterable[Item] = (
        identify(reference, traits, setting, at if traits else None),
        *links(reference, setting, setting.now),
    )
    return Made(0, tuple(items), None, reference.key)
