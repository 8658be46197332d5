"""Trap 10: a delay is edited while people wait: they finish on their version, or move as the mapping says."""

from typing import Any

import msgspec
import pytest

from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY, Instant
from slinga.kernel.errors import Invalid
from slinga.testing.plans import journey, send, wait
from slinga.testing.world import World


def follow_up(length: str, template: str) -> Definition:
    return journey("follow-up", "Quote Sent", {"wait": wait(length, "mail"), "mail": send(template)})


def begin(world: World) -> Instant:
    """Anna asked for a quote a day ago and waits for three."""
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(follow_up("3d", "win-back-1"))
    world.known("anna")
    world.known("berta")
    world.track("anna", "Quote Sent")
    began = world.now()
    world.forward("1d")
    return began


def edit(world: World, length: str, migrate: dict[str, Any] | None) -> None:
    world.publish(msgspec.structs.replace(follow_up(length, "win-back-2"), migrate=migrate))


def arrived(world: World, user: str, began: Instant) -> list[tuple[str, float]]:
    return [(mail.template, (mail.at - began) / DAY) for mail in world.mails(user)]


def test_without_a_mapping_people_finish_on_their_version(world: World) -> None:
    began = begin(world)
    edit(world, "5d", None)
    world.track("berta", "Quote Sent")
    world.forward("9d")
    assert arrived(world, "anna", began) == [("win-back-1", 3)]
    assert arrived(world, "berta", began) == [("win-back-2", 6)]


@pytest.mark.parametrize(
    ("length", "mapping", "day"),
    [
        ("5d", {}, 3),  # the deadline they had, then the new version's mail
        ("5d", {"reschedule": True}, 5),  # counted anew from when they came
        ("12h", {"reschedule": True}, 1),  # over already: at the instant of publishing
    ],
)
def test_with_a_mapping_they_move(world: World, length: str, mapping: dict[str, Any], day: float) -> None:
    began = begin(world)
    edit(world, length, mapping)
    world.forward("9d")
    assert arrived(world, "anna", began) == [("win-back-2", day)]
    (fact,) = world.facts("anna", "run_migrated", "follow-up")
    assert (fact.body["from_version"], fact.body["version"], fact.body["node"]) == (1, 2, "wait")


def test_a_mapping_that_forgets_somebody_is_refused(world: World) -> None:
    began = begin(world)
    nodes = {"pause": wait("5d", "mail"), "mail": send("win-back-2")}
    changed = journey("follow-up", "Quote Sent", nodes)
    with pytest.raises(Invalid) as refused:
        world.publish(msgspec.structs.replace(changed, migrate={}))
    assert refused.value.field and refused.value.field.endswith("migrate.nodes.wait")
    world.publish(msgspec.structs.replace(changed, migrate={"nodes": {"wait": "pause"}}))
    world.forward("9d")
    assert arrived(world, "anna", began) == [("win-back-2", 3)]
