"""R23: purchase history and the time of the last purchase; one order counts once, net of refunds."""

from slinga.engine.jobs import Definition
from slinga.kernel.calendar import add, period, zone
from slinga.testing.world import ZONE, World

LAPSED = {
    "key": "lapsed",
    "name": "Last bought 30 days ago or more",
    "condition": {"op": "event", "name": "Order Completed", "agg": "last", "cmp": "ge", "value": "30d"},
}
SPENDER = {
    "key": "spender",
    "name": "Spent 500 in 90 days",
    "condition": {
        "op": "event",
        "name": "Order Completed",
        "agg": "sum",
        "prop": "total",
        "window": {"last": "90d"},
        "cmp": "ge",
        "value": 500,
    },
}
REGULAR = {
    "key": "regular",
    "name": "Two orders",
    "condition": {"op": "event", "name": "Order Completed", "value": 2},
}
TWO_THINGS = {
    "key": "kept-two",
    "name": "Two orders kept",
    "condition": {
        "op": "thing",
        "type": "order",
        "quantifier": "count",
        "where": [{"attr": "status", "cmp": "eq", "value": "completed"}],
        "cmp": "ge",
        "value": 2,
    },
}


def _publish(world: World) -> None:
    documents = (LAPSED, SPENDER, REGULAR, TWO_THINGS)
    world.publish(*(Definition("segment", str(each["key"]), each) for each in documents))


def test_amounts_counts_and_the_last_purchase_flip_at_their_instants(world: World) -> None:
    _publish(world)
    world.known("anna")
    world.order("anna", "o1", 300)
    world.forward("10d")
    second = world.now()
    world.order("anna", "o2", 250)
    members = world.person("anna").members
    assert {"spender": second, "regular": second, "kept-two": second} == members
    world.forward("100d")
    entered = {f.name: f.at for f in world.facts("anna", "segment_entered")}
    left = {f.name: f.at for f in world.facts("anna", "segment_left")}
    tz = zone(ZONE)
    assert entered["lapsed"] == add(second, period("30d"), tz)
    assert left == {"spender": add(second - 10 * 86_400_000_000, period("90d"), tz)}


def test_one_order_reported_by_browser_and_server_counts_once(world: World) -> None:
    _publish(world)
    world.known(
        "anna",
    )
    world.identify("anna", device="d1")
    world.browse("d1", "Order Completed", order_id="o1", total=300)
    world.order("anna", "o1", 300)
    world.order("anna", "o1", 300)
    assert world.person("anna").members == {}
    assert world.counted("spender") == world.counted("regular") == 0, "the set reading agrees"
    assert list(world.person("anna").profile.things["order"]) == ["o1"]
    now = world.now()
    world.order("anna", "o2", 200)
    assert world.person("anna").members == {"spender": now, "regular": now, "kept-two": now}
    assert world.counted("spender") == world.counted("regular") == 1


def test_a_cancelled_order_is_no_kept_order(world: World) -> None:
    _publish(world)
    world.known("anna")
    world.order("anna", "o1")
    world.order("anna", "o2")
    assert "kept-two" in world.person("anna").members
    world.forward("1h")
    world.track("anna", "Order Cancelled", order_id="o2")
    assert "kept-two" not in world.person("anna").members
