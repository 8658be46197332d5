"""A journey is tried as somebody as they are, will be, or were."""

from typing import Any

import pytest

from slinga.engine.jobs import Definition
from slinga.explain.trying.jobs import Tried, try_journey
from slinga.kernel.calendar import period
from slinga.kernel.clock import DAY
from slinga.kernel.errors import Missing
from slinga.kernel.ids import person_key
from slinga.testing.world import World

BOUGHT = {"op": "event", "name": "Order Completed", "cmp": "ge", "value": 2}
DRAFT: dict[str, Any] = {
    "key": "thanks",
    "name": "Thanks",
    "trigger": {"on": "event", "name": "Order Completed"},
    "start": "often",
    "nodes": {
        "often": {"type": "branch", "arms": [{"name": "often", "when": BOUGHT, "next": "big"}]},
        "big": {
            "type": "branch",
            "arms": [
                {
                    "name": "big",
                    "when": {"op": "trigger", "path": "properties.total", "cmp": "ge", "value": 100},
                }
            ],
        },
    },
}


def ways(tried: Tried) -> list[str]:
    return [str(fact.body["outcome"]) for fact in tried.facts if fact.kind == "step"]


def test_a_past_instant_finds_the_person_as_they_were_then(world: World) -> None:
    world.known("anna")
    before = world.now() - 1
    world.order("anna", "o1", total=20.0)
    world.forward("10d")
    once = world.now()
    world.forward("1d")
    world.order("anna", "o2", total=200.0)
    anna, drafts = person_key("user", "anna"), [Definition("journey", "thanks", DRAFT)]

    def at(instant: int | None) -> Tried:
        return try_journey(world.db, drafts, "thanks", anna, period("30d"), at=instant)

    assert ways(at(None)) == ["often", "big"]
    assert ways(at(once)) == ["otherwise"]
    first = at(once).facts[0]
    assert (first.kind, first.at) == ("run_entered", once)
    later = at(world.now() + 5 * DAY)
    assert ways(later) == ["often", "big"] and later.facts[0].at == world.now() + 5 * DAY
    assert later.like is not None and later.like.body["properties"]["total"] == 200.0
    with pytest.raises(Missing, match="not known yet"):
        at(before)
    assert world.facts("anna", "run_entered") == []
