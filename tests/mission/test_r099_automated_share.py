"""R99: less work by hand: the share of communication that goes out by itself stands on the first page."""

import re

from slinga.broadcasts import jobs as broadcasts
from slinga.insight.jobs import tally
from slinga.testing.desk import page
from slinga.testing.drafts import campaign, letter, on, unlimited
from slinga.testing.world import World


def test_journeys_count_as_automatic_and_broadcasts_do_not(world: World) -> None:
    world.publish_shipped()
    world.publish(*campaign("welcome-all", 3, on("Signed Up")), letter("news"), unlimited())
    for user in ("anna", "bert"):
        world.known(user)
        world.track(user, "Signed Up")
    assert _share(world) == "", "nothing was counted yet, so nothing is said"
    world.forward("3d")
    tally(world.db)
    assert _share(world) == "100 %"
    _broadcast(world)
    tally(world.db)
    assert len(world.mails()) == 8
    assert _share(world) == "75 %", "six of eight"


def _share(world: World) -> str:
    found = re.search(r"Sent by itself (\S+ %)", page(world, "/admin"))
    return found[1] if found else ""


def _broadcast(world: World) -> None:
    audience = {"op": "event", "name": "Signed Up"}
    broadcasts.create(
        world.db, {"key": "may", "name": "May", "audience": audience, "template": "news", "topic": "news"}
    )
    assert broadcasts.start(world.db, "may")
    world.settle()
