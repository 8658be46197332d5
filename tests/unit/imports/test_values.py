"""Cells as values: numbers as declared, times in their zone, yes and no in a few languages."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.imports import values
from slinga.imports.model import Field
from slinga.kernel.clock import instant

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("text", "decimal", "wanted"),
    [
        ("1234.50", ".", "1234.5"),
        ("1,234.50", ".", "1234.5"),
        ("1 234,50", ",", "1234.5"),
        ("1.234,50", ",", "1234.5"),
        ("1\u00a0234,50", ",", "1234.5"),
        ("\u22123", ".", "-3"),
        ("0012", ".", "12"),
    ],
)
def test_numbers_are_read_as_declared(text: str, decimal: str, wanted: str) -> None:
    assert values.number(text, decimal) == Decimal(wanted)


@pytest.mark.parametrize("text", ["", "1.2.3", "12kr", "nan", "inf", "--1", "1e400"])
def test_what_is_no_number_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        values.number(text, ".")


@pytest.mark.parametrize(
    ("text", "format", "wanted"),
    [
        ("2026-01-31", "iso", "2026-01-30T23:00:00Z"),
        ("2026-07-01 12:00:00", "iso", "2026-07-01T10:00:00Z"),
        ("2026-07-01T12:00:00+00:00", "iso", "2026-07-01T12:00:00Z"),
        ("1433221332117", "ms", "2015-06-02T05:02:12.117Z"),
        ("1433221332", "s", "2015-06-02T05:02:12Z"),
        ("31/01/2026 08:26", "%d/%m/%Y %H:%M", "2026-01-31T07:26:00Z"),
    ],
)
def test_times_are_in_their_zone(text: str, format: str, wanted: str) -> None:
    assert values.moment(text, format, STOCKHOLM) == instant(wanted)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "0001-01-01", "9999-12-31", "1e30"])
def test_what_is_no_time_is_said(text: str) -> None:
    for format in ("iso", "ms", "%d/%m/%Y"):
        with pytest.raises(ValueError, match=r"is not|outside"):
            values.moment(text, format, STOCKHOLM)


def test_yes_and_no() -> None:
    assert [values.truth(word) for word in ("yes", " JA", "tak", "1", "Nej", "nie", "0", "")] == [
        True, True, True, True, False, False, False, False,
    ]  # fmt: skip
    with pytest.raises(ValueError, match="neither"):
        values.truth("perhaps")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("12", 12),
        ("12.5", 12.5),
        ("012", "012"),
        ("+4670", "+4670"),
        ("true", True),
        ("-0.5", -0.5),
        ("a", "a"),
    ],
)
def test_what_nobody_declared_keeps_its_text_unless_it_is_plain(text: str, wanted: object) -> None:
    assert values.auto(text) == wanted and type(values.auto(text)) is type(wanted)


@given(
    st.text(max_size=40),
    st.sampled_from(["auto", "text", "number", "whole", "bool", "date", "instant", "list"]),
)
def test_a_cell_is_a_value_or_says_why_not(text: str, kind: str) -> None:
    read = values.reader(Field("x", kind), ",", STOCKHOLM)  # type: ignore[arg-type]
    try:
        read(text)
    except ValueError as fault:
        assert str(fault)
