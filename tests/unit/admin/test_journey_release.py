"""What a publication of a journey tells beforehand: people inside, rivals, who matches, changes in words."""

from slinga.admin.journeys.lines import after
from slinga.admin.journeys.rehearse.chart import chart
from slinga.admin.journeys.release import conflicts, entering, moving
from slinga.admin.journeys.release.changes import changes
from slinga.drafts import Inside
from slinga.engine.mentions import spoken_of
from slinga.journeys import forms, shipped
from slinga.journeys.steps import length
from slinga.kernel.clock import DAY, HOUR
from slinga.kernel.words import ENGLISH
from slinga.segments.grammar import parse
from slinga.segments.words import describe

KINDS = forms.nodes()
OLD = {"start": "a", "nodes": {"a": {"type": "wait", "for": "1d"}, "b": {"type": "exit"}}}
NEW = {"start": "a", "nodes": {"a": {"type": "wait", "for": "2d"}, "c": {"type": "exit"}}}


def test_everybody_inside_has_a_row_and_a_place_to_go() -> None:
    rows = moving.rows(OLD, NEW, [Inside("", 2), Inside("a", 3), Inside("b", 1)], {"a": "Soon"})
    assert [(row.title, row.people, row.to) for row in rows] == [("Soon", 5, "a"), ("b", 1, "")]
    assert moving.mapping({"inside": "finish"}, OLD, NEW) is None
    assert moving.mapping({"inside": "end"}, OLD, NEW) == {"nodes": {"a": None, "b": None}}
    asked = {"inside": "move", "to.a": "a", "to.b": "c", "reschedule": "1"}
    assert moving.mapping(asked, OLD, NEW) == {"nodes": {"b": "c"}, "reschedule": True}
    assert moving.mapping({"inside": "move"}, None, NEW) is None


def test_what_a_journey_speaks_of_is_found_wherever_it_stands() -> None:
    found = spoken_of(shipped.document("win-back"))
    assert {("segment", "silent-regulars"), ("template", "win-back-1"), ("model", "bow-tie")} <= found


def test_rivals_start_on_the_same_thing_or_serve_the_same_stage() -> None:
    documents = {("journey", key): shipped.document(key) for key in shipped.KEYS}
    several = conflicts.rivals("welcome", shipped.document("welcome"), documents)
    found = {rival.key: rival for rival in several}
    assert found["confirm-subscription"].trigger and not found["cart-rescue"].trigger
    assert found["cart-rescue"].first == "other", "80 goes before 60"
    assert "win-back" not in found


def test_who_matches_already_is_a_condition_only_where_one_can_be_in_a_state() -> None:
    condition = entering.matching(shipped.document("win-back"))
    assert condition is not None and describe(parse(condition)) == "in the segment silent-regulars"
    assert entering.matching(shipped.document("cart-rescue")) is None


def test_changes_are_told_step_by_step() -> None:
    told = changes(ENGLISH, KINDS, OLD, NEW)
    assert [(line.what, line.node) for line in told] == [("removed", "b"), ("changed", "a"), ("added", "c")]
    assert told[1].details == (("For", "1d", "2d"),)
    assert changes(ENGLISH, KINDS, OLD, OLD) == []


def test_lengths_and_days_are_written_as_people_say_them() -> None:
    assert length(ENGLISH, "1y 2mo 1d 90m") == "1 year 2 months 1 day 1 hour 30 minutes"
    assert [after(ENGLISH, at) for at in (0, 2 * HOUR, 3 * DAY)] == [
        "at the start",
        "2 h from the start",
        "day 3 from the start",
    ]


def test_every_day_has_its_place_and_long_times_are_drawn_as_weeks() -> None:
    drawn = chart({"2026-01-01": 2, "2026-01-04": 4})
    assert [bar.count for bar in drawn.bars] == [2, 0, 0, 4] and drawn.most == 4
    weeks = chart({"2026-01-01": 1, "2026-12-31": 1})
    assert weeks.weekly and sum(bar.count for bar in weeks.bars) == 2
    assert chart({}).bars == ()
