"""The fold is additive, takes whatever a body holds, and a median read from bins is as near as it says."""

from statistics import median_low
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from slinga.insight.counting.model import Body, Fact
from slinga.insight.stays import ERROR, bin_of, length_of, median
from slinga.insight.tally import KINDS, Sums, count
from slinga.kernel.clock import DAY, SECOND, instant

ZONE = ZoneInfo("Europe/Stockholm")
START = instant("2026-03-01T00:00:00Z")
WORDS = st.sampled_from(["", "a", "b", None])
ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
)


def bodies(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    return st.builds(Body, **dict.fromkeys(Body.__struct_fields__, values))


def facts(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Fact]]:
    one = st.builds(
        Fact,
        st.just(0),
        st.integers(1, 99),
        st.integers(1, 99),
        st.just("0" * 32),
        st.sampled_from(KINDS),
        st.sampled_from(["m", "n"]),
        st.integers(START, START + 40 * DAY),
        bodies(values),
    )
    return st.lists(one, max_size=12)


def folded(several: list[Fact]) -> Sums:
    sums = Sums(ZONE)
    for fact in several:
        count(sums, fact)
    return sums


@given(facts(WORDS | st.integers(0, 10**9)), facts(WORDS | st.integers(0, 10**9)))
def test_portions_add_up(one: list[Fact], two: list[Fact]) -> None:
    apart, together = [folded(one), folded(two)], folded(one + two)
    lines: dict[Any, Any] = {}
    stays: dict[Any, int] = {}
    for sums in apart:
        for line, (number, value) in sums.lines.items():
            before = lines.get(line, (0, 0))
            lines[line] = (before[0] + number, before[1] + value)
        for stay, number in sums.stays.items():
            stays[stay] = stays.get(stay, 0) + number
    assert lines == together.lines and stays == together.stays


@given(facts(ANYTHING))
def test_nothing_in_a_body_breaks_it(several: list[Fact]) -> None:
    for line, (number, _) in folded(several).lines.items():
        assert isinstance(number, int)
        assert all(isinstance(value, str) for value in (line.key, *line[4:])) and isinstance(
            line.version, int
        )


@given(st.lists(st.integers(2 * SECOND, 4_000 * DAY), min_size=1))
def test_a_median_is_as_near_as_it_says(lengths: list[int]) -> None:
    bins: dict[int, int] = {}
    for length in lengths:
        bins[bin_of(length)] = bins.get(bin_of(length), 0) + 1
    found = median(bins)
    assert found is not None
    assert abs(found / median_low(lengths) - 1) <= ERROR * 1.001


def test_bins_have_an_order_and_a_beginning() -> None:
    assert bin_of(0) == bin_of(SECOND) == 0 and length_of(0) == SECOND
    assert median({}) is None
    assert all(bin_of(length_of(n)) == n for n in range(1, 400))
