"""Trap 4: the audience and the trigger rest on the same fact, or come in one request; nobody is missed."""

from slinga.engine.jobs import Definition
from slinga.kernel.clock import iso
from slinga.testing.plans import one_mail
from slinga.testing.world import World

BIG = {
    "key": "big",
    "name": "Big spenders",
    "condition": {"op": "event", "name": "Order Completed", "agg": "sum", "prop": "total", "value": 500},
}


def test_one_fact_makes_the_audience_and_pulls_the_trigger(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": []})
    world.publish(
        Definition("segment", "big", BIG),
        one_mail("thanks", "Order Completed", condition={"op": "segment", "key": "big"}, reentry="once"),
        one_mail("gift", "", "win-back-2", trigger={"on": "segment", "key": "big", "change": "entered"}),
    )
    world.known("anna")
    world.order("anna", "o1", 400)
    assert world.templates("anna") == []
    world.order("anna", "o2", 100)
    assert sorted(world.templates("anna")) == ["win-back-1", "win-back-2"]
    world.order("anna", "o3", 100)
    world.forward("1d")
    assert len(world.mails("anna")) == 2


def test_who_they_are_and_what_they_did_in_one_batch(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none"})
    swedes = {"op": "trait", "name": "country", "cmp": "eq", "value": "SE"}
    world.publish(one_mail("hello", "Signed Up", condition=swedes))
    world.known("anna")
    world.known("berta")
    for user, country in (("anna", "SE"), ("berta", "NO")):
        at = iso(world.now())
        identify = {"type": "identify", "userId": user, "traits": {"country": country}}
        track = {"type": "track", "userId": user, "event": "Signed Up", "properties": {}}
        items = [{**identify, "messageId": f"{user}-i", "timestamp": at}]
        items.append({**track, "messageId": f"{user}-t", "timestamp": at})
        world.call("batch", {"batch": items})
    assert world.templates("anna") == ["win-back-1"]
    assert world.templates("berta") == []
