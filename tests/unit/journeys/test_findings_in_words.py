"""Findings are data: files are spoken of by keys, the desk speaks of names in the language of its reader."""

import copy
from typing import Any

import pytest

from slinga.journeys import forms, steps
from slinga.journeys.model import parse
from slinga.journeys.validate import Known, problems
from slinga.kernel.calendar import period
from slinga.kernel.errors import Invalid
from slinga.kernel.words import ENGLISH, Named, Path, Text, worded
from slinga.locale import words

KINDS = forms.nodes()
SPENT = {"op": "event", "name": "Order Completed", "cmp": "ge", "value": 3}
NEVER = {"op": "event", "name": "Order Completed", "cmp": "eq", "value": 0}
JOURNEY: dict[str, Any] = {
    "key": "hello",
    "name": "Hello",
    "topic": "gossip",
    "trigger": {"on": "segment", "key": "gone_buyers"},
    "exit": {"op": "all", "of": [SPENT, NEVER]},
    "start": "first_mail",
    "nodes": {
        "first_mail": {"type": "send", "template": "old_letter", "channel": "push", "next": "fork_1"},
        "fork_1": {
            "type": "branch",
            "arms": [
                {"name": "Buyers", "when": {"op": "everyone"}, "next": "go_on"},
                {"when": SPENT, "next": "go_on"},
            ],
            "otherwise": "late_one",
        },
        "go_on": {"type": "tag", "name": "x", "next": "fork_1"},
        "late_one": {"type": "set_stage", "model": "bow-tie", "stage": "knot_one", "next": None},
        "lost_one": {"type": "send", "template": "welcome_1"},
        "wait_a": {
            "type": "wait",
            "until_condition": {"op": "all", "of": [SPENT, NEVER]},
            "timeout": "3d",
        },
    },
}
KNOWN = Known(
    keys={"template": ["welcome_1", "old_letter"], "segment": [], "model": ["bow-tie"], "score": []},
    stages={"bow-tie": ["interest"]},
    statuses={},
    channels={"old_letter": "email"},
    classes={"old_letter": "transactional"},
    topics=("news",),
)
NAMES = {("template", "old_letter"): "Letter", ("model", "bow-tie"): "Fluga", ("template", "welcome_1"): "Hi"}


def found(document: dict[str, Any]) -> dict[str, Text]:
    return {problem.path: problem.text for problem in problems(parse(copy.deepcopy(document)), KNOWN)}


@pytest.mark.parametrize("locale", ["sv", "pl"])
def test_at_the_desk_they_name_things_by_their_names_in_the_readers_language(locale: str) -> None:
    _ = words(locale).naming(NAMES)
    here = _.naming(dict(steps.known(_, KINDS, "hello", JOURNEY)))
    told = found(JOURNEY)
    assert len(told) >= 10
    for path, text in told.items():
        said = text.said(here)
        assert said != text.said(ENGLISH), (path, said)
        for key in JOURNEY["nodes"]:
            assert key not in said, (path, said)
        for word in ("against", "there is", "nobody", "did ", " at least", "old_letter"):
            assert word not in said, (path, said)
    assert "Buyers" in told["nodes.fork_1.arms.1.when"].said(here)
    assert "Letter" in told["nodes.first_mail.channel"].said(here)
    assert steps.names(here, KINDS, JOURNEY)["go_on"] in told["nodes.fork_1"].said(here)


def test_whoever_writes_files_reads_keys() -> None:
    said = {path: str(text) for path, text in found(JOURNEY).items()}
    assert said["nodes.first_mail.channel"] == (
        "the template 'old_letter' is for email, this node sends by push"
    )
    assert said["nodes.fork_1"] == "a loop without a wait: fork_1 → go_on → fork_1"
    assert said["nodes.fork_1.arms.1.when"] == (
        "nobody comes this way: 'fork_1.arms.0.when' already takes everybody"
    )
    assert said["trigger.key"] == "there is no segment 'gone_buyers'"
    assert "against" in said["exit"]


def test_an_error_keeps_its_text_as_data_on_its_way_up() -> None:
    broken = copy.deepcopy(JOURNEY)
    broken["nodes"]["wait_a"] = {"type": "wait", "for": "soon"}
    with pytest.raises(Invalid) as fault:
        parse(broken)
    assert fault.value.field == "nodes.wait_a.for"
    assert fault.value.message.startswith("'soon' is not a length of time")
    assert fault.value.text.said(words("sv")).startswith("'soon' är ingen tidslängd")
    with pytest.raises(Invalid):
        period("soon")


def test_a_text_says_its_values_in_the_same_language() -> None:
    names = Path((Named("node", "j", "a"), Named("node", "j", "b")))
    text = worded("%(one)s against %(other)s", one=Text("email"), other=names)
    assert str(text) == "email against a → b"
    named = words("sv").naming({("node", "j/a"): "Först"}).naming({("node", "j/b"): "Sedan"})
    assert text.said(named) == "e-post mot Först → Sedan"
    assert str(Text("100% sure")) == "100% sure"
