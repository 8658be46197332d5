import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slinga.admin.stages.editing import SIDES, begun, edit, rule, set_rule
from slinga.admin.stages.preview import buckets_for, exactly, placed
from slinga.kernel.errors import Invalid, Missing
from slinga.lifecycle import models
from slinga.lifecycle.model import parse
from slinga.segments.grammar import parse as condition_of

SHIPPED = models.document("bow-tie")
KEYS = [stage["key"] for stage in SHIPPED["stages"]]


def pressed(document, do, **said):
    return edit(document, do, said, {})


def keys(document):
    return [(stage["key"], stage["side"]) for stage in document["stages"]]


@given(st.lists(st.tuples(st.sampled_from(["up", "down"]), st.sampled_from(KEYS)), max_size=30))
def test_whatever_is_moved_the_sides_run_from_left_over_the_knot_to_right(moves):
    document = copy.deepcopy(SHIPPED)
    for do, key in moves:
        document = pressed(document, f"{do}:{key}")
        sides = [SIDES.index(side) for _, side in keys(document)]
        assert sides == sorted(sides) and sorted(key for key, _ in keys(document)) == sorted(KEYS)


def test_stages_come_and_go_on_both_sides_and_the_rest_stays_as_it_was():
    before = copy.deepcopy(SHIPPED)
    found = pressed(SHIPPED, "add-stage", name="Först av allt", side="left")
    assert keys(found)[3] == ("forst-av-allt", "left")
    found = pressed(found, "add-stage", name="Founder", side="right")
    assert keys(found)[-1] == ("founder", "right")
    found = pressed(found, "remove:forst-av-allt")
    found = pressed(found, "remove:founder")
    assert found == before == SHIPPED
    gone = pressed(SHIPPED, "remove:interest")
    falls = [fall for stage in gone["stages"] for fall in stage.get("fall", ())]
    assert falls and all(fall["to"] != "interest" for fall in falls), "ways back lead to the stage before"
    parse(gone)
    two = {"stages": SHIPPED["stages"][:2]}
    with pytest.raises(Invalid, match="two stages"):
        pressed(two, "remove:invitation")


def test_statuses_ways_back_and_strategy():
    found = pressed(SHIPPED, "add-status:loyalty", name="Founders")
    found = pressed(found, "up-status:loyalty:3")
    loyalty = found["stages"][KEYS.index("loyalty")]
    assert [status["key"] for status in loyalty["statuses"]][2] == "founders"
    found = pressed(found, "status:loyalty:2", name="The first", description="Were here first")
    found = pressed(found, "remove-status:loyalty:0")
    names = [status["name"] for status in found["stages"][KEYS.index("loyalty")]["statuses"]]
    assert names[1] == "The first" and len(names) == 3
    found = pressed(found, "add-fall:loyalty", to="interest/win-back", cause="gone quiet")
    fall = found["stages"][KEYS.index("loyalty")]["fall"][-1]
    assert (fall["to"], fall["status"], fall["cause"]) == ("interest", "win-back", "gone quiet")
    with pytest.raises(Invalid, match="earlier"):
        pressed(found, "add-fall:interest", to="loyalty")
    found = edit(
        found,
        "stage:loyalty",
        {"name": "Faithful", "hold": "2d", "weekly": "3", "note": "Thank them."},
        {"start": ["thanks"], "stop": ["welcome", "sunset"]},
    )
    model = parse(found).stages[KEYS.index("loyalty")]
    assert (model.name, model.hold, model.strategy.weekly_messages) == ("Faithful", "2d", 3)
    assert (model.strategy.start, model.strategy.stop) == (("thanks",), ("welcome", "sunset"))
    for wrong in ("status:loyalty:9", "up:nobody", "remove-fall:loyalty:x", "nonsense"):
        with pytest.raises((Invalid, Missing)):
            pressed(SHIPPED, wrong, name="x")


def test_rules_are_read_and_written_where_they_stand():
    for path in ("interest/enter", "interest/statuses/0", "interest/fall/0"):
        assert rule(SHIPPED, path)
        assert rule(set_rule(SHIPPED, path, {"op": "everyone"}), path) == {"op": "everyone"}
    assert rule(set_rule(SHIPPED, "interest/enter", None), "interest/enter") is None
    with pytest.raises(Invalid):
        set_rule(SHIPPED, "interest/fall/0", None)
    for path in ("interest", "interest/fall/9", "nobody/enter", "interest/strategy/0", "interest/fall/x"):
        with pytest.raises(Missing):
            rule(SHIPPED, path)


def test_a_shipped_model_is_begun_without_journeys_that_are_not_there():
    found = begun(SHIPPED, "own", "Own", {"sunset": {}})
    strategies = [stage.get("strategy", {}) for stage in found["stages"]]
    stopped = {key for strategy in strategies for key in strategy.get("stop", ())}
    assert stopped == {"sunset"} and (found["key"], found["name"]) == ("own", "Own")
    parse(found)


def test_a_preview_places_everybody_once_in_the_highest_stage_that_holds():
    document = {
        "stages": [
            {"key": "a", "name": "A"},
            {"key": "b", "name": "B", "enter": {"op": "event", "name": "B"}},
            {
                "key": "c",
                "name": "C",
                "enter": {"op": "event", "name": "C"},
                "fall": [{"to": "a", "when": {"op": "event", "name": "Gone"}}],
            },
            {"key": "d", "name": "D"},
            {"key": "e", "name": "E", "enter": {"op": "nonsense"}},
        ]
    }
    holds = {"B": {"1", "2", "3"}, "C": {"3", "4", "5"}, "Gone": {"4"}}

    def matching(condition):
        if condition == condition_of({"op": "everyone"}):
            return set("123456")
        return next(
            (
                people
                for name, people in holds.items()
                if condition_of({"op": "event", "name": name}) == condition
            ),
            set(),
        )

    found = placed(document, range(256), matching)
    assert [(one.key, one.people.count) for one in found] == [
        ("a", 2),
        ("b", 2),
        ("c", 2),
        ("d", 0),
        ("e", 0),
    ]
    assert found[4].fault and found[0].people.exact

    def sort(rules):
        left, out = set("123456"), []
        for wanted, exceptions in rules:
            there = left & matching(wanted)
            for one in exceptions:
                there -= matching(one)
            left -= there
            out.append(len(there))
        return out

    assert exactly(document, sort) == found
    assert len(buckets_for(100)) == 256 and 2 <= len(buckets_for(1_000_000)) <= 4
