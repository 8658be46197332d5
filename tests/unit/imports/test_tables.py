"""CSV as people write it: encodings, delimiters, quotes; every record is there once or counted."""

import csv
import io
import os
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slinga.connectors.tables import Order, Staged, Style, look, records
from slinga.kernel.errors import Invalid

LONG = 1_000 if os.environ.get("SLINGA_LONG") else 0
STYLE, ORDER = Style(), Order()


def table(
    tmp_path: Path, *contents: bytes, style: Style = STYLE, order: Order = ORDER
) -> tuple[Staged, list]:
    paths = []
    for n, content in enumerate(contents):
        paths.append(tmp_path / f"f{n}.csv")
        paths[-1].write_bytes(content)
    found = [look(path, style) for path in paths]
    staged = Staged(tmp_path / "work", found[0].columns)
    try:
        for n, each in enumerate(found):
            staged.add(n, each, style)
        staged.arrange(order)
        return staged, list(staged.rows())
    finally:
        staged.close()


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        (b"a,b\r\n1,2\r\n", ("1", "2")),
        ("a;b\nå;2\n".encode("utf-8-sig"), ("å", "2")),
        ("a;b\nå;2\n".encode("cp1252"), ("å", "2")),
        ("a\tb\nå\t2\n".encode("utf-16"), ("å", "2")),
        (b"sep=;\na;b\n1,5;2\n", ("1,5", "2")),
        (b'a,b\n"1\n2","say ""hi"""\n', ("1\n2", 'say "hi"')),
        (b"a|b\r1|2\r", ("1", "2")),
        (b'"a","b"\n\n\n"x, y",""\n', ("x, y", "")),
        (b"a,b\n1,2,,\n", ("1", "2")),
    ],
)
def test_csv_is_read_as_it_was_written(tmp_path: Path, content: bytes, cells: tuple[str, ...]) -> None:
    staged, rows = table(tmp_path, content)
    assert [c.strip() for c in staged.header] == ["a", "b"]
    assert [tuple(cell or "" for cell in row[3]) for row in rows] == [cells]


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"a,b\n1,2\n1,2,3\n", 3, "3 cells"),
        (b"a,b\n1\n", 2, "1 cells"),
        (b"a,b\n1,\0\n", 2, "NUL"),
        (b'a,b\n"1,2\n3,4\n', 2, "never closed"),
    ],
)
def test_a_bad_record_is_one_error_and_the_others_are_read(
    tmp_path: Path, content: bytes, line: int, said: str
) -> None:
    _, rows = table(tmp_path, content + b"5,6\n")
    bad = [(row[1], row[2]) for row in rows if row[2]]
    assert len(bad) == 1 and bad[0][0] == line and said in bad[0][1]
    assert rows[-1][3] == ("5", "6")


def test_an_open_quote_swallows_no_file(tmp_path: Path) -> None:
    lines = b"".join(b"%d,x\n" % n for n in range(3000))
    _, rows = table(tmp_path, b'a,b\n"broken,x\n' + lines)
    assert len(rows) == 3001 and [row[1] for row in rows if row[2]] == [2]


def test_declared_encoding_that_does_not_fit_is_said(tmp_path: Path) -> None:
    _, rows = table(tmp_path, "a,b\nå,1\nx,2\n".encode("cp1252"), style=Style(encoding="utf-8"))
    assert [row[2] for row in rows if row[2]] == [
        "holds bytes that are not utf-8; say how the file is written in csv.encoding"
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"a,a\n1,2\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Invalid):
        table(tmp_path, content)


def test_rows_that_are_equal_count_once_where_asked(tmp_path: Path) -> None:
    staged, rows = table(tmp_path, b"a,b\n1,x\n1,x\n2,y\n", b"b,a\nx,1\nz,3\n", order=Order((0,), once=True))
    assert [row[3] for row in rows] == [("1", "x"), ("2", "y"), ("3", "z")]
    assert (staged.read, staged.repeated) == (5, 2)


def test_an_order_is_taken_from_the_first_file_that_has_it(tmp_path: Path) -> None:
    order = Order((0,), first_file=0)
    staged, rows = table(tmp_path, b"a,b\n1,x\n1,x\n2,y\n", b"a,b\n2,z\n3,z\n", order=order)
    assert [row[3] for row in rows] == [("1", "x"), ("1", "x"), ("2", "y"), ("3", "z")]
    assert staged.repeated == 1


def test_parquet_gives_the_text_that_csv_would(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    duckdb.sql(
        "SELECT 17850.0::DOUBLE AS id, 2.55::DOUBLE AS price, TIMESTAMP '2010-12-01 08:26:00' AS at, "
        "NULL AS gone, TIMESTAMPTZ '2010-12-01 08:26:00+00' AS sharp, ['a', 'b'] AS tags, true AS yes"
    ).write_parquet(str(path))
    found = look(path, Style())
    staged = Staged(tmp_path / "work", found.columns)
    staged.add(0, found, Style())
    staged.arrange(Order())
    ((_, line, bad, cells),) = staged.rows()
    staged.close()
    assert (line, bad) == (1, "")
    assert cells == (
        "17850",
        "2.55",
        "2010-12-01 08:26:00",
        None,
        "2010-12-01T08:26:00.000000Z",
        "a,b",
        "true",
    )


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufffd"), max_size=8)


@settings(max_examples=LONG or 12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_careful_program_wrote_comes_back(
    tmp_path: Path, rows: list[tuple[str, ...]], delimiter: str, end: str, encoding: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *rows])
    _, found = table(tmp_path, out.getvalue().encode(encoding))
    assert [tuple(cell or "" for cell in row[3]) for row in found] == rows
    assert not any(row[2] for row in found)


@settings(
    max_examples=LONG or 100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    st.lists(
        st.sampled_from([b'"', b",", b"\n", b"\r", b";", b"a", b"\xe5", b"\0", b'""', b" "]), max_size=60
    )
)
def test_no_file_makes_the_reader_fall(tmp_path: Path, pieces: list[bytes]) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(b"a,b\n" + b"".join(pieces))
    _, *found = records(look(path, STYLE), STYLE, 2)
    assert all(bad or len(cells) >= 2 for _, bad, cells in found)
    lines = [line for line, _, _ in found]
    assert lines == sorted(set(lines)) and len(found) <= 1 + sum(piece in (b"\n", b"\r") for piece in pieces)
