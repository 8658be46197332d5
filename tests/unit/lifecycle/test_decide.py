"""Stages: up, down, held, pinned, round again; every move with its cause."""

from zoneinfo import ZoneInfo

import msgspec
import pytest

from slinga.kernel.clock import DAY, HOUR, instant
from slinga.kernel.errors import Invalid
from slinga.lifecycle import decide, model, models
from slinga.testing.walk import Walk

ZONE = ZoneInfo("Europe/Stockholm")
START = instant("2026-01-10T12:00:00Z")


def orders(count, last=None):
    window = {"window": {"last": last}} if last else {}
    return {"op": "event", "name": "Order Completed", "cmp": "ge", "value": count, **window}


def silent(last):
    return {"op": "event", "name": "Order Completed", "window": {"last": last}, "cmp": "eq", "value": 0}


SMALL = {
    "key": "m",
    "name": "Small",
    "stages": [
        {"key": "visitor", "name": "Visitor", "side": "left"},
        {
            "key": "buyer",
            "name": "Buyer",
            "side": "knot",
            "enter": orders(1, "100d"),
            "statuses": [
                {"key": "fresh", "name": "Fresh", "enter": orders(1, "10d")},
                {"key": "by-hand", "name": "By hand"},
                {"key": "old", "name": "Old", "enter": {"op": "everyone"}},
            ],
            "fall": [{"when": silent("100d"), "to": "visitor", "cause": "silent for 100 days"}],
        },
        {
            "key": "regular",
            "name": "Regular",
            "side": "right",
            "enter": orders(2, "100d"),
            "hold": "60d",
            "fall": [{"when": silent("50d"), "to": "visitor", "cause": "silent for 50 days"}],
        },
    ],
}


def walk(document=SMALL, **changes):
    compiled = decide.compile_model(model.parse({**document, **changes}), ZONE)
    return Walk(models=[compiled], now=START, zone=ZONE)


def moves(walked):
    return [
        (m.from_stage, m.to_stage, m.cause, (m.at - START) / DAY) for m in walked.facts if m.cause != "status"
    ]


def test_everyone_begins_in_the_first_stage():
    walked = walk()
    walked.let(0)
    assert moves(walked) == [(None, "visitor", "first", 0)]


def test_a_purchase_moves_up_to_the_highest_stage_at_once():
    walked = walk()
    walked.let(0)
    walked.happen("Order Completed")
    walked.happen("Order Completed", after=DAY)
    assert [move[:3] for move in moves(walked)][1:] == [
        ("visitor", "buyer", "enter"),
        ("buyer", "regular", "enter"),
    ]
    assert walked.facts[-1].witness


def test_a_fall_waits_for_the_shortest_stay_and_lands_on_the_highest_stage_that_holds():
    walked = walk()
    walked.happen("Order Completed")
    walked.happen("Order Completed", after=DAY)
    walked.until(START + 61 * DAY - 1)
    assert walked.stage("m") == "regular", "silent for 50 days already, but only 60 days there"
    walked.until(START + 61 * DAY)
    # The rule says visitor, but the two purchases are inside 100 days: buyer is as far as it goes.
    assert walked.stage("m") == "buyer"
    assert (walked.facts[-1].direction, walked.facts[-1].because) == ("back", "silent for 50 days")
    walked.until(START + 101 * DAY)
    assert walked.stage("m") == "visitor"
    assert moves(walked)[-1] == ("buyer", "visitor", "fall", 101)


def test_nobody_bounces():
    walked = walk()
    walked.happen("Order Completed")
    walked.happen("Order Completed", after=DAY)
    walked.until(START + 200 * DAY)
    assert [move[1] for move in moves(walked)] == ["visitor", "buyer", "regular", "buyer", "visitor"]


def test_round_again_and_again():
    walked = walk()
    for _ in range(3):
        walked.happen("Order Completed")
        walked.let(150 * DAY)
    assert [move[1] for move in moves(walked)] == ["visitor"] + ["buyer", "visitor"] * 3
    assert walked.positions["m"].round == 4
    assert walked.facts[-1].stayed_for == 100 * DAY


def test_statuses_are_the_first_that_hold():
    walked = walk()
    walked.happen("Order Completed")
    assert walked.status("m") == "fresh"
    walked.let(10 * DAY)
    assert walked.status("m") == "old"
    assert (walked.facts[-1].cause, walked.facts[-1].direction) == ("status", "within")
    last = walked.facts[-1]
    assert last.status_for == last.at - START and last.stayed_for is None


def test_deciding_again_changes_nothing():
    walked = walk()
    walked.happen("Order Completed")
    before = walked.positions["m"]
    again = decide.decide(walked.models["m"], before, walked)
    assert (again.position, again.moves) == (before, ())


def place(walked, stage, **given):
    compiled = walked.models["m"]
    placed = decide.place(compiled, walked.positions.get("m"), walked, stage=stage, cause="member", **given)
    walked.positions["m"] = placed.position
    return placed


def test_placing_by_hand_holds_against_the_rules_until_the_pin_ends():
    walked = walk()
    walked.happen("Order Completed")
    placed = place(walked, "visitor", because="asked by phone")
    assert [(m.to_stage, m.cause, m.because) for m in placed.moves] == [
        ("visitor", "member", "asked by phone")
    ]
    walked.let(30 * DAY - 1)
    assert walked.stage("m") == "visitor"
    walked.let(1)
    assert walked.stage("m") == "buyer"


def test_new_proof_ends_the_pin_at_once():
    walked = walk()
    walked.happen("Order Completed")
    place(walked, "visitor", pin="1y")
    walked.happen("Order Completed", after=DAY)
    assert walked.stage("m") == "regular"


def test_a_stage_whose_rule_was_false_at_the_placing_is_open_all_the_time():
    walked = walk(renewed_by=[])
    walked.happen("Order Completed")
    place(walked, "visitor", pin="1y")
    walked.happen("Order Completed", after=DAY)
    assert walked.stage("m") == "regular", "regular was not blocked"
    walked = walk(renewed_by=[])
    walked.happen("Order Completed")
    walked.happen("Order Completed")
    place(walked, "visitor", pin="1y")
    walked.happen("Order Completed", after=DAY)
    assert walked.stage("m") == "visitor", "both were blocked and nothing frees them"


def test_a_rule_that_was_false_in_between_is_free_again():
    walked = walk(renewed_by=[])
    walked.happen("Order Completed")
    place(walked, "visitor", pin="1y")
    walked.let(101 * DAY)
    walked.happen("Order Completed")
    assert walked.stage("m") == "buyer"


def test_whoever_is_placed_high_does_not_fall_while_pinned():
    walked = walk()
    place(walked, "regular", pin="200d")
    walked.let(199 * DAY)
    assert walked.stage("m") == "regular"
    walked.let(DAY)
    assert walked.stage("m") == "visitor"


def test_a_status_without_a_rule_is_given_by_hand_and_stays():
    walked = walk()
    walked.happen("Order Completed")
    walked.let(20 * DAY)
    place(walked, "buyer", status="by-hand")
    walked.let(5 * DAY)
    assert walked.status("m") == "by-hand"
    walked.happen("Order Completed")
    walked.let(HOUR)
    assert walked.stage("m") == "regular"


def test_placing_in_an_unknown_stage_or_status_is_refused():
    walked = walk()
    for given in (
        {"stage": "nowhere"},
        {"stage": "buyer", "status": "none"},
        {"stage": "buyer", "pin": "long"},
    ):
        with pytest.raises(Invalid):
            decide.place(walked.models["m"], None, walked, cause="member", **given)


def test_a_stage_dropped_by_a_new_version_places_the_person_afresh():
    walked = walk()
    gone = model.Position(stage="gone", since=START)
    decided = decide.decide(walked.models["m"], gone, walked)
    assert (decided.position.stage, decided.moves[0].cause) == ("visitor", "first")


def test_a_position_survives_storage():
    position = model.Position(stage="a", since=1, status="s", round=3, pinned_until=9, blocked=("b",))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(position), type=model.Position) == position


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: s[1].pop("enter"), "stages.1.enter"),
        (lambda s: s[1].update(side="right") or s[2].update(side="left"), "stages.2.side"),
        (lambda s: s[1].update(key="visitor"), "stages.1.key"),
        (lambda s: s[1]["fall"][0].update(to="regular"), "stages.1.fall.0.to"),
        (lambda s: s[1]["fall"][0].update(status="x"), "stages.1.fall.0.status"),
        (lambda s: s[2].update(hold="long"), "stages.2.hold"),
        (lambda s: s[2].update(strategy={"weekly_messages": 0}), "stages.2.strategy.weekly_messages"),
        (lambda s: s[1]["statuses"][0].update(enter={"op": "x"}), "stages.1.statuses.0.enter.op"),
        (lambda s: s[1]["enter"].update(vlaue=3), "stages.1.enter"),
        (lambda s: s.__delitem__(slice(1, 3)), "stages"),
    ],
)
def test_a_fault_in_a_model_names_its_path(change, field):
    document = msgspec.json.decode(msgspec.json.encode(SMALL))
    change(document["stages"])
    with pytest.raises(Invalid) as fault:
        model.parse(document)
    assert fault.value.field == field


# --- what ships --------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", models.MODELS)
def test_shipped_models_parse_and_place_everybody(key):
    walked = Walk(
        models=[decide.compile_model(model.parse(models.document(key)), ZONE)], now=START, zone=ZONE
    )
    walked.let(0)
    assert walked.positions[key].stage == walked.models[key].model.stages[0].key


def test_seven_stages_on_both_sides():
    for key in ("bow-tie", "cycle", "b2b-bow-tie"):
        found = model.parse(models.document(key))
        assert len(found.stages) == 7
        assert {stage.side for stage in found.stages} == {"left", "knot", "right"}


def test_the_recency_map_falls_at_40_90_and_180_days():
    walked = Walk(
        models=[decide.compile_model(model.parse(models.document("rfm")), ZONE)], now=START, zone=ZONE
    )
    walked.happen("Order Completed")
    walked.let(400 * DAY)
    assert [(move[1], move[3]) for move in moves(walked)] == [
        ("no-purchase", 0),
        ("recent", 0),
        ("needs-nurturing", 40),
        ("at-risk", 90),
        ("about-to-lose", 180),
    ]


def bow_tie():
    compiled = decide.compile_model(model.parse(models.document("bow-tie")), ZONE)
    return Walk(models=[compiled], now=START, zone=ZONE)


def test_a_known_person_without_a_purchase_has_taken_a_step():
    walked = bow_tie()
    walked.happen("Signed Up")
    assert (walked.stage("bow-tie"), walked.status("bow-tie")) == ("interest", "known-lead")


def test_an_ambassador_buys_regularly_and_recommends():
    walked = bow_tie()
    for _ in range(3):
        walked.happen("Order Completed", after=10 * DAY)
    assert walked.stage("bow-tie") == "loyalty"
    walked.happen("Referral Completed", after=DAY)
    assert walked.stage("bow-tie") == "ambassador"
    other = bow_tie()
    other.happen("Referral Completed")
    assert other.stage("bow-tie") != "ambassador", "recommending without buying is not enough"


def test_whoever_stops_buying_leaves_the_right_side_by_time_alone():
    walked = bow_tie()
    for _ in range(3):
        walked.happen("Order Completed", after=10 * DAY)
    walked.let(366 * DAY)
    assert walked.stage("bow-tie") == "interest"
    assert walked.status("bow-tie") == "lapsed"
    walked.happen("Order Completed")
    assert walked.stage("bow-tie") == "conversion"


def test_the_stage_swaps_the_strategy():
    walked = bow_tie()
    compiled = walked.models["bow-tie"]
    assert decide.weekly_messages([compiled], {}) is None
    walked.happen("Signed Up")
    assert decide.weekly_messages([compiled], walked.positions) == 4
    walked.happen("Order Completed")
    assert decide.weekly_messages([compiled], walked.positions) == 2
    strategy = decide.strategy_for(compiled.model, [f for f in walked.facts if isinstance(f, model.Move)])
    assert "welcome" in strategy.stop
