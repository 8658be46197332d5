"""What is to be imported: files that were looked at, a mapping that fits them, rows in an order to read them.

In: paths, a mapping document. Out: `Plan`, its rows arranged, the reader of its kind.
Always true: nothing of the database is needed; the same files and mapping give the same rows in one order.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.connectors.tables import Found, Order, Staged, Style, look
from slinga.imports.history import EventReader, OrderReader
from slinga.imports.model import Csv, Events, Mapping, Orders, parse
from slinga.imports.people import Reader as PeopleReader
from slinga.imports.people import Stages
from slinga.imports.rows import Cells, Fault, Header, Made, Row, Setting
from slinga.kernel.errors import Invalid

TOGETHER = 20_000
"""Rows of one person that are looked at together; more are taken in portions."""


class File(msgspec.Struct, frozen=True):
    """A file by its content."""

    path: str
    size: int
    sha256: str


class Plan(msgspec.Struct, frozen=True):
    """What is to be imported: checked files and a mapping that fits them."""

    mapping: Mapping
    document: dict[str, Any]
    found: tuple[Found, ...]

    @property
    def style(self) -> Style:
        return style_of(self.mapping.csv)

    @property
    def header(self) -> tuple[str, ...]:
        """All columns of all files, those of the first file first."""
        return tuple(dict.fromkeys(name for each in self.found for name in each.columns))


class Tally(msgspec.Struct):
    """How far an import has come; given to `tell` again and again."""

    phase: str
    done: int
    total: int


Tell = Callable[[Tally], None]


def silent(tally: Tally) -> None:
    return None


def style_of(given: Csv) -> Style:
    """How CSV is read, of what a mapping says."""
    return Style(given.encoding, given.delimiter, given.quote, given.columns)


def plan(paths: Sequence[Path], document: dict[str, Any]) -> Plan:
    """Look at the files. Raises Invalid where the mapping does not fit them."""
    mapping = parse(document)
    found = tuple(look(path, style_of(mapping.csv)) for path in paths)
    if (
        mapping.csv.decimal == ","
        and any(each.parquet for each in found)
        and not all(e.parquet for e in found)
    ):
        raise Invalid("import Parquet and CSV with decimal commas one after the other", field="csv.decimal")
    made = Plan(mapping, document, found)
    for each in found:
        reader_of(made, Header(each.columns), Setting(0, 0, ZoneInfo("UTC")))
    return made


Reads = PeopleReader | EventReader | OrderReader


def reader_of(plan: Plan, header: Header, setting: Setting, stages: Stages | None = None) -> Reads:
    if isinstance(plan.mapping, Events):
        return EventReader(plan.mapping, header, setting)
    if isinstance(plan.mapping, Orders):
        return OrderReader(plan.mapping, header, setting)
    return PeopleReader(plan.mapping, header, setting, **({"stages": stages} if stages else {}))


def digest_of(path: Path) -> File:
    """A file by its content."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return File(str(path.resolve()), path.stat().st_size, sha256)


def stage(plan: Plan, work: Path, tell: Tell = silent) -> Staged:
    """All rows of all files, in order."""
    staged = Staged(work, plan.header)
    try:
        for number, each in enumerate(plan.found):
            staged.add(number, each, plan.style, lambda rows: tell(Tally("reading", rows, 0)))
        tell(Tally("ordering", staged.read, 0))
        staged.arrange(_order(plan))
    except BaseException:
        staged.close()
        raise
    return staged


def _order(plan: Plan) -> Order:
    header = Header(plan.header)
    setting = Setting(0, 0, ZoneInfo("UTC"))
    places = Cells(plan.mapping, header, setting).places
    if isinstance(plan.mapping, Events):
        by = plan.mapping.lines.by if plan.mapping.lines else ()
        return (
            Order(places, once=True) if not by else Order((*places, header.place(by, "lines.by")), once=True)
        )
    if isinstance(plan.mapping, Orders):
        order = header.place(plan.mapping.order, "order")
        return Order((*places, order), first_file=order)
    return Order()


def units(plan: Plan, staged: Staged, after: int) -> Iterator[tuple[int, list[Row], list[Fault]]]:
    """Rows that belong together, how many rows were dealt with after them, and rows nobody could read."""
    header = Header(plan.header)
    cells = Cells(plan.mapping, header, Setting(0, 0, ZoneInfo("UTC")))
    places = () if not isinstance(plan.mapping, Events | Orders) else cells.places
    order = header.find(plan.mapping.order) if isinstance(plan.mapping, Orders) else None
    rows: list[Row] = []
    whose: tuple[str, ...] | None = None
    position = after
    for file, line, bad, values in staged.rows(after):
        row = Row(file, line, values)
        if bad:
            position += 1
            yield position, [], [Fault(file, line, "", bad)]
            continue
        theirs = tuple(cells.text(row, place) for place in places)
        if order is not None and (not any(theirs) or len(rows) >= TOGETHER):
            theirs = (*theirs, cells.text(row, order))
        if rows and (theirs != whose or not places or (len(rows) >= TOGETHER and order is None)):
            yield position, rows, []
            rows = []
        rows.append(row)
        whose = theirs
        position += 1
    if rows:
        yield position, rows, []


def decimal_of(plan: Plan) -> str:
    return "." if all(each.parquet for each in plan.found) else plan.mapping.csv.decimal


def read(reader: Reads, rows: list[Row]) -> Sequence[Made | Fault]:
    if not rows:
        return ()
    if isinstance(reader, PeopleReader):
        return [reader.read(row) for row in rows]
    return reader.read(rows)
