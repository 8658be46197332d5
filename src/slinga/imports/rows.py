"""Rows as inputs: one row, or the lines of one order, become what the log is told, or a fault.

In: a mapping, the file's header, rows of text. Out: `Made` with its items, or `Fault`s that name line, column
and remedy.
Always true: pure; each row given comes back in exactly one `Made` or one `Fault`; an item's id comes from its
content, so the same content has the same id in every file and at every time.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers

from slinga.identity.identifiers import refer
from slinga.imports import values
from slinga.imports.model import (
    Column,
    Field,
    Fields,
    From,
    Mapping,
    Said,
    When,
    as_field,
    spellings,
)
from slinga.ingest.model import IMPORTED, PROVEN, Call, New, Reference
from slinga.kernel.clock import DAY, Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import digest, person_key
from slinga.people.ledger import Consent

CACHED = 8_192
"""Cells whose meaning is remembered, for the same ones come again and again."""

_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="string").encode


class Row(msgspec.Struct, frozen=True):
    """One record of a file: its place, and its cells in the order of the header."""

    file: int
    line: int
    cells: tuple[str | None, ...]


class Suppressed(msgspec.Struct, frozen=True):
    """An address that is not to be written to."""

    address: str
    scope: str
    reason: str


class Item(msgspec.Struct, frozen=True):
    """One thing a row says: an input, a permission for the ledger, or an address to suppress."""

    id: str
    new: New | None = None
    consent: Consent | None = None
    suppress: Suppressed | None = None
    address: str = ""
    """The address that a permission is about: one address shared by two people has one ledger."""


class Made(msgspec.Struct, frozen=True):
    """What `rows` rows of a file became. `person` is "" where they are about an address alone."""

    rows: int
    items: tuple[Item, ...]
    first: "Row | None" = None
    """The first of the rows, for what is said about them later."""
    person: str = ""
    addresses: tuple[str, ...] = ()
    """E-mail addresses that the rows name, for those that must not come back."""
    note: "Fault | None" = None
    """Something that the reader of the report should know, though the rows were taken."""


class Fault(msgspec.Struct, frozen=True):
    """Why a row was not taken, and what would help."""

    file: int
    line: int
    column: str
    problem: str
    value: str = ""


class Wrong(Exception):
    """Raised inside a row: the column at fault and the remedy."""

    def __init__(self, column: str, problem: str, value: str = "") -> None:
        super().__init__(problem)
        self.column, self.problem, self.value = column, problem, value

    def at(self, row: Row) -> Fault:
        """The fault of a row."""
        return Fault(row.file, row.line, self.column, self.problem, self.value[:80])


class Setting(msgspec.Struct, frozen=True):
    """What holds for a whole import."""

    number: int
    now: Instant
    zone: ZoneInfo
    decimal: str = "."

    @property
    def source(self) -> str:
        return f"{IMPORTED}{self.number}"


class Header:
    """Columns by any of their spellings."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._places = {normal(name): place for place, name in reversed(list(enumerate(names)))}

    def find(self, column: Column) -> int | None:
        """The place of a column, or None."""
        return next((self._places[n] for s in spellings(column) if (n := normal(s)) in self._places), None)

    def place(self, column: Column, field: str) -> int:
        """The place of a column that must be there. Raises Invalid naming the columns there are."""
        found = self.find(column)
        if found is None:
            wanted = " or ".join(f'"{each}"' for each in spellings(column))
            there = ", ".join(f'"{name}"' for name in self.names[:40])
            raise Invalid(
                "the file has no column %(wanted)s; it has %(there)s", field=field, wanted=wanted, there=there
            )
        return found


def normal(name: str) -> str:
    """A header as it is compared."""
    return " ".join(name.replace("_", " ").casefold().split())


class Cells:
    """Reads the cells of rows by what a mapping says about them; shared by all kinds."""

    def __init__(self, mapping: Mapping, header: Header, setting: Setting) -> None:
        self.header, self.setting = header, setting
        self._lenient = mapping.missing == "ignore"
        self.empty = frozenset(mapping.empty)
        self.who = mapping.person
        # A column of the person may be missing from some files (an export without phone numbers), not all.
        self._ids = {
            "user": self._optional(self.who.user),
            "email": self._optional(self.who.email),
            "phone": self._optional(self.who.phone),
            "anonymous": self._optional(self.who.anonymous),
        }
        self._external = {
            kind: place for kind, c in self.who.external.items() if (place := self._optional(c)) is not None
        }
        given = (self._ids["user"], *self._external.values(), *(self._ids[k] for k in _WEAKER))
        self.places = tuple(place for place in given if place is not None)
        """The columns that say who it is, strongest first."""
        if not self.places:
            header.place(tuple(s for c in self.who.columns for s in spellings(c)), "person")
        self._last: tuple[object, tuple[Reference, dict[str, str]] | None] = (None, None)

    def place(self, column: Column, field: str) -> int | None:
        """The place of a column; None for one that may be missing. Raises Invalid."""
        return self.header.find(column) if self._lenient else self.header.place(column, field)

    def _optional(self, column: Column) -> int | None:
        return self.header.find(column) if column else None

    def text(self, row: Row, place: int | None) -> str:
        """A cell's text, "" where nothing is known."""
        if place is None:
            return ""
        found = (row.cells[place] or "").strip()
        return "" if found in self.empty else found

    def name(self, place: int | None) -> str:
        """The header of a column, for a fault."""
        return "" if place is None else self.header.names[place]

    def identity(self, row: Row, *, anonymous: str = "") -> tuple[Reference, dict[str, str]]:
        """Whom the row is about, and the addresses it gives as traits. Raises Wrong."""
        named = (anonymous, *[row.cells[place] for place in self.places])
        known, found = self._last
        if found is None or known != named:
            found = self._identity(row, anonymous)
            self._last = (named, found)
        return found

    def _identity(self, row: Row, anonymous: str) -> tuple[Reference, dict[str, str]]:
        user = self._named(row, "user")
        email, phone = self.text(row, self._ids["email"]), self._phone(row)
        traits = {k: v for k, v in (("email", email), ("phone", phone)) if v}
        externals = [
            {"type": kind, "id": text}
            for kind, place in self._external.items()
            if (text := self.text(row, place))
        ]
        visitor = self._named(row, "anonymous") or anonymous or None
        if not (user or email or phone or externals or visitor):
            raise Wrong(self.name(self.places[0]), "nobody is named; fill in one of the person's columns")
        call = Call(
            "identify",
            user_id=user,
            anonymous_id=visitor,
            traits=traits,
            context={"externalIds": externals} if externals else {},
        )
        reference = refer(call)
        if reference.warnings or not reference.key:
            field, problem = (reference.warnings or (("", "nobody is named"),))[0]
            place = self._ids.get(_IDENTIFIER.get(field, ""), self.places[0])
            raise Wrong(self.name(place), problem, self.text(row, place))
        known = dict(reference.identifiers)
        return reference, {name: known[name] for name in traits}

    def _named(self, row: Row, kind: str) -> str | None:
        text = self.text(row, self._ids[kind])
        return self.who.prefix + text if text else None

    def _phone(self, row: Row) -> str:
        text = self.text(row, self._ids["phone"])
        if not text or text.startswith("+") or not self.who.region:
            return text
        try:
            found = phonenumbers.parse(text, self.who.region.upper())
        except phonenumbers.NumberParseException:
            return text
        return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)

    def when(self, when: When, field: str) -> Callable[[Row], Instant]:
        """Reads the instant of a row. Raises Wrong for one in the future."""
        place = self.header.place(when.column, field)
        zone = ZoneInfo(when.zone) if when.zone else self.setting.zone
        latest = self.setting.now + DAY

        @lru_cache(maxsize=CACHED)
        def moment(text: str) -> Instant:
            return values.moment(text, when.format, zone)

        def read(row: Row) -> Instant:
            text = self.text(row, place)
            if not text:
                raise Wrong(self.name(place), "there is no time; a row without one cannot be placed")
            try:
                at = moment(text)
            except ValueError as fault:
                raise Wrong(self.name(place), str(fault), text) from None
            if at > latest:
                raise Wrong(self.name(place), "lies in the future; only what has happened is history", text)
            return at

        return read

    def fields(
        self, fields: Fields, field: str, *, others: bool = False, taken: Sequence[int] = ()
    ) -> "Take":
        """Reads several named values; with `others`, also the columns nobody named."""
        found = [
            (name, place, as_field(given))
            for name, given in fields.items()
            if (place := self.place(as_field(given).column, f"{field}.{name}")) is not None
        ]
        if others:
            named = {place for _, place, _ in found} | set(taken) | set(self.places)
            found += [
                (name, place, Field(name))
                for place, name in enumerate(self.header.names)
                if place not in named and name not in fields
            ]
        readers = [
            (name, place, values.reader(how, self.setting.decimal, self.setting.zone))
            for name, place, how in found
        ]

        empty = self.empty

        def take(row: Row) -> dict[str, Any]:
            out: dict[str, Any] = {}
            cells = row.cells
            for name, place, read in readers:
                text = (cells[place] or "").strip()
                if text not in empty:
                    try:
                        out[name] = read(text)
                    except ValueError as fault:
                        raise Wrong(self.name(place), str(fault), text) from None
            return out

        return take

    def said(self, said: Said, field: str) -> Callable[[Row], str]:
        """Reads a value that is constant or in a column, "" where nothing is said."""
        if isinstance(said, str):
            return lambda row: said
        words = {word.strip().casefold(): meaning for word, meaning in said.values.items()}
        place, default = self.place(said.column, field), said.default

        def read(row: Row) -> str:
            text = self.text(row, place)
            return words.get(text.casefold(), default or text) if text else ""

        return read

    def column_of(self, said: Said | None) -> str:
        """The header a value is read from, for a fault."""
        return self.name(self.header.find(said.column)) if isinstance(said, From) else ""


Take = Callable[[Row], dict[str, Any]]

_WEAKER = ("email", "phone", "anonymous")
_IDENTIFIER = {
    "userId": "user",
    "traits.email": "email",
    "traits.phone": "phone",
    "anonymousId": "anonymous",
}


def item(new: New, *, dated: bool = True) -> Item:
    """An input with the id of its content; `dated` false where its time is only that of the import."""
    at = new.occurred_at if dated else 0
    return Item(digest("input", new.kind, new.person, new.name, at or 0, _canonical(new.body).decode()), new)


def links(reference: Reference, setting: Setting, at: Instant) -> list[Item]:
    """The merges that a row with several identifiers asks for."""
    found = []
    for link in reference.links:
        body = {"other": link.other, "why": link.why, "trust": PROVEN}
        new = New(link.person, "merge", "", body, source=setting.source, occurred_at=at)
        found.append(item(new, dated=False))
    return found


def identify(
    reference: Reference,
    traits: dict[str, Any],
    setting: Setting,
    at: Instant | None,
) -> Item:
    """Who a person is; `at` None is the moment of the import."""
    body = {"identifiers": [list(pair) for pair in reference.identifiers], "traits": traits}
    new = New(
        reference.key,
        "identify",
        "",
        body,
        source=setting.source,
        occurred_at=setting.now if at is None else at,
    )
    return item(new, dated=at is not None)


def guest_key(order: str) -> str:
    """The key of the guest of an order that names nobody."""
    return person_key("anonymous", f"guest of order {order}")
