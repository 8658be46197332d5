"""A broadcast: one message to an audience, once each, whatever is pressed twice, and each outcome counted."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from slinga.broadcasts import jobs as broadcasts
from slinga.broadcasts.addressing.jobs import Hand
from slinga.broadcasts.model import State
from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY, HOUR
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.loops import address
from slinga.runtime.db import connect
from slinga.testing.world import World

FREE = {"quiet_hours": "none", "caps": []}
LETTER = {
    "key": "news",
    "name": "News",
    "channel": "email",
    "subject": "News for {{ person.first_name | default: 'you' }}",
    "class": "marketing",
    "topic": "news",
    "body": {"html": "<html lang='en'><head><title>News</title></head><body><p>Hello</p></body></html>"},
}
EVERYBODY: dict[str, Any] = {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"}


def document(**more: Any) -> dict[str, Any]:
    return {"key": "may", "name": "May", "audience": EVERYBODY, "template": "news", "topic": "news", **more}


def town(world: World, people: int = 6, *, policy: dict[str, Any] | None = None) -> None:
    world.publish_shipped("welcome", policy=policy or FREE)
    world.publish(Definition("template", "news", LETTER))
    for n in range(people):
        world.known(f"p{n}")
        world.identify(f"p{n}", country="SE" if n else "NO")
    world.settle()


def test_everybody_in_the_audience_once(world: World) -> None:
    town(world)
    broadcasts.create(world.db, document())
    with ThreadPoolExecutor(8) as pool:

        def press(_: int) -> bool:
            with connect(world.settings.database_url) as db:
                return broadcasts.start(db, "may")

        assert sum(pool.map(press, range(20))) == 1
    world.settle()
    assert [world.templates(f"p{n}").count("news") for n in range(6)] == [0, 1, 1, 1, 1, 1]
    found = broadcasts.progress(world.db, "may")
    assert (found.state, found.audience, found.planned, found.outcomes) == (State.DONE, 5, 5, {"accepted": 5})


def test_portion_by_portion_also_when_one_is_lost(world: World) -> None:
    town(world, 12)
    broadcasts.create(world.db, document())
    broadcasts.start(world.db, "may")
    hand = Hand(2)
    portions = 0
    while broadcasts.progress(world.db, "may").state is State.RUNNING:
        with suppress(Lost), world.db.transaction():
            assert address(world.db, hand)
            portions += 1
            if portions % 2:
                raise Lost
        hand = hand if portions % 3 else Hand(2)  # another process goes on
        world.worker.drain()
    assert portions > 6
    world.settle()
    assert [world.templates(f"p{n}").count("news") for n in range(12)] == [0] + [1] * 11
    found = broadcasts.progress(world.db, "may")
    assert (found.audience, found.planned) == (11, 11)


def test_no_portion_before_the_last_but_one_is_applied(world: World) -> None:
    town(world, 12)
    broadcasts.create(world.db, document())
    broadcasts.start(world.db, "may")
    hand = Hand(2)
    assert [address(world.db, hand) for _ in range(3)] == [True, True, False]
    world.worker.drain()
    assert address(world.db, hand)


class Lost(Exception):
    pass


def test_publishing_it_moves_nobody_else(world: World) -> None:
    town(world, 2)
    before = world.mails()
    broadcasts.create(
        world.db, document(audience={"op": "trait", "name": "country", "cmp": "eq", "value": "FI"})
    )
    broadcasts.start(world.db, "may")
    world.forward("1h")
    assert world.mails() == before
    assert broadcasts.progress(world.db, "may").state is State.DONE


def test_who_gets_nothing_is_counted_by_reason(world: World) -> None:
    town(world)
    world.consent("p1", "withdrawn")
    broadcasts.create(world.db, document(holdout=0.5))
    broadcasts.start(world.db, "may")
    world.forward("4d")
    found = broadcasts.progress(world.db, "may")
    assert found.state is State.DONE
    assert found.planned + found.held_out + sum(found.excluded.values()) == found.audience == 5
    assert world.templates("p1").count("news") == 0


def test_scheduled_in_local_time_then_paused_and_resumed(world: World) -> None:
    town(world, 3)
    broadcasts.create(world.db, document(at_local="10:00"))
    starts = world.now() + DAY
    broadcasts.schedule(world.db, "may", starts)
    world.until(starts - HOUR)
    assert broadcasts.progress(world.db, "may").state is State.SCHEDULED
    world.until(starts + 1)
    broadcasts.pause(world.db, "may")
    world.forward("36h")
    assert world.templates("p1").count("news") == 0
    broadcasts.resume(world.db, "may")
    world.settle()
    assert world.templates("p1").count("news") == 1


def test_cancelled_leaves_nobody_waiting(world: World) -> None:
    town(world, 3)
    broadcasts.create(world.db, document(at_local="10:00"))
    broadcasts.start(world.db, "may")
    world.settle()
    broadcasts.cancel(world.db, "may")
    world.forward("3d")
    assert world.templates("p1").count("news") == 0
    assert world.person("p1").runs == []
    with pytest.raises(Conflict):
        broadcasts.start(world.db, "may")


def test_faults_name_the_field(world: World) -> None:
    world.publish_shipped("welcome")
    for faulty, field in (
        (document(key="May!"), "key"),
        (document(audience={"op": "trigger", "path": "x", "cmp": "eq", "value": 1}), "audience"),
        (document(at_local="25:00"), "at_local"),
        (document(colour="red"), ""),
    ):
        with pytest.raises(Invalid) as fault:
            broadcasts.create(world.db, faulty)
        assert field in fault.value.field
    broadcasts.create(world.db, document(template="gone"))
    with pytest.raises(Invalid, match="no template"):
        broadcasts.start(world.db, "may")
    assert broadcasts.progress(world.db, "may").state is State.DRAFT
    with pytest.raises(Missing):
        broadcasts.progress(world.db, "june")
