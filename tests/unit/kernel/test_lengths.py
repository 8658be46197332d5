"""Lengths of time as people write them."""

import pytest

from slinga.kernel.calendar import Period, add, period, window, zone
from slinga.kernel.clock import DAY, HOUR, instant
from slinga.kernel.errors import Invalid

NOW = instant("2026-03-01T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "length"),
    [("2h", Period(0, 2 * HOUR)), ("1y 2d", Period(12, 2 * DAY)), ("6 months", Period(6)), ("0s", Period())],
)
def test_a_length_is_read(text: str, length: Period) -> None:
    assert period(text) == length


@pytest.mark.parametrize("text", ["", "soon", "3", "201y", "999999y", "999999999999d", "150y 21000d 3000w"])
def test_what_is_none_or_beyond_all_calendars_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        period(text)


def test_the_longest_can_be_reckoned_with_both_ways() -> None:
    longest, here = period("200y"), zone("Europe/Prague")
    assert add(NOW, longest, here) > NOW
    assert window(NOW, longest, here)[0][0] < NOW
