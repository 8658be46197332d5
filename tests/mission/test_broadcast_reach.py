"""The review of a broadcast says beforehand who gets it, who later and who never; so it then happens."""

import re

from slinga.broadcasts import jobs as broadcasts
from slinga.delivery.book.jobs import key_maker, suppress
from slinga.kernel.clock import HOUR
from slinga.runtime import secrets
from slinga.testing.desk import page
from slinga.testing.drafts import letter
from slinga.testing.world import World

NEWS = {"key": "may", "name": "May", "audience": {"op": "identified"}, "template": "news", "topic": "news"}
WHY = {
    "get nothing: on the suppression list": 1,
    "get nothing: said no, to all or to this topic": 1,
    "get nothing: has not given or not confirmed permission, or the address does not work": 2,
    "get nothing: no address on this channel": 1,
    "get nothing: shares the address of somebody who gets it": 1,
}


def town(world: World) -> None:
    """Three who can get it, one who got something lately, and everybody whom something else stops."""
    caps = [{"count": 1, "within_h": 24, "channels": ["email"]}]
    world.publish_shipped(policy={"quiet_hours": "none", "caps": caps})
    world.publish(letter("news"), letter("early"))
    for who in ("anna", "bert", "cleo", "lately", "left", "gone"):
        world.known(who)
    world.known("twin", email="cleo@example.org")
    world.identify("silent", email="silent@example.org")
    world.identify("nameless", firstName="Nameless")
    world.consent("nameless")
    world.identify("phone", phone="+46701234567", email="phone@example.org")
    world.consent("left", "email", "news", "withdrawn", source="preferences")
    pepper = secrets.load(world.settings.data, world.settings.secret).key("addresses")
    with world.db.transaction():
        suppress(world.db, key_maker(pepper)("gone@example.org"), "marketing", "complaint")
    audience = {"op": "trait", "name": "email", "cmp": "eq", "value": "lately@example.org"}
    document = {"key": "early", "name": "Early", "audience": audience, "template": "early", "topic": "news"}
    broadcasts.create(world.db, document)
    broadcasts.start(world.db, "early")
    world.settle()


def rows(world: World) -> dict[str, int]:
    text = page(world, "/admin/broadcasts/may/reach")
    assert "Each of them was asked about" in text
    return {name.strip(): int(n) for name, n in re.findall(r"((?:get|held)[^%]*?) \d+ % (\d+)", text)}


def test_what_is_foreseen_is_what_happens(world: World) -> None:
    town(world)
    broadcasts.create(world.db, NEWS)
    foreseen = rows(world)
    assert foreseen == {
        "get it at once": 3,
        "get it later: got a message on this channel too recently": 1,
        **WHY,
    }
    broadcasts.schedule(world.db, "may", world.now() + 30 * HOUR)
    assert rows(world) == {"get it at once": 4, **WHY}, "a day later the limit is free again"
    broadcasts.unschedule(world.db, "may")
    broadcasts.start(world.db, "may")
    world.settle()
    assert len(world.mails(template="news")) == 3
    world.forward("3d")
    assert len(world.mails(template="news")) == 4 and len(world.mails("cleo", template="news")) == 1
    found = broadcasts.progress(world.db, "may")
    assert (found.audience, found.planned) == (10, 6), (
        "two are stopped at the wire, where addresses are known"
    )
    assert sum(found.excluded.values()) == 4 and found.outcomes == {"accepted": 4, "cancelled": 2}


def test_a_switch_that_stops_all_marketing_is_foreseen_too(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": [], "stopped": True})
    world.publish(letter("news"))
    world.known("anna")
    broadcasts.create(world.db, NEWS)
    assert rows(world) == {"get it at once": 0, "get it later: all marketing is stopped": 1}
