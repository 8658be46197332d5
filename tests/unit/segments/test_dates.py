"""Dates in traits: exact days, anniversaries, both switches."""

from typing import Any

import pytest

from slinga.kernel.clock import instant

from .seen import ask


def born(cmp: str, value: str | None = None) -> dict[str, Any]:
    return {"op": "date", "name": "d", "cmp": cmp, "value": value}


@pytest.mark.parametrize(
    ("leaf", "trait", "now", "expected", "until"),
    [
        (born("before", "2026-03-01"), "2026-02-28", "2026-01-01T00:00:00Z", True, None),
        (born("before", "2026-03-01"), "2026-03-01", "2026-01-01T00:00:00Z", False, None),
        (born("after", "2026-03-01"), "2026-03-01", "2026-01-01T00:00:00Z", False, None),
        (born("after", "2026-03-01"), "2026-03-01T23:30:00+01:00", "2026-01-01T00:00:00Z", False, None),
        (born("after", "2026-03-01"), "2026-03-01T23:30:00Z", "2026-01-01T00:00:00Z", True, None),
        (born("within_last", "1mo"), "2026-01-31", "2026-02-10T00:00:00Z", True, "2026-02-28T00:00:00+01:00"),
        (
            born("within_last", "1mo"),
            "2026-02-20",
            "2026-02-10T00:00:00Z",
            False,
            "2026-02-20T00:00:00+01:00",
        ),
        (born("within_next", "7d"), "2026-03-30", "2026-03-22T12:00:00Z", False, "2026-03-22T23:00:00+01:00"),
        (born("within_next", "7d"), "2026-03-29", "2026-03-29T12:00:00Z", True, "2026-03-30T00:00:00+02:00"),
        (
            born("within_next", "2h"),
            "2026-03-29T12:00:00Z",
            "2026-03-29T11:00:00Z",
            True,
            "2026-03-29T12:00:00Z",
        ),
        (born("anniversary_today"), "1984-02-29", "2026-02-28T12:00:00Z", True, "2026-03-01T00:00:00+01:00"),
        (born("anniversary_today"), "1984-02-29", "2028-02-28T12:00:00Z", False, "2028-02-29T00:00:00+01:00"),
        (
            born("anniversary_today"),
            "1984-06-01T00:00:00Z",
            "2026-06-01T12:00:00Z",
            True,
            "2026-06-02T00:00:00+02:00",
        ),
        (
            born("anniversary_within", "7d"),
            "1990-01-03",
            "2025-12-28T00:00:00Z",
            True,
            "2026-01-04T00:00:00+01:00",
        ),
        (
            born("anniversary_within", "7d"),
            "1990-01-03",
            "2025-12-01T00:00:00Z",
            False,
            "2025-12-27T00:00:00+01:00",
        ),
        (born("within_last", "1mo"), "2026-02-30", "2026-03-01T00:00:00Z", False, None),
        (born("within_last", "1mo"), None, "2026-03-01T00:00:00Z", False, None),
        (born("within_last", "1mo"), 20260301, "2026-03-01T00:00:00Z", False, None),
    ],
)
def test_dates(leaf: Any, trait: Any, now: str, expected: bool, until: str | None) -> None:
    truth = ask(leaf, [], now, traits={"d": trait})
    assert truth.value is expected
    assert truth.until == (instant(until) if until else None)
    if until:
        assert ask(leaf, [], instant(until) - 1, traits={"d": trait}).value is expected
        assert ask(leaf, [], until, traits={"d": trait}).value is not expected
