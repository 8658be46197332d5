"""CSV and Parquet files as one table of text, in an order that keeps together what belongs together.

In: paths and how CSV is written. Out: a `Staged` table in a DuckDB file: rows of text with file and line.
Always true: every record of every file is in the table once, or counted as a repetition; a record that cannot
be read is there with what is wrong with it; the same files give the same order, so a place in it holds.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TextIO

import msgspec

from slinga.kernel.errors import Invalid

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DELIMITERS = ",;\t|"
_SEP = re.compile(r"\s*\"?sep=(.)\"?\s*$", re.I)
_RECORD_LINES = 1_000
_RECORD_SIZE = 4_000_000
_PORTION = 5_000


class Style(msgspec.Struct, frozen=True):
    """How a CSV file is written; "auto" is found out."""

    encoding: str = "auto"
    delimiter: str = "auto"
    quote: str = '"'
    columns: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True):
    """What a file turned out to be."""

    path: Path
    parquet: bool
    columns: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""
    sep_line: bool = False


Record = tuple[int, str, list[str]]
"""Line, what is wrong with it ("" for nothing), cells."""


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet does."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def look(path: Path, style: Style) -> Found:
    """What a file is and which columns it has. Raises Invalid for what is no table."""
    if not path.is_file():
        raise Invalid("There is no file %(path)s.", field="file", path=path)
    if is_parquet(path):
        import duckdb  # not above: three megabytes, and most processes never read a file

        with closing(duckdb.connect()) as con:
            try:
                columns = tuple(row[0] for row in con.execute(*describe(path)).fetchall())
            except duckdb.Error as fault:
                raise Invalid(
                    "%(name)s cannot be read as Parquet: %(why)s", field="file", name=path.name, why=fault
                ) from None
        return Found(path, True, columns)
    encoding = style.encoding if style.encoding != "auto" else encoding_of(path)
    with _open(path, encoding) as text:
        first = [line for _, line in zip(range(60), text, strict=False)]
    sep = _SEP.match(first[0].rstrip("\r\n")) if first else None
    if style.delimiter == "auto":
        delimiter = sep[1] if sep else delimiter_of(first, style.quote)
    else:
        delimiter = "\t" if style.delimiter == "\\t" else style.delimiter
    found = Found(path, False, (), encoding, delimiter, sep is not None)
    header = style.columns
    if not header:
        record = next(records(found, style, 0), None)
        if record is None or record[1]:
            raise Invalid(
                "%(name)s has no header line; name its columns in csv.columns", field="file", name=path.name
            )
        header = tuple(name.strip() or f"column {n + 1}" for n, name in enumerate(record[2]))
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise Invalid(
            '%(name)s has the column "%(column)s" twice; rename one of them',
            field="file",
            name=path.name,
            column=twice[0],
        )
    return msgspec.structs.replace(found, columns=header)


def encoding_of(path: Path) -> str:
    """The encoding by its mark, else UTF-8 where the whole file is, else the Western one of Windows."""
    with path.open("rb") as file:
        head = file.read(4)
        for mark, name in BOMS:
            if head.startswith(mark):
                return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while portion := file.read(1 << 20):
                decoder.decode(portion)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def delimiter_of(lines: Sequence[str], quote: str = '"') -> str:
    """The delimiter that most lines have equally often, outside of quotes."""
    best, score = ",", (0.0, 0)
    for mark in DELIMITERS:
        counts = [_outside(line, quote).count(mark) for line in lines if line.strip()]
        if counts and counts[0]:
            same = sum(count == counts[0] for count in counts) / len(counts)
            if (same, counts[0]) > score:
                best, score = mark, (same, counts[0])
    return best


def _outside(line: str, quote: str) -> str:
    return re.sub(f"{re.escape(quote)}[^{re.escape(quote)}]*{re.escape(quote)}", "", line)


def _open(path: Path, encoding: str) -> TextIO:
    return path.open(encoding=encoding, errors="replace", newline="")


class _TooLong(Exception):
    pass


class _Lines:
    """Feeds physical lines to a CSV reader, remembering those of the present record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._again = lines, list[str]()
        self.number, self.taken, self.size = 0, list[str](), 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _RECORD_LINES or self.size > _RECORD_SIZE:
            raise _TooLong
        line = self._again.pop() if self._again else next(self._lines)
        self.number += 1
        self.taken.append(line)
        self.size += len(line)
        return line

    def begin(self) -> None:
        self.taken, self.size = [], 0

    def give_back(self) -> None:
        """All lines of the record but its first are lines of records of their own."""
        self._again += reversed(self.taken[1:])
        self.number -= len(self.taken) - 1
        self.begin()


def records(found: Found, style: Style, width: int) -> Iterator[Record]:
    """The records of a CSV file, blank lines left out. `width` 0 takes any number of cells."""
    csv.field_size_limit(_RECORD_SIZE)
    with _open(found.path, found.encoding) as text:
        lines = _Lines(text)
        if found.sep_line:
            next(lines)
            lines.begin()

        def start() -> Any:
            return csv.reader(lines, delimiter=found.delimiter, quotechar=style.quote)

        reader = start()
        while True:
            begun = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                if lines.taken and len(lines.taken) > 1:  # a quote was open to the end
                    lines.give_back()
                    yield begun, "a quote is opened here and never closed", []
                    reader = start()
                    continue
                return
            except (_TooLong, csv.Error) as fault:
                lines.give_back()
                said = (
                    "a quote is opened here and never closed" if isinstance(fault, _TooLong) else str(fault)
                )
                yield begun, said, []
                reader = start()
                continue
            if len(lines.taken) > 1 and _unclosed(lines.taken, style.quote):
                lines.give_back()
                yield begun, "a quote is opened here and never closed", []
                reader = start()
                continue
            lines.begin()
            if not cells or (len(cells) == 1 and not cells[0].strip()):
                continue
            yield begun, _wrong(cells, width, found.encoding), cells


def _unclosed(taken: Sequence[str], quote: str) -> bool:
    """Whether a record ended with the file inside a quote."""
    return sum(line.count(quote) for line in taken) % 2 == 1


def _wrong(cells: Sequence[str], width: int, encoding: str) -> str:
    if width and len(cells) != width and any(cell.strip() for cell in cells[width:]) | (len(cells) < width):
        return (
            f"has {len(cells)} cells where the header has {width} columns; is a quote or a delimiter missing?"
        )
    for cell in cells:
        if "\0" in cell:
            return "holds a NUL character"
        if "\ufffd" in cell:
            return f"holds bytes that are not {encoding}; say how the file is written in csv.encoding"
    return ""


def describe(path: Path) -> tuple[str, list[Any]]:
    """The question for a Parquet file's columns, with its arguments."""
    return "DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]


def text_of(name: str, kind: str) -> str:
    """The SQL of a Parquet column as text: times in ISO 8601, whole numbers without a point."""
    quoted = '"' + name.replace('"', '""') + '"'
    if kind in ("DOUBLE", "FLOAT"):
        return (
            f"CASE WHEN {quoted} = trunc({quoted}) AND abs({quoted}) < 1e15 "
            f"THEN CAST(CAST({quoted} AS BIGINT) AS VARCHAR) ELSE CAST({quoted} AS VARCHAR) END"
        )
    if kind.startswith("TIMESTAMP WITH TIME ZONE"):
        return f"strftime(make_timestamp(epoch_us({quoted})), '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind.endswith("[]"):
        return f"array_to_string({quoted}, ',')"
    return f"CAST({quoted} AS VARCHAR)"


class Order(msgspec.Struct, frozen=True):
    """How rows are arranged. Columns are places in the header.

    `together`: rows that are equal here follow one another. `once`: of rows equal in every column the first
    counts. `first_file`: of rows equal here only those of the first file that has any.
    """

    together: tuple[int, ...] = ()
    once: bool = False
    first_file: int | None = None


Tick = Callable[[int], None]
"""Told the rows read so far."""


class Staged:
    """The rows of some files in order; close it when done."""

    def __init__(self, work: Path, header: Sequence[str]) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.header = tuple(header)
        self._work = work
        import duckdb

        self._con = duckdb.connect(str(work / "rows.duckdb"))
        self._con.execute("SET threads = 2")
        self._con.execute("SET memory_limit = '700MB'")
        self._con.execute("SET preserve_insertion_order = true")
        self._con.execute(f"SET temp_directory = '{str(work).replace(chr(39), chr(39) * 2)}'")
        self._cells = [f"c{n}" for n in range(len(self.header))]
        columns = ", ".join(f"{name} VARCHAR" for name in self._cells)
        self._con.execute(f"CREATE OR REPLACE TABLE raw (file INTEGER, line BIGINT, bad VARCHAR, {columns})")
        self.read = 0
        self.repeated = 0

    def add(self, number: int, found: Found, style: Style, tick: Tick = lambda rows: None) -> None:
        """Take in a file as number `number`; columns it does not have are empty."""
        places = {name: place for place, name in enumerate(found.columns)}
        if found.parquet:
            self._parquet(number, found)
        else:
            self._csv(number, found, style, [places.get(name) for name in self.header], tick)
        (self.read,) = self._con.execute("SELECT count(*) FROM raw").fetchone() or (0,)
        tick(self.read)

    def _parquet(self, number: int, found: Found) -> None:
        import duckdb

        kinds = {row[0]: row[1] for row in self._con.execute(*describe(found.path)).fetchall()}
        cells = [text_of(name, kinds[name]) if name in kinds else "NULL" for name in self.header]
        try:
            self._con.execute(
                f"INSERT INTO raw SELECT {number}, file_row_number + 1, '', {', '.join(cells)} "
                "FROM read_parquet(?, file_row_number = true)",
                [str(found.path)],
            )
        except duckdb.Error as fault:
            raise Invalid(
                "%(name)s cannot be read as Parquet: %(why)s",
                field="file",
                name=found.path.name,
                why=fault,
            ) from None

    def _csv(self, number: int, found: Found, style: Style, places: Sequence[int | None], tick: Tick) -> None:
        """By way of a plain copy, which DuckDB reads at speed and without guessing."""
        plain = self._work / f"{number}.csv"
        width, blank = len(found.columns), [""] * len(places)
        with plain.open("w", encoding="utf-8", newline="") as out:
            write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
            found_records = records(found, style, width)
            if not style.columns:
                next(found_records, None)
            for count, (line, bad, cells) in enumerate(found_records, 1):
                kept = blank if bad else [cells[p] if p is not None else "" for p in places]
                write((number, line, bad.replace("\0", ""), *kept))
                if count % 20_000 == 0:
                    tick(self.read + count)
        names = ", ".join(f"'{name}': 'VARCHAR'" for name in self._cells)
        self._con.execute(
            f"INSERT INTO raw SELECT file, line, coalesce(bad, ''), {', '.join(self._cells)} "
            "FROM read_csv(?, header = false, delim = ',', quote = '\"', escape = '\"', new_line = '\\n', "
            "auto_detect = false, "
            f"null_padding = false, parallel = false, max_line_size = {2 * _RECORD_SIZE}, "
            f"columns = {{'file': 'INTEGER', 'line': 'BIGINT', 'bad': 'VARCHAR', {names}}})",
            [str(plain)],
        )
        plain.unlink()

    def arrange(self, order: Order) -> int:
        """Put the rows in order; how many are left. What was repeated is counted in `repeated`."""
        source = "SELECT file, line, bad, " + ", ".join(self._cells) + " FROM raw"
        if order.once:
            equal = ", ".join(self._cells)
            source += (
                f" QUALIFY bad <> '' OR row_number() OVER (PARTITION BY bad, {equal} ORDER BY file, line) = 1"
            )
        elif order.first_file is not None:
            by = f"coalesce({self._cells[order.first_file]}, '')"
            source += f" QUALIFY bad <> '' OR {by} = '' OR file = min(file) OVER (PARTITION BY bad, {by})"
        keys = ["bad = ''", *(f"coalesce({self._cells[p]}, '')" for p in order.together), "file", "line"]
        self._con.execute(
            f"CREATE OR REPLACE TABLE sorted AS SELECT row_number() OVER () - 1 AS n, * FROM "
            f"({source} ORDER BY {', '.join(keys)})"
        )
        self._con.execute("DROP TABLE raw")
        (left,) = self._con.execute("SELECT count(*) FROM sorted").fetchone() or (0,)
        self.repeated = self.read - left
        return int(left)

    def rows(self, after: int = 0) -> Iterator[tuple[int, int, str, tuple[str | None, ...]]]:
        """(file, line, what is wrong, cells) from a place on, in order."""
        cursor = self._con.cursor()
        cursor.execute(
            f"SELECT file, line, bad, {', '.join(self._cells)} FROM sorted WHERE n >= ? ORDER BY n", [after]
        )
        while portion := cursor.fetchmany(_PORTION):
            for file, line, bad, *cells in portion:
                yield file, line, bad, tuple(cells)

    def close(self) -> None:
        """Forget the rows."""
        self._con.close()
        for path in self._work.glob("*"):
            if path.is_file():
                path.unlink()
        if self._work.exists() and not any(self._work.iterdir()):
            self._work.rmdir()
