"""Trap 15: the trigger comes twice, or twenty times, in a second: one entry, one mail, whoever works."""

import threading
from base64 import b64encode
from itertools import pairwise

from slinga.kernel.clock import iso
from slinga.loops import make_worker
from slinga.runtime.db import connect
from slinga.testing.plans import one_mail
from slinga.testing.world import World


def burst(world: World, user: str, event: str, count: int) -> None:
    """The same thing happened so many times within a second."""
    at = world.now()
    items = [
        {
            "type": "track",
            "userId": user,
            "event": event,
            "messageId": f"{user}-{event}-{at}-{number}",
            "timestamp": iso(at - number * 1000),
            "properties": {},
        }
        for number in range(count)
    ]
    basic = b64encode(f"{world.server_key}:".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    assert world.client.post("/v1/batch", json={"batch": items}, headers=headers).status_code == 200


def test_one_entry_however_often_it_is_told(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": []})
    once, daily = {"reentry": "once"}, {"reentry": {"every": "1d"}}
    world.publish(one_mail("once", "Quote Sent", **once), one_mail("daily", "Viewed", "win-back-2", **daily))
    world.known("anna")
    burst(world, "anna", "Quote Sent", 2)
    burst(world, "anna", "Viewed", 20)
    world.settle()
    assert sorted(world.templates("anna")) == ["win-back-1", "win-back-2"]
    for key, times in (("once", 2), ("daily", 20)):
        assert len(world.facts("anna", "run_entered", key)) == 1
        assert len(world.facts("anna", "entry_refused", key)) == times - 1
    world.forward("1d")
    burst(world, "anna", "Quote Sent", 2)
    burst(world, "anna", "Viewed", 2)
    world.settle()
    assert sorted(world.templates("anna")) == ["win-back-1", "win-back-2", "win-back-2"]


def test_two_workers_at_once_and_a_cap_of_one_a_day(world: World) -> None:
    world.publish_shipped(
        policy={"quiet_hours": "none", "caps": [{"count": 1, "within_h": 24, "channels": ["email"]}]}
    )
    world.publish(one_mail("once", "Quote Sent", reentry="once"), one_mail("often", "Viewed", "win-back-2"))
    people = [f"p{number}" for number in range(6)]
    for user in people:
        world.known(user)
        burst(world, user, "Quote Sent", 5)
        burst(world, user, "Viewed", 20)
    faults: list[Exception] = []

    def work() -> None:
        with connect(world.settings.database_url) as db:
            try:
                make_worker(db).drain()
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.settle()
    assert not faults
    for user in people:
        assert len(world.facts(user, "run_entered", "once")) == 1
        assert len(world.mails(user)) == 1
    world.forward("3d")
    for user in people:
        assert world.templates(user).count("win-back-1") == 1
        at = sorted(mail.at for mail in world.mails(user))
        assert all(later - sooner >= 24 * 3600 * 1_000_000 for sooner, later in pairwise(at))
