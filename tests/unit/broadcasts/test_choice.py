"""Who gets which content and on which day: the same at every asking, true to shares and caps."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from slinga.broadcasts.choice import Came, best, cap, day_of, days_for, drawn, in_sample, winner
from slinga.journeys.broadcast import WarmUp, parse
from slinga.kernel.ids import person_key

PLANS = st.builds(
    WarmUp,
    start=st.integers(1, 500),
    growth=st.sampled_from([1.0, 1.2, 1.5, 3.0]),
    most=st.integers(500, 50_000),
)
PEOPLE = [person_key("user", str(n)) for n in range(4_000)]
PARSED = parse(
    {
        "key": "may",
        "name": "May",
        "audience": {"op": "everyone"},
        "contents": [{"key": "a", "template": "x", "share": 3}, {"key": "b", "template": "y"}],
        "test": {"sample": 0.25},
    }
)


@given(PLANS, st.integers(0, 4_000))
@settings(deadline=None)
def test_no_day_takes_more_than_its_cap_and_none_is_left_empty(plan: WarmUp, count: int) -> None:
    days = [day_of(plan, rank) for rank in range(count)]
    assert days == sorted(days)
    per = Counter(days)
    for day in range(max(days, default=-1)):
        assert per[day] == cap(plan, day)
    assert all(per[day] <= cap(plan, day) for day in per)
    assert days_for(plan, count) == len(per)


def test_chance_keeps_to_the_shares_and_the_sample_is_independent_of_them() -> None:
    sample = [person for person in PEOPLE if in_sample(PARSED, person)]
    assert 900 < len(sample) < 1_100
    for group in (PEOPLE, sample):
        share = sum(drawn(PARSED, person) == "a" for person in group) / len(group)
        assert 0.70 < share < 0.80


def test_the_first_that_fits_else_the_last() -> None:
    assert best(PARSED, "x", {"a": frozenset("x")}) == "a"
    assert best(PARSED, "z", {"a": frozenset("x")}) == "b"


@given(st.integers(0, 400), st.integers(0, 400), st.integers(10, 400))
def test_a_winner_is_ahead_and_the_order_does_not_matter(a: int, b: int, n: int) -> None:
    one, two = Came(recipients=n, clicked=min(a, n)), Came(recipients=n, clicked=min(b, n))
    found = winner({"a": one, "b": two}, "clicks")
    assert found == winner({"b": two, "a": one}, "clicks")
    if found:
        best_one, other = (one, two) if found == "a" else (two, one)
        assert best_one.clicked > other.clicked


def test_too_few_or_alike_have_no_winner() -> None:
    assert winner({"a": Came(recipients=9, clicked=9), "b": Came(recipients=90)}, "clicks") == ""
    alike = Came(recipients=500, clicked=50)
    assert winner({"a": alike, "b": alike}, "clicks") == ""
    rich = Came(recipients=100, revenue=5_000, squares=300_000)
    poor = Came(recipients=100, revenue=2_000, squares=60_000)
    assert winner({"a": poor, "b": rich}, "revenue") == "b"
