"""What is remembered of how a person moved, and what conditions say of it."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from slinga.kernel.clock import DAY, instant
from slinga.lifecycle import decide, model
from slinga.lifecycle.moves import MOST, noted, told, united
from slinga.people.model import Fact
from slinga.segments import compile_condition, parse
from slinga.segments.moves import LastMove
from slinga.testing.walk import Walk

from .test_decide import SMALL, ZONE, walk

START = instant("2026-01-10T12:00:00Z")


def ask(walked: Walk, **leaf: object) -> tuple[bool, int | None]:
    truth = compile_condition(parse({"op": "moved", "model": "m", **leaf}), ZONE).test(walked)
    return truth.value, truth.until


def facts_of(walked: Walk) -> list[Fact]:
    """As the engine records them."""
    found = []
    for move in walked.facts:
        body = msgspec.to_builtins(move)
        kind = "stage_moved" if move.from_stage != move.to_stage else "status_moved"
        found.append(Fact(kind, move.model, move.at, {k: body[k] for k in body if k not in ("fact", "at")}))
    return found


def lived() -> Walk:
    walked = walk()
    walked.let(0)
    walked.happen("Order Completed")
    walked.let(200 * DAY)
    walked.happen("Order Completed")
    return walked


def test_a_move_counts_within_its_window_wherever_they_stand_now():
    walked = lived()
    assert ask(walked, **{"from": ["buyer"], "to": ["visitor"]}) == (True, None)
    fell = next(move.at for move in walked.facts if move.direction == "back")
    assert walked.stage("m") == "buyer"
    assert ask(walked, direction="back", window={"last": "150d"}) == (True, fell + 150 * DAY)
    walked.let(fell + 150 * DAY - walked.now - 1)
    assert ask(walked, direction="back", window={"last": "150d"})[0]
    walked.let(1)
    assert ask(walked, direction="back", window={"last": "150d"}) == (False, None)
    assert not ask(walked, **{"from": ["visitor"], "to": ["regular"]})[0]


def test_the_first_placing_comes_from_nowhere_and_goes_in_no_direction():
    walked = walk()
    walked.let(0)
    assert ask(walked, **{"from": [""]})[0]
    assert ask(walked, to=["visitor"])[0]
    assert not ask(walked, direction="forward")[0]


def test_within_a_stage_only_a_named_status_counts():
    walked = walk()
    walked.let(0)
    walked.happen("Order Completed")
    walked.let(20 * DAY)
    assert walked.status("m") == "old"
    assert ask(walked, **{"from": ["buyer/fresh"], "to": ["buyer/old"]})[0]
    assert ask(walked, to=["buyer/old"])[0]
    assert not ask(walked, **{"from": ["buyer"], "to": ["buyer"]})[0]
    assert ask(walked, **{"from": ["visitor"], "to": ["buyer/fresh"]})[0], "the stage and its status at once"
    assert not ask(walked, **{"from": ["visitor"], "to": ["buyer/old"]})[0]


def test_what_is_remembered_is_what_was_recorded():
    walked = lived()
    assert len(walked.moved["m"]) > 3
    assert told(facts_of(walked), ["m", "other"]) == {"m": walked.moved["m"], "other": ()}


def test_a_rule_of_the_model_may_ask_how_people_moved_in_it():
    """Whoever fell back once is not let in again for a year."""
    stages = [dict(stage) for stage in SMALL["stages"]]
    again = {"op": "moved", "model": "m", "direction": "back", "window": {"last": "1y"}}
    stages[1]["enter"] = {"op": "all", "of": [stages[1]["enter"], {"op": "not", "of": again}]}
    compiled = decide.compile_model(model.parse({**SMALL, "stages": stages}), ZONE)
    walked = Walk(models=[compiled], now=START, zone=ZONE)
    walked.let(0)
    walked.happen("Order Completed")
    walked.let(101 * DAY)
    assert walked.stage("m") == "visitor"
    walked.happen("Order Completed")
    assert walked.stage("m") == "visitor"
    walked.let(400 * DAY)
    walked.happen("Order Completed")
    assert walked.stage("m") == "buyer"


def test_somebody_placed_by_hand_moves_once_and_not_where_they_stand():
    walked = walk()
    walked.let(0)
    compiled = walked.models["m"]
    placed = decide.place(compiled, walked.positions["m"], walked, stage="buyer", cause="member")
    assert [(m.from_stage, m.to_stage) for m in placed.moves] == [("visitor", "buyer")]
    again = decide.place(compiled, placed.position, walked, stage="buyer", cause="member")
    assert again.moves == ()


places = st.sampled_from(["a", "b", "c"])
last_moves = st.builds(
    LastMove,
    st.just("a"),
    st.none(),
    places,
    st.sampled_from([None, "s"]),
    st.just("forward"),
    st.integers(0, 9),
)
memories = st.dictionaries(
    st.sampled_from(["m", "n"]),
    st.lists(last_moves, unique_by=lambda one: one.kind).map(
        lambda found: tuple(sorted(found, key=lambda one: one.at))
    ),
)


@given(memories, memories)
def test_two_who_are_one_remember_the_later_of_each(ours, theirs):
    both = united(ours, theirs)
    for name in {*ours, *theirs}:
        every = [*ours.get(name, ()), *theirs.get(name, ())]
        expected = {one.kind: max(two.at for two in every if two.kind == one.kind) for one in every}
        assert {one.kind: one.at for one in both[name]} == expected
        assert [one.at for one in both[name]] == sorted(one.at for one in both[name])
    assert united(both, both) == both
    assert united(ours, {}) == ours


def test_what_is_remembered_is_bounded():
    moves = [
        decide.Move(model="m", at=n, from_stage=f"s{n}", to_stage="t", cause="enter") for n in range(3 * MOST)
    ]
    memory = noted((), moves)
    assert [one.at for one in memory] == list(range(2 * MOST, 3 * MOST))
