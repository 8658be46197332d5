"""Look at an uploaded file: is it a table, what are its first rows, how would they be taken.

In: a path, a mapping. Out: columns with samples, the first rows as they would be taken, and their faults.
Always true: only the beginning of a file is read. What the desk asks about uploads and imports is here too.
"""

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.connectors.tables import Found, Style, describe, look, records, text_of
from slinga.imports import guess, store
from slinga.imports.model import Csv, Events, Orders
from slinga.imports.people import Stages
from slinga.imports.plans import Plan, decimal_of, plan, read, reader_of, style_of, units
from slinga.imports.rows import Cells, Fault, Header, Made, Setting
from slinga.imports.store import Import
from slinga.imports.uploads.store import (
    Undo,
    Upload,
    add,
    ask,
    ask_undo,
    drop,
    find,
    listed,
    map_as,
    of_import,
    undo_of,
)
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid, Missing
from slinga.runtime.db import Db

__all__ = [
    "Import",
    "Undo",
    "Upload",
    "add",
    "ask",
    "ask_undo",
    "begin",
    "beginning",
    "drop",
    "find",
    "listed",
    "map_as",
    "of_import",
    "one",
    "preview",
    "taken_in",
    "undo_of",
]

FIRST = 200
"""Rows that are looked at."""

Line = tuple[int, int, str, tuple[str | None, ...]]
"""(file, line, what is wrong, cells)"""


class Look(msgspec.Struct, frozen=True):
    """The beginning of a file."""

    columns: tuple[str, ...]
    samples: dict[str, list[str]]
    """Up to three different values of each column."""
    parquet: bool
    delimiter: str


def begin(path: Path) -> tuple[str, dict[str, Any]]:
    """(the shipped mapping that fits, the document made from it). Raises Invalid for what is no table."""
    _table(path)
    found = look(path, style_of(Csv()))
    name, document = guess.guess(found.columns)
    if not found.parquet and found.delimiter == ";":
        document["csv"] = {"decimal": ","}
    return name, document


def _table(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        raise Invalid("The file is empty.", field="file")
    if head[:4] == b"PK\x03\x04" or head[:4] == b"\xd0\xcf\x11\xe0":
        raise Invalid("This is a workbook. Save the sheet as CSV, and choose that file.", field="file")
    if head[:2] == b"\x1f\x8b":
        raise Invalid("This file is packed. Unpack it, and choose what was in it.", field="file")
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    if head[:4] != b"PAR1" and b"\0" in head and not wide:
        raise Invalid("This is no table: neither CSV nor Parquet.", field="file")


def beginning(path: Path, style: Style) -> Look:
    """The columns of a file with samples of their values."""
    found = look(path, style)
    samples: dict[str, list[str]] = {name: [] for name in found.columns}
    for _, _, bad, cells in _lines(found, style):
        for name, cell in zip(found.columns, cells if not bad else (), strict=False):
            if cell and len(samples[name]) < 3 and cell not in samples[name]:
                samples[name].append(cell[:80])
    return Look(found.columns, samples, found.parquet, found.delimiter)


def _lines(found: Found, style: Style) -> Iterator[Line]:
    if found.parquet:
        import duckdb

        with closing(duckdb.connect()) as con:
            kinds = [(row[0], row[1]) for row in con.execute(*describe(found.path)).fetchall()]
            cells = ", ".join(text_of(name, kind) for name, kind in kinds)
            rows = con.execute(f"SELECT {cells} FROM read_parquet(?) LIMIT {FIRST}", [str(found.path)])
            yield from ((0, n + 1, "", tuple(row)) for n, row in enumerate(rows.fetchall()))
        return
    each = records(found, style, len(found.columns))
    if not style.columns:
        next(each, None)
    for line, bad, found_cells in islice(each, FIRST):
        yield 0, line, bad, tuple(found_cells) if not bad else ("",) * len(found.columns)


def taken_in(db: Db) -> list[Import]:
    """The newest imports, from the desk or from the command line."""
    return store.listed(db)


def one(db: Db, number: int) -> Import:
    """An import by its number. Raises Missing."""
    row = store.find(db, number)
    if row is None:
        raise Missing("There is no such import.")
    return row


class _First:
    """The first rows in the order in which the readers want them."""

    def __init__(self, made: Plan) -> None:
        rows = list(_lines(made.found[0], made.style))
        if isinstance(made.mapping, Events | Orders):
            header = Header(made.header)
            places = list(Cells(made.mapping, header, Setting(0, 0, ZoneInfo("UTC"))).places)
            if isinstance(made.mapping, Orders):
                places.append(header.place(made.mapping.order, "order"))
            rows.sort(key=lambda row: (row[2] == "", *(row[3][p] or "" for p in places)))
        self._rows = rows

    def rows(self, after: int = 0) -> Iterator[Line]:
        """As `Staged` gives them."""
        yield from self._rows[after:]


class Taken(msgspec.Struct, frozen=True):
    """The first rows as they would be taken."""

    made: list[Made]
    faults: list[Fault]
    notes: int
    """Rows of these that permit nothing for want of a basis, a date or a source."""


def preview(path: Path, document: dict[str, Any], now: Instant, zone: str, stages: Stages) -> Taken:
    """What becomes of the first rows. Raises Invalid where the mapping does not fit the file."""
    made = plan([path], document)
    reader = reader_of(made, Header(made.header), Setting(0, now, ZoneInfo(zone), decimal_of(made)), stages)
    taken: list[Made] = []
    faults: list[Fault] = []
    for _, rows, bad in units(made, _First(made), 0):  # type: ignore[arg-type]
        for each in [*bad, *read(reader, rows)]:
            if isinstance(each, Fault):
                faults.append(each)
            elif each.first is not None or each.items:
                taken.append(each)
    notes = sum(each.note is not None for each in taken)
    taken.sort(key=lambda each: each.first.line if each.first else 0)
    return Taken([each for each in taken if each.rows], sorted(faults, key=lambda f: f.line), notes)
