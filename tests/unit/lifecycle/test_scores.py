"""Scores: fading, silence, human hits, machines, and the exact instants of every crossing."""

from zoneinfo import ZoneInfo

import pytest

from slinga.kernel.clock import DAY, HOUR, instant
from slinga.kernel.errors import Invalid
from slinga.lifecycle import decide, model, models, scores
from slinga.testing.walk import Walk

ZONE = ZoneInfo("UTC")
START = instant("2026-01-10T12:00:00Z")


def walk(document=None, levels=(), **given):
    score = scores.parse(document or models.document("responsiveness"))
    return Walk(scored=[scores.compile_score(score, ZONE, levels)], now=START, zone=ZONE, **given)


def value(walked):
    return walked.score("responsiveness")


def sent(walked, key="k", **more):
    walked.happen("Message Sent", {"send_key": key, "class": "marketing", **more})


def test_it_starts_in_the_middle_and_silence_brings_it_down_by_itself():
    walked = walk()
    assert value(walked) == 50
    sent(walked)
    walked.let(3 * DAY - 1)
    assert value(walked) == 50
    walked.let(1)
    assert value(walked) == 40
    assert [(f.before, f.after, f.at - START) for f in walked.facts] == [(50, 40, 3 * DAY)]


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("Message Clicked", {"send_key": "k", "class_of_hit": "human"}, 65),
        ("Message Opened", {"send_key": "k", "class_of_hit": "human"}, 55),
        ("Message Opened", {"send_key": "k", "machine": True}, 40),
        ("Message Opened", {"send_key": "k", "class_of_hit": "machine"}, 40),
        ("Message Clicked", {"send_key": "k", "machine": True}, 40),
        ("Message Opened", {"send_key": "k", "class_of_hit": "unknown"}, 50),
        ("Message Opened", {"send_key": "other"}, 40),
        ("Visit Started", {}, 55),
        ("Order Completed", {}, 70),
    ],
)
def test_what_a_reaction_is_worth(name, properties, expected):
    walked = walk()
    sent(walked)
    walked.happen(name, properties, after=HOUR)
    walked.let(5 * DAY)
    assert value(walked) == expected


def test_each_message_counts_each_reaction_once():
    walked = walk()
    sent(walked)
    for _ in range(4):
        walked.happen("Message Clicked", {"send_key": "k"}, after=HOUR)
        walked.happen("Visit Started", after=HOUR)
    walked.happen("Message Clicked", {"send_key": "k"}, after=4 * DAY)
    assert value(walked) == 50 + 15 + 5


def test_one_visit_answers_all_messages_that_still_wait():
    walked = walk()
    sent(walked, "a")
    sent(walked, "b")
    walked.happen("Visit Started", after=HOUR)
    walked.let(4 * DAY)
    assert value(walked) == 55


def test_a_click_after_the_silence_was_counted_still_helps():
    walked = walk()
    sent(walked)
    walked.happen("Message Clicked", {"send_key": "k"}, after=4 * DAY)
    assert value(walked) == 50 - 10 + 15


def test_receipts_are_not_there_to_be_answered():
    walked = walk()
    walked.happen("Message Sent", {"send_key": "k", "class": "transactional"})
    walked.let(4 * DAY)
    assert value(walked) == 50


def test_it_stays_between_its_bounds():
    walked = walk()
    for number in range(12):
        sent(walked, str(number))
        walked.let(4 * DAY)
    assert value(walked) == 0
    assert len(walked.points["responsiveness"].messages) <= scores.MOST_MESSAGES


FADING = {
    "key": "responsiveness",
    "name": "Warmth",
    "rules": [{"event": "Product Viewed", "points": 10, "where": [{"prop": "category", "value": "shoes"}]}],
    "decay": {"points": 3, "per": "1d"},
}


def test_fading_crosses_each_level_at_an_exact_instant():
    walked = walk(FADING, levels=[5])
    walked.happen("Product Viewed", {"category": "hats"})
    assert value(walked) == 0
    walked.happen("Product Viewed", {"category": "shoes"})
    assert value(walked) == 10
    reading = scores.read(walked.scored["responsiveness"], walked.points["responsiveness"], walked.now)
    assert reading.until == START + 2 * DAY
    walked.until(START + 30 * DAY)
    assert [(f.after, (f.at - START) / DAY) for f in walked.facts] == [(10, 0), (4, 2)]
    assert value(walked) == 0


@pytest.mark.parametrize("level", [-1, 0, 1, 4, 5, 7, 9.5, 10, 11, 100])
def test_between_two_reported_instants_no_comparison_changes(level):
    compiled = scores.compile_score(scores.parse(FADING), ZONE, [level])
    state = scores.change(compiled, None, START, set_to=10)

    def sides(at):
        found = scores.read(compiled, state, at).value
        return found < level, found == level

    at, last = START, sides(START)
    while at < START + 10 * DAY:
        until = scores.read(compiled, state, at).until or START + 10 * DAY
        for step in range(at, min(until, START + 10 * DAY), DAY // 4):
            assert sides(step) == last
        at, last = until, sides(until)


def test_a_journey_may_add_or_set_points():
    compiled = scores.compile_score(scores.parse(FADING), ZONE)
    state = scores.change(compiled, None, START, points=30)
    assert scores.read(compiled, state, START + 2 * DAY).value == 24
    assert scores.change(compiled, state, START + 2 * DAY, set_to=200).value == 100


def test_a_falling_score_alone_moves_somebody_to_an_earlier_stage():
    document = {
        "key": "m",
        "name": "M",
        "stages": [
            {"key": "low", "name": "Low", "side": "left"},
            {
                "key": "high",
                "name": "High",
                "side": "right",
                "enter": {"op": "score", "name": "responsiveness", "cmp": "ge", "value": 45},
                "fall": [
                    {
                        "when": {"op": "score", "name": "responsiveness", "cmp": "lt", "value": 45},
                        "to": "low",
                        "cause": "no longer answers",
                    }
                ],
            },
        ],
    }
    walked = walk(levels=[45], models=[decide.compile_model(model.parse(document), ZONE)])
    sent(walked)
    assert walked.stage("m") == "high"
    walked.let(3 * DAY)
    assert walked.stage("m") == "low"
    assert walked.facts[-1].because == "no longer answers"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": 200}, "start"),
        ({"decay": {"per": "1mo"}}, "decay.per"),
        ({"decay": {"points": 0}}, "decay.points"),
        ({"reactions": {"settle": "soon"}}, "reactions.settle"),
        (
            {"rules": [{"event": "X", "points": 1, "where": [{"prop": "a", "value": {"trigger": "b"}}]}]},
            "rules.0.where",
        ),
        ({"rules": [{"event": "X"}]}, "rules.0"),
    ],
)
def test_a_fault_in_a_score_names_its_path(change, field):
    with pytest.raises(Invalid) as fault:
        scores.parse({**FADING, **change})
    assert fault.value.field == field
