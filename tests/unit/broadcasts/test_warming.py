"""Warming up: the most engaged first, each day's share kept to, whatever was counted and in what portions."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from slinga.broadcasts.choice import cap
from slinga.broadcasts.warming import BANDS, WINDOWS, Warming, engaged
from slinga.journeys.broadcast import WarmUp
from slinga.segments import grammar

BAND = st.integers(0, BANDS - 1)
PEOPLE = st.lists(st.tuples(st.sampled_from(["google", "other-1"]), BAND), max_size=60)
PLAN = WarmUp(start=2, growth=1.5, most=9)


@given(PEOPLE, PEOPLE)
def test_no_day_holds_more_than_its_share_whoever_was_expected(
    expected: list[tuple[str, int]], come: list[tuple[str, int]]
) -> None:
    warming = Warming()
    for one in expected:
        warming.count(*one)
    per = Counter((receiver, warming.day(PLAN, receiver, band)) for receiver, band in come)
    second = warming.next_round(2)
    per += Counter((receiver, second.day(PLAN, receiver, band)) for receiver, band in expected)
    assert all(count <= cap(PLAN, day) for (_, day), count in per.items())


@given(PEOPLE)
def test_the_more_engaged_never_wait_longer(people: list[tuple[str, int]]) -> None:
    warming = Warming()
    for one in people:
        warming.count(*one)
    days = [(receiver, band, warming.day(PLAN, receiver, band)) for receiver, band in people]
    for receiver, band, day in days:
        assert all(day <= other for where, later, other in days if where == receiver and later > band)


def test_the_bands_are_conditions_and_grow() -> None:
    assert all(grammar.parse(engaged(window)) for window in WINDOWS)
    assert list(WINDOWS) == sorted(WINDOWS, key=lambda window: int(window[:-1]))
