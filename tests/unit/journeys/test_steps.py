"""What a step is called: its own name, else what it does; the same wherever it is named, and its own."""

from typing import Any

import pytest

from slinga.journeys import forms, shipped, steps
from slinga.kernel.words import ENGLISH
from slinga.locale import words

KINDS = forms.nodes()
NAMES = ENGLISH.naming(
    {
        ("template", "hello"): "Welcome",
        ("journey", "vip"): "VIP care",
        ("score", "heat"): "Warmth",
        ("model", "bow-tie"): "Bow-tie",
        ("stage", "bow-tie/interest"): "Interest",
    }
)
KNOWN = {"op": "identified"}


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ({"type": "wait", "for": "2h"}, "Wait 2 hours"),
        ({"type": "wait", "for": "1d", "until_time": "09:00"}, "Wait 1 day, then until 09:00"),
        ({"type": "wait", "until_time": "09:00", "weekdays": [1, 5]}, "Wait until 09:00 (Mon, Fri)"),
        (
            {"type": "wait", "until_event": {"name": "Order Completed"}, "timeout": "3d"},
            "Wait for “Order Completed”, at most 3 days",
        ),
        ({"type": "wait", "until_condition": KNOWN, "timeout": "1d"}, "Wait until identified, at most 1 day"),
        ({"type": "wait"}, "Wait"),
        ({"type": "branch", "arms": [{"when": KNOWN}]}, "Branch: identified"),
        ({"type": "branch", "arms": [{"name": "Known", "when": KNOWN}, {"when": {}}]}, "Branch: Known"),
        ({"type": "branch", "arms": [{"when": {}}]}, "Branch"),
        (
            {"type": "split", "arms": [{"key": "a", "weight": 30}, {"key": "b", "weight": 90}]},
            "Split: a 25%, b 75%",
        ),
        ({"type": "send", "template": "hello"}, "E-mail: Welcome"),
        ({"type": "send", "template": "hello", "channel": "push"}, "Push: Welcome"),
        ({"type": "send", "template": ""}, "E-mail: choose a message"),
        ({"type": "set_trait", "name": "plan", "value": True}, "Set plan to yes"),
        ({"type": "set_trait", "name": "plan"}, "Remove plan from the profile"),
        ({"type": "tag", "name": "vip", "remove": True}, "Take away the tag vip"),
        ({"type": "score", "name": "heat", "points": 5}, "Score Warmth: +5"),
        ({"type": "score", "name": "heat", "set_to": 0}, "Set the score Warmth to 0"),
        ({"type": "set_stage", "model": "bow-tie", "stage": "interest"}, "Move to Interest"),
        ({"type": "hand_over", "task": "Call them"}, "Task: Call them"),
        ({"type": "webhook", "url": "https://crm.example/hook?key=1"}, "Webhook: crm.example/hook"),
        ({"type": "start_journey", "journey": "vip"}, "Start the journey VIP care"),
        ({"type": "exit", "outcome": "bought"}, "End: bought"),
        ({"type": "exit"}, "End"),
        ({"type": "exit", "title": "Bye"}, "Bye"),
        ({"type": "weighing"}, "weighing"),
        ({"type": "send", "template": "hello", "title": "First mail"}, "First mail"),
    ],
)
def test_a_step_is_called_by_what_it_does_or_by_its_own_name(node: dict[str, Any], name: str) -> None:
    assert steps.name(NAMES, KINDS, node) == name


def test_steps_that_do_the_same_are_numbered_along_the_way() -> None:
    nodes = {
        "b": {"type": "wait", "for": "1d", "next": "c"},
        "a": {"type": "wait", "for": "1d", "next": "b"},
        "c": {"type": "exit"},
        "lost": {"type": "wait", "for": "24h"},
    }
    found = steps.names(ENGLISH, KINDS, {"start": "a", "nodes": nodes})
    assert found == {"a": "Wait 1 day (1)", "b": "Wait 1 day (2)", "c": "End", "lost": "Wait 1 day (3)"}


def test_the_ways_of_a_step_are_known_by_name_too() -> None:
    known = dict(steps.known(NAMES, KINDS, "cart-rescue", shipped.document("cart-rescue")))
    branches = {part: said for (kind, part), said in known.items() if kind == "way" and ".arms.0" in part}
    assert branches and all(branches.values())
    assert all(said and "_" not in said for (kind, _), said in known.items() if kind == "node")


@pytest.mark.parametrize("locale", ["sv", "pl"])
@pytest.mark.parametrize("key", shipped.KEYS)
def test_shipped_journeys_speak_the_readers_language(key: str, locale: str) -> None:
    bare = {
        name: {part: value for part, value in node.items() if part != "title"}
        for name, node in shipped.document(key)["nodes"].items()
    }
    document = shipped.document(key) | {"nodes": bare}
    names, english = (steps.names(_, KINDS, document) for _ in (words(locale), ENGLISH))
    same = {name for name, node in bare.items() if node["type"] == "send" and node.get("channel") == "push"}
    assert all(names[name] != english[name] for name in names.keys() - same)
