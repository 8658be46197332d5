"""T18: complaints over 0.25 % at one receiver stop its marketing by themselves; a member lets it go again."""

from tests.mission.returned import complaint, last, post
from tests.mission.test_t13_to_t17_what_comes_back import NEWS, PARCEL

from slinga.delivery.holds import store as holds
from slinga.engine.jobs import Definition
from slinga.testing.crowd import known
from slinga.testing.world import World

PEOPLE = [f"p{n}" for n in range(230)]


def test_t18_marketing_to_one_receiver_stops_and_the_rest_goes_on(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": []})
    news = {**NEWS, "nodes": {"first": {"type": "send", "template": "welcome"}}}
    world.publish(Definition("journey", "issue", news), Definition("journey", "parcel", PARCEL))
    known(world, PEOPLE)
    world.known("else", email="else@gmail.com")
    for who in PEOPLE:
        world.track(who, "Issue Ready", settle=False)
    world.settle()
    sent = len(world.mails(template="welcome"))
    with post(world) as other:
        other.send("fbl@bounce.test", complaint(last(world, "p0").data))

    ((key, until, reason, words),) = holds.listed(world.db)
    assert key.startswith("lane:marketing:email:other-") and until is None and reason == "complaints"
    assert words.startswith("0.43% of 230")
    world.track("p1", "Order Shipped", order_id="o1")
    world.track("p1", "Issue Ready")
    world.track("else", "Issue Ready")
    assert "order-shipped" in world.templates("p1")
    assert len(world.mails(template="welcome")) == sent + 1  # the one at the other receiver

    world.forward("6h")
    assert len(world.mails(template="welcome")) == sent + 1
    assert holds.let_go(world.db, key, "a member")
    world.settle()
    assert len(world.mails(template="welcome")) == sent + 2
    with post(world) as other:  # what was said before counts no more, what is said now does
        other.send("fbl@bounce.test", complaint(last(world, "p0").data))
        assert holds.listed(world.db) == []
        other.send("fbl@bounce.test", complaint(last(world, "p2").data))
    assert [row[2] for row in holds.listed(world.db)] == ["complaints"]
