"""Whether a draft's entries can be found without living the other journeys, and every reason why not."""

from typing import Any

import pytest

from slinga.engine.jobs import Definition
from slinga.engine.program import Part, compile_program
from slinga.lifecycle import models
from slinga.rehearsal.reactions import NONE, TYPICAL
from slinga.rehearsal.scouting import apart
from slinga.testing.drafts import did, letter, on, segment, sending

DRAFT = frozenset({"draft"})


def program(*definitions: Definition) -> Any:
    found = {(one.kind, one.key, 1): one.document or {} for one in (letter("hello"), *definitions)}
    return compile_program(2, "UTC", [Part(*name) for name in found], found)


def draft(trigger: dict[str, Any], **header: Any) -> Definition:
    return sending("draft", ["hello"], trigger, **header)


def doing(**node: Any) -> Definition:
    """Another journey that does something to people."""
    document = {
        "key": "other",
        "name": "Other",
        "trigger": on("Order Completed"),
        "start": "n",
        "nodes": {"n": node},
    }
    return Definition("journey", "other", document)


def entered(key: str) -> dict[str, Any]:
    return {"on": "segment", "key": key, "change": "entered"}


def test_an_event_that_people_do_is_nobody_elses_business() -> None:
    tag = doing(type="tag", name="vip", next=None)
    assert apart(program(draft(on("Order Completed")), tag), DRAFT, TYPICAL)
    lapsed = segment("lapsed", did("Order Completed", last="180d"))
    assert apart(program(draft(entered("lapsed")), lapsed, tag), DRAFT, TYPICAL)


VIP = segment("vip", {"op": "tag", "name": "vip"})
RICH = segment("rich", {"op": "trait", "name": "rich", "cmp": "eq", "value": True})
NESTED = segment("nested", {"op": "not", "of": {"op": "segment", "key": "vip"}})
OPENED = {"op": "reaction", "kind": "opened"}


@pytest.mark.parametrize(
    "definitions",
    [
        (draft(entered("vip")), VIP, doing(type="tag", name="vip", next=None)),
        (draft(entered("nested")), NESTED, VIP, doing(type="tag", name="vip", next=None)),
        (draft(entered("rich")), RICH, doing(type="set_trait", name="rich", value=True, next=None)),
        (draft(on("Order Completed"), condition=OPENED),),
        (draft(on("Message Clicked")),),
        (draft(on("Order Completed"), condition=did("Unsubscribed")),),
        (draft(on("Unheard Of")), doing(type="start_journey", journey="draft", next=None)),
        (
            draft({"on": "stage", "model": "bow-tie", "to": ["loyalty"]}),
            Definition("model", "bow-tie", models.document("bow-tie")),
        ),
        (
            draft({"on": "score", "name": "responsiveness", "change": "fell_below", "value": 20}),
            *(Definition("score", key, models.document(key)) for key in models.SCORES),
        ),
    ],
    ids=["tag", "nested", "trait", "reaction", "message", "unsubscribed", "started", "stage", "score"],
)
def test_what_others_have_a_say_in_is_lived_whole(definitions: tuple[Definition, ...]) -> None:
    assert not apart(program(*definitions), DRAFT, NONE)


def test_permissions_depend_on_the_reaction_model() -> None:
    allowed = {"op": "consent", "channel": "email", "topic": "news", "is": "granted"}
    asking = program(draft(on("Order Completed"), condition=allowed))
    assert apart(asking, DRAFT, NONE)
    assert not apart(asking, DRAFT, TYPICAL), "who unsubscribes in the model may not come in any more"
