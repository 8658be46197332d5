"""The interval of a preview: it holds the truth about as often as it says, and closes in the end."""

import random

import pytest

from slinga.kernel.ids import BUCKETS
from slinga.segments.preview import estimate


def drawn(chance, matching, part):
    """How many of those who match are in a random part of all people."""
    if matching < 600:
        return sum(1 for _ in range(matching) if chance.random() < part)
    return max(0, round(chance.gauss(matching * part, (matching * part * (1 - part)) ** 0.5)))


@pytest.mark.parametrize(("people", "share"), [(200_000, 0.3), (50_000, 0.01), (20_000, 0.001)])
@pytest.mark.parametrize("read", [1, 8, 200])
def test_the_interval_holds_the_truth_nineteen_times_in_twenty(people, share, read):
    chance = random.Random(people * read)
    held = 0
    for _ in range(400):
        matching = int(people * share)
        found = drawn(chance, matching, read / BUCKETS)
        said = estimate(found, read)
        held += said.low <= matching <= said.high
        assert said.low <= said.count <= said.high and not said.exact
    assert held >= 400 * 0.92


def test_all_buckets_are_the_exact_number():
    said = estimate(1234, BUCKETS)
    assert (said.count, said.low, said.high, said.exact) == (1234, 1234, 1234, True)


def test_nobody_found_is_not_nobody():
    said = estimate(0, 2)
    assert said.count == said.low == 0 and said.high > 100
