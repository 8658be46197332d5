"""R80: holiday and occasion communication: planned dates, each year, at a local time of day."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from slinga.kernel.clock import iso
from slinga.testing.plans import one_mail
from slinga.testing.world import World, open_world


@pytest.fixture
def autumn(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world in November."""
    with open_world(database_url, tmp_path, at="2026-11-20T10:00:00Z") as found:
        yield found


def test_every_christmas_for_those_it_is_for(autumn: World) -> None:
    world = autumn
    buyers = {"op": "event", "name": "Order Completed", "window": {"last": "1y"}}
    dates = {"on": "schedule", "every": {"dates": ["12-10", "02-29"], "at": "10:00"}}
    world.publish_shipped(models_=())
    world.publish(one_mail("occasion", "", trigger=dates, condition=buyers))
    for user in ("anna", "berta"):
        world.known(user)
    world.known("nils", timezone="America/New_York")
    for user in ("anna", "nils"):
        world.order(user, f"{user}-1")
    world.until("2026-12-10T12:00:00Z")
    world.known("late")  # comes at one in the afternoon; this morning's greeting is not for them
    world.order("late", "late-1")
    world.until("2028-03-01T12:00:00Z")
    assert {user: [iso(m.at) for m in world.mails(user)] for user in ("anna", "berta", "nils", "late")} == {
        # an occasion on 29 February is kept on the 28th in common years
        "anna": ["2026-12-10T09:00:00.000Z", "2027-02-28T09:00:00.000Z"],
        "berta": [],
        "nils": ["2026-12-10T15:00:00.000Z", "2027-02-28T15:00:00.000Z"],
        "late": ["2027-02-28T09:00:00.000Z", "2027-12-10T09:00:00.000Z"],
    }
    world.order("anna", "anna-2")  # a buyer again
    world.until("2028-12-11T00:00:00Z")
    assert [iso(mail.at) for mail in world.mails("anna")][2:] == ["2028-12-10T09:00:00.000Z"]


def test_one_instant_for_everybody(autumn: World) -> None:
    world = autumn
    world.publish_shipped(models_=(), policy={"quiet_hours": "none"})
    world.publish(one_mail("sale", "", trigger={"on": "schedule", "at": "2026-11-27T06:00:00+01:00"}))
    world.known("anna")
    world.known("nils", timezone="America/New_York")
    world.forward("30d")
    assert {iso(mail.at) for mail in world.mails()} == {"2026-11-27T05:00:00.000Z"}
    assert len(world.mails()) == 2
