"""Retention: what is old goes, the people it made stay as they are, and nobody may ask what is forgotten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY
from slinga.kernel.errors import Invalid
from slinga.runtime import clock
from slinga.runtime.settings import Settings
from slinga.testing.drafts import did, segment
from slinga.testing.plans import one_mail
from slinga.testing.world import World, open_world
from slinga.tidying import due, tidy


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path, at="2024-01-08T10:00:00Z") as found:
        yield found


def count(world: World, table: str) -> int:
    (found,) = world.db.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    return int(found)


def test_after_two_years_the_events_are_gone_and_the_people_go_on(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(
        segment("buyers", did("Order Completed")),
        segment("lately", did("Order Completed", last="24mo")),
        one_mail("hello", "Wants"),
    )
    world.known("anna")
    world.order("anna", "1")
    world.track("anna", "Wants")
    world.browse("somebody", path="/tea")
    world.browse("young", path="/tea")
    world.forward("10mo")
    world.browse("young", path="/coffee")
    world.forward("4mo")
    settings = Settings()
    found = due(world.db, settings, world.now())
    assert (found["people without a name"], found["events"], found["words of messages"]) == (1, 0, 1)
    assert tidy(world.db, settings, world.now()) == found
    assert due(world.db, settings, world.now())["people without a name"] == 0
    state = world.person("anna")
    assert world.db.execute("SELECT count(*) FROM profile WHERE NOT identified").fetchone() == (1,)
    assert count(world, "message") == 1  # that it was sent stays, its words do not
    assert world.db.execute("SELECT variables, state FROM message").fetchone() == ({}, "accepted")

    world.forward("12mo")
    before = count(world, "input WHERE kind NOT IN ('event', 'history')")
    done = tidy(world.db, settings, world.now())
    assert done["events"] == 3
    assert due(world.db, settings, world.now())["events"] == 0
    assert count(world, "input WHERE kind IN ('event', 'history')") == 0
    assert count(world, "input WHERE kind NOT IN ('event', 'history')") == before  # consents, identities
    assert "buyers" in world.person("anna").members and "lately" not in world.person("anna").members
    assert world.person("anna").profile == state.profile
    world.track("anna", "Wants")
    assert world.templates("anna") == ["win-back-1", "win-back-1"]
    world.browse("somebody", path="/back")  # no tombstone keeps them out
    assert world.person("somebody", "anonymous").events == 1


def test_a_condition_may_not_look_back_further_than_events_are_kept(world: World) -> None:
    world.publish(segment("long", did("Order Completed", last="30mo")))
    tidy(world.db, Settings(keep_events="25mo"), world.now())
    with pytest.raises(Invalid, match=r"looks back 26mo.*25mo.*SLINGA_KEEP_EVENTS") as refused:
        world.publish(
            Definition(
                "segment",
                "longer",
                {
                    "key": "longer",
                    "name": "x",
                    "condition": {"op": "all", "of": [{"op": "everyone"}, did("Wants", last="26mo")]},
                },
            )
        )
    assert refused.value.field == "condition.of[1].window.last"
    world.publish(segment("same", did("Wants", last="25mo")), segment("days", did("Wants", last="750d")))
    with pytest.raises(Invalid):
        world.publish(segment("days", did("Wants", last="763d")))
    tidy(world.db, Settings(keep_events="never"), world.now())
    world.publish(segment("longest", did("Wants", last="20y")))


def test_what_is_not_applied_yet_is_not_old(world: World) -> None:
    world.publish_shipped()
    world.browse("somebody", path="/tea")
    world.track("anna", "Wants", settle=False)
    clock.move(world.db, 900 * DAY)
    before = count(world, "input")
    tidy(world.db, Settings(), world.now())
    assert 0 < count(world, "input") < before  # the one that nobody applied
    world.settle()
    assert world.person("anna").events == 1
