"""The lift: its interval holds however often one looks, says nothing too early, and finds what is there."""

import random

from hypothesis import given
from hypothesis import strategies as st

from slinga.insight.lift import Arm, lift, wider

COUNTS = st.integers(0, 5_000)


@given(COUNTS, COUNTS, st.floats(0, 1), st.floats(0, 1))
def test_the_interval_holds_the_difference_and_lies_within_what_shares_can_be(
    n: int, m: int, p: float, q: float
) -> None:
    treated, held = Arm(n, round(n * p)), Arm(m, round(m * q))
    found, other = lift(treated, held), lift(held, treated)
    assert (found is None) == (other is None)
    if found is None or other is None:
        return
    assert -1 <= found.low <= found.difference <= found.high <= 1
    assert abs(found.low + other.high) < 1e-9 and abs(found.difference + other.difference) < 1e-9


@given(st.integers(100, 10**7))
def test_looking_every_day_costs_width(n: int) -> None:
    assert wider(n) > 1.96


def test_too_few_say_nothing() -> None:
    assert lift(Arm(10_000, 900), Arm(99, 3)) is None
    assert lift(Arm(5_000, 12), Arm(5_000, 7)) is None
    assert lift(Arm(0, 0), Arm(0, 0)) is None


def looks(seed: int, share: float, effect: float, days: int = 60) -> list[bool]:
    """Whether the interval held the truth at each of many looks, nine in ten being treated."""
    chance = random.Random(seed)
    counts = {True: [0, 0], False: [0, 0]}
    held = []
    for _ in range(days):
        for _ in range(80):
            treated = chance.random() < 0.9
            counts[treated][0] += 1
            counts[treated][1] += chance.random() < share + (effect if treated else 0)
        found = lift(Arm(*counts[True]), Arm(*counts[False]))
        if found is not None:
            held.append(found.low <= effect <= found.high)
    return held


def test_at_no_look_does_it_miss_the_truth_more_often_than_it_says() -> None:
    missed = sum(not all(looks(seed, 0.08, 0.0)) for seed in range(100))
    assert missed <= 8, f"{missed} of 100 histories had a look that was wrong; 5 are allowed for"


def test_an_effect_is_found() -> None:
    found = lift(Arm(9_000, 1_080), Arm(1_000, 60))
    assert found is not None and found.sure and abs(found.difference - 0.06) < 1e-9
    assert not (lift(Arm(9_000, 560), Arm(1_000, 60)) or found).sure
