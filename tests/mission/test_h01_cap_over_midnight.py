"""Trap 1: under a cap of one a day, mails wanted at 23:00 and 00:30 are 24 hours apart; none is lost."""

from slinga.kernel.clock import DAY, instant
from slinga.testing.plans import one_mail
from slinga.testing.world import World


def test_a_day_is_any_24_hours(world: World) -> None:
    daily = {"count": 1, "within_h": 24, "channels": ["email"]}
    world.publish_shipped(policy={"quiet_hours": "none", "caps": [daily]})
    world.publish(one_mail("first", "First"), one_mail("second", "Second", "win-back-2"))
    world.known("anna")
    late = instant("2026-03-03T22:00:00Z")  # 23:00 in Stockholm
    world.until(late)
    world.track("anna", "First")
    world.until("2026-03-03T23:30:00Z")  # 00:30, another date
    world.track("anna", "Second")
    (fact,) = world.facts("anna", "send_deferred", "second")
    assert (fact.body["reason"], fact.body["until"]) == ("cap_channel", late + DAY)
    world.forward("3d")
    assert [(mail.template, mail.at - late) for mail in world.mails("anna")] == [
        ("win-back-1", 0),
        ("win-back-2", DAY),
    ]
