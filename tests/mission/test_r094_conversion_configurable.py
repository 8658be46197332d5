"""R94: the workspace chooses what counts as a conversion: click, form, download, registration, purchase."""

from collections.abc import Callable
from typing import Any

import pytest

from slinga.insight.jobs import tally
from slinga.kernel.clock import DAY
from slinga.testing.desk import page
from slinga.testing.drafts import campaign, did, on, unlimited
from slinga.testing.world import World

SINCE = {"window": {"since_entry": True}}
CLICK = {"op": "reaction", "kind": "clicked", "journey": "ask", **SINCE}
FORM = {**did("Form Submitted", form="offer"), **SINCE}
DOWNLOAD = {**did("Content Downloaded"), **SINCE}
REGISTERED = {**did("Signed Up"), **SINCE}
PURCHASE = {"op": "event", "name": "Order Completed", "agg": "sum", "prop": "total", "value": 100, **SINCE}


def _form(world: World) -> None:
    world.browse("d1", "Form Submitted", user="anna", form="other")
    assert not world.facts("anna", "goal_reached")
    world.browse("d1", "Form Submitted", user="anna", form="offer")


def _order(world: World) -> None:
    world.order("anna", "o1", 60)
    assert not world.facts("anna", "goal_reached")
    world.order("anna", "o2", 40)


def _click(world: World) -> None:
    world.click(world.mails("anna")[0])


@pytest.mark.parametrize(
    ("name", "condition", "act"),
    [
        ("clicked a link", CLICK, _click),
        ("sent the form", FORM, _form),
        (
            "took the file",
            DOWNLOAD,
            lambda w: w.browse("d1", "Content Downloaded", user="anna", file="a.pdf"),
        ),
        ("registered", REGISTERED, lambda w: w.track("anna", "Signed Up")),
        ("spent a hundred", PURCHASE, _order),
    ],
)
def test_each_kind_ends_the_asking_and_is_counted(
    world: World, name: str, condition: dict[str, Any], act: Callable[[World], None]
) -> None:
    goal = {"name": name, "condition": condition}
    world.publish(*campaign("ask", 4, on("Start"), gap="2d", goal=goal), unlimited())
    for user in ("anna", "bert"):
        world.known(user)
        world.track(user, "Start")
    start = world.now()
    world.forward("3d")
    act(world)
    world.forward("10d")
    reached = world.facts("anna", "goal_reached", "ask")
    assert [fact.body["goal"] for fact in reached] == [name]
    assert 0 <= reached[0].at - (start + 3 * DAY) <= 120_000_000
    assert [fact.body["reason"] for fact in world.facts("anna", "run_ended")] == ["goal"]
    assert world.templates("anna") == ["ask-1", "ask-2"]
    assert len(world.templates("bert")) == 4
    assert not world.facts("bert", "goal_reached")
    tally(world.db)
    assert "2 0 1" in page(world, "/admin/journeys")  # entered, inside, reached
