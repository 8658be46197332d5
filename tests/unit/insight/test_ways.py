"""Ways to a first order: what is kept of them, and what was added twice is counted twice."""

from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from slinga.insight.counting.model import Line
from slinga.insight.tally import Sums
from slinga.insight.ways import steps as ways
from slinga.insight.ways.steps import Met, Way
from slinga.kernel.clock import DAY, HOUR, instant

AT = instant("2026-03-09T10:00:00Z")
DAY_OF = date(2026, 3, 9)


def sums_of(met, segments=(), models=("m",)):
    sums = Sums(ZoneInfo("Europe/Stockholm"))
    ways.count(sums, AT, models, Way(list(met), list(segments)))
    return sums


def visit(ago, channel="Direct"):
    return Met(AT - ago, "visit_started", channel, "", "")


def test_a_way_is_in_the_order_of_time_and_says_the_same_once():
    met = [
        Met(AT - HOUR, "clicked", "email", "", ""),
        visit(2 * DAY, "Email"),
        visit(3 * DAY, "Email"),
        Met(AT - 3 * HOUR, "send_planned", "email", "", ""),
        Met(AT - 2 * DAY + 1, "stage_moved", "", "interest", "m"),
        Met(AT - 2 * DAY + 2, "stage_moved", "", "lost", "other"),
    ]
    sums = sums_of(met, ("vip",))
    (way,) = [line.part for line in sums.lines if line.what == "way"]
    assert ways.steps(way) == ("visit Email", "stage interest", "message email", "click email")
    touches = {(line.part, line.other) for line in sums.lines if line.what == "way_touches"}
    assert touches == {("", "4"), ("vip", "4")}
    assert {(stay.part, stay.what) for stay in sums.stays} == {("", "way"), ("vip", "way")}


def test_somebody_of_whom_nothing_was_seen_has_a_way_of_no_steps():
    sums = sums_of([])
    assert Line("way", "m", DAY_OF) in sums.lines
    assert ways.steps("") == ()


def test_what_is_taken_away_again_leaves_nothing():
    sums = sums_of([visit(DAY)], ("vip",))
    ways.count(sums, AT, ("m",), Way([visit(DAY)], ["vip"]), times=-1)
    assert {found[0] for found in sums.lines.values()} == {0}
    assert set(sums.stays.values()) == {0}


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)


@given(
    st.lists(
        st.builds(
            Met, st.integers(AT - 90 * DAY, AT), st.just("visit_started"), words, st.just(""), st.just("")
        )
    )
)
def test_a_way_fits_its_column_whatever_channels_are_called(met):
    (way,) = [line.part for line in sums_of(met).lines if line.what == "way"]
    assert len(way) < 200
    assert len(ways.steps(way)) <= ways.STEPS
    assert all(step.startswith("visit") for step in ways.steps(way))
