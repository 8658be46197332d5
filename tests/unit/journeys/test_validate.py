"""Faults in journey documents: the path of each, and advice on what is legal but not meant."""

import copy
from typing import Any

import pytest

from slinga.journeys import shipped
from slinga.journeys.model import parse
from slinga.journeys.validate import Known, most_messages, problems
from slinga.kernel.errors import Invalid

BASE: dict[str, Any] = {
    "key": "hello",
    "name": "Hello",
    "topic": "news",
    "trigger": {"on": "event", "name": "Signed Up"},
    "goal": {"condition": {"op": "event", "name": "Order Completed", "window": {"since_entry": True}}},
    "start": "first",
    "nodes": {
        "first": {"type": "send", "template": "a", "next": "wait"},
        "wait": {"type": "wait", "for": "1d", "next": "done"},
        "done": {"type": "exit"},
    },
}


def changed(**given: Any) -> dict[str, Any]:
    document = copy.deepcopy(BASE)
    for path, value in given.items():
        here = document
        *way, last = path.split("__")
        for part in way:
            here = here[part]
        here[last] = value
    return document


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (changed(key="No spaces"), "key"),
        (changed(start="nowhere"), "start"),
        (changed(nodes__first__next="nowhere"), "nodes.first"),
        (changed(nodes__first={"type": "send"}), "nodes.first"),
        (changed(nodes__first={"type": "sned", "template": "a"}), "nodes.first.type"),
        (changed(nodes__first__tempalte="a"), "nodes.first"),
        (changed(nodes__wait__for="soon"), "nodes.wait.for"),
        (changed(nodes__wait__for="0s"), "nodes.wait.for"),
        (changed(nodes__wait__until_condition={"op": "identified"}), "nodes.wait"),
        (
            changed(nodes__wait={"type": "wait", "until_condition": {"op": "identified"}}),
            "nodes.wait.timeout",
        ),
        (changed(nodes__wait={"type": "wait", "until_time": "25:00"}), "nodes.wait.until_time"),
        (changed(nodes__wait={"type": "branch", "arms": []}), "nodes.wait.arms"),
        (
            changed(nodes__wait={"type": "branch", "arms": [{"when": {"op": "triat"}}]}),
            "nodes.wait.arms.0.when.op",
        ),
        (changed(nodes__wait={"type": "split", "arms": [{"key": "a", "weight": 1}]}), "nodes.wait.arms"),
        (changed(exit={"op": "event"}), "exit"),
        (changed(holdout=1.0), "holdout"),
        (changed(cap={"count": 0, "per": "3d"}), "cap.count"),
        (changed(cap={"count": 1, "per": "often"}), "cap.per"),
        (changed(reentry="sometimes"), "reentry"),
        (changed(trigger={"on": "moon"}), "trigger.on"),
        (changed(trigger={"on": "date", "trait": "born", "offset": "-x"}), "trigger.offset"),
        (changed(trigger={"on": "schedule"}), "trigger"),
        (changed(trigger={"on": "schedule", "every": {"dates": ["13-01"]}}), "trigger.every.dates.0"),
        (changed(quiet_hours={"from": "21:00", "to": "nine"}), "quiet_hours.to"),
    ],
)
def test_a_fault_names_its_path(document, field):
    with pytest.raises(Invalid) as fault:
        parse(document)
    assert fault.value.field == field
    assert fault.value.message


def found(document: dict[str, Any], known: Known | None = None) -> list[tuple[str, str]]:
    return [(problem.path, problem.weight) for problem in problems(parse(document), known)]


def test_a_good_journey_has_no_problems():
    assert found(BASE) == []


@pytest.mark.parametrize("key", [key for key in shipped.KEYS if key != "sunset"])
def test_what_ships_has_no_problems(key):
    assert problems(parse(shipped.document(key))) == []


def test_a_node_that_nothing_leads_to():
    assert found(changed(nodes__lost={"type": "exit"})) == [("nodes.lost", "error")]


def test_a_loop_without_a_wait_is_an_error_and_one_with_a_wait_is_not():
    tag = {"type": "tag", "name": "x", "next": "first"}
    assert ("nodes.first", "error") in found(changed(nodes__first__next="tag", nodes__tag=tag))
    assert found(changed(nodes__wait__next="first")) == [("nodes.done", "error")]


def test_a_wait_for_a_condition_is_no_wait_where_the_condition_leads_back():
    wait = {"type": "wait", "until_condition": {"op": "identified"}, "timeout": "1d", "next": "first"}
    assert ("nodes.first", "error") in found(changed(nodes__wait=wait))
    wait = {
        "type": "wait",
        "until_event": {"name": "X"},
        "timeout": "1d",
        "next": "first",
        "on_timeout": "done",
    }
    assert found(changed(nodes__wait=wait)) == []


def test_branches_that_nobody_can_take():
    same = {"when": {"op": "identified"}, "next": "wait"}
    branch = {"type": "branch", "arms": [same, same], "otherwise": "done"}
    assert found(changed(start="b", nodes__b=branch, nodes__first__next="wait"))[1] == (
        "nodes.b.arms.1.when",
        "error",
    )
    everyone = {"type": "branch", "arms": [{"when": {"op": "everyone"}, "next": "first"}, same]}
    assert ("nodes.b.arms.1.when", "error") in found(changed(start="b", nodes__b=everyone))


def test_missing_templates_models_and_segments():
    known = Known(keys={"template": ["b"], "segment": ["vip"]})
    document = changed(exit={"op": "segment", "key": "gone"})
    assert found(document, known) == [("nodes.first.template", "error"), ("exit", "error")]


def test_a_stage_that_the_model_does_not_have():
    node = {"type": "set_stage", "model": "m", "stage": "s", "next": "wait"}
    known = Known(stages={"m": ["a"]}, statuses={})
    assert found(changed(nodes__first=node), known) == [("nodes.first.stage", "error")]


def test_advice():
    document = changed()
    del document["goal"], document["topic"]
    assert found(document) == [("goal", "warning"), ("nodes.first.topic", "warning")]
    entry = {"op": "event", "name": "X", "window": {"since_entry": True}}
    assert found(changed(condition=entry)) == [("condition", "error")]


def test_how_many_messages_a_run_can_send():
    assert most_messages(parse(BASE)) == 1
    assert most_messages(parse(changed(nodes__wait__next="first"))) is None
    assert most_messages(parse(shipped.document("cart-rescue"))) == 3
