"""Trap 13: a lease renewed yesterday cancels the flow about its end, before it begins and in the middle."""

from typing import Any

from slinga.engine.jobs import Definition
from slinga.kernel.clock import iso
from slinga.testing.world import World

LEASE_END: dict[str, Any] = {
    "key": "lease-end",
    "name": "The lease ends",
    "topic": "news",
    "trigger": {"on": "thing_date", "type": "lease", "attr": "lease_end_on", "offset": "-60d", "at": "10:00"},
    "start": "first",
    "nodes": {
        "first": {"type": "send", "template": "renewal-1", "next": "rest"},
        "rest": {"type": "wait", "for": "20d", "until_time": "10:00", "next": "second"},
        "second": {"type": "send", "template": "renewal-2", "next": "done"},
        "done": {"type": "exit"},
    },
}


def lease(world: World, found: str, ends: str) -> None:
    world.track("anna", "Thing Updated", type="lease", id=found, lease_end_on=ends)


def test_renewed_the_day_before(world: World) -> None:
    world.publish_shipped()
    world.publish(Definition("journey", "lease-end", LEASE_END))
    world.known("anna")
    lease(world, "car-1", "2026-06-01")  # the flow begins on 2 April
    lease(world, "car-2", "2026-06-05")  # the flow begins on 6 April
    world.until("2026-04-01T12:00:00Z")
    lease(world, "car-1", "2029-06-01")
    world.until("2026-04-20T00:00:00Z")
    assert [(m.template, iso(m.at)) for m in world.mails("anna")] == [
        ("renewal-1", "2026-04-06T08:00:00.000Z")
    ]
    world.until("2026-04-25T12:00:00Z")
    lease(world, "car-2", "2029-06-05")  # renewed the day before the second mail
    (end,) = world.facts("anna", "run_ended", "lease-end")
    assert (end.body["reason"], end.body["key"], iso(end.at)) == (
        "moved",
        "car-2",
        "2026-04-25T12:00:00.000Z",
    )
    world.forward("60d")
    assert len(world.mails("anna")) == 1


def test_handed_back(world: World) -> None:
    world.publish_shipped()
    world.publish(Definition("journey", "lease-end", LEASE_END))
    world.known("anna")
    lease(world, "car-1", "2026-06-01")
    world.until("2026-04-10T00:00:00Z")
    world.track("anna", "Thing Removed", type="lease", id="car-1")
    world.forward("60d")
    assert world.templates("anna") == ["renewal-1"]
