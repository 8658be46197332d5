"""Trap 19: a time zone that does not exist, or is no text, counts as none: the shop's own holds."""

from slinga.kernel.clock import iso
from slinga.testing.plans import one_mail
from slinga.testing.world import World


def test_quiet_hours_fall_back_to_the_shops_zone(world: World) -> None:
    world.publish_shipped()  # quiet from 21 to 09 where the person lives
    world.publish(one_mail("news", "Quote Sent"))
    zones = {"anna": "Mars/Olympus_Mons", "berta": 42, "cilla": "", "nils": "America/New_York", "olle": None}
    for user, zone in zones.items():
        world.known(user, timezone=zone)
    world.until("2026-03-02T21:30:00Z")  # half past ten in the evening in Stockholm
    for user in zones:
        world.track(user, "Quote Sent")
    world.forward("1d")
    morning = "2026-03-03T08:00:00.000Z"
    assert {user: [iso(mail.at) for mail in world.mails(user)] for user in zones} == {
        "anna": [morning],
        "berta": [morning],
        "cilla": [morning],
        "nils": ["2026-03-02T21:30:00.000Z"],
        "olle": [morning],
    }
