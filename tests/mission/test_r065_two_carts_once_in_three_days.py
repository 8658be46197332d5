"""R65: at most once per 3 days and person; two carts, each with its own run, never disturb each other."""

from typing import Any

from slinga.engine.jobs import Definition
from slinga.journeys import shipped
from slinga.kernel.clock import HOUR
from slinga.testing.world import World

FREE = {"quiet_hours": "none", "caps": []}


def fill(world: World, cart: str) -> None:
    world.track("anna", "Product Added", cart_id=cart, product_id=f"tea-{cart}", quantity=1)


def test_at_most_once_per_three_days(world: World) -> None:
    world.publish_shipped("cart-rescue", policy=FREE)
    world.known("anna")
    start = world.now()
    fill(world, "c1")
    world.forward("3h")  # one mail, at 2 h
    world.order("anna", "o1", cart_id="c1")
    world.forward("47h")
    fill(world, "c2")  # 50 h after the beginning; due at 52 h, inside the three days
    world.forward("20h")
    world.order("anna", "o2", cart_id="c2")
    world.forward("2h")
    fill(world, "c3")  # at 72 h; due at 74 h, three days to the microsecond after the first mail
    world.forward("3h")
    assert [(mail.template, mail.at - start) for mail in world.mails("anna")] == [
        ("cart-1", 2 * HOUR),
        ("cart-1", 74 * HOUR),
    ]
    ends = [(f.body["reason"], f.at - start) for f in world.facts("anna", "run_ended", "cart-rescue")]
    assert ends == [("goal", 3 * HOUR), ("capped", 52 * HOUR)]


def per_cart() -> Definition:
    """The shipped journey with a run for each cart, as its header's note says how."""
    cart = {"trigger": "properties.cart_id"}
    document: dict[str, Any] = shipped.document("cart-rescue") | {"key_by": "properties.cart_id"}
    ordered = {"op": "event", "name": "Order Completed", "where": [{"prop": "cart_id", "value": cart}]}
    document["goal"] = {"name": "order", "condition": ordered}
    still_there = [{"attr": "id", "value": cart}, {"attr": "status", "value": "open"}]
    document["exit"] = {"op": "thing", "type": "cart", "quantifier": "none", "where": still_there}
    del document["cap"]
    return Definition("journey", "cart-rescue", document)


def test_two_carts_never_disturb_each_other(world: World) -> None:
    world.publish_shipped(models_=(), policy=FREE)
    world.publish(per_cart())
    world.known("anna")
    start = world.now()
    fill(world, "c1")
    world.forward("1h")
    fill(world, "c2")
    world.forward("30m")
    fill(world, "c2")  # restarts the wait of the second cart alone
    world.forward("90m")  # 3 h: the first cart's mail came at 2 h
    world.order("anna", "o1", cart_id="c1")
    world.forward("2h")
    (end,) = world.facts("anna", "run_ended", "cart-rescue")
    assert (end.body["key"], end.body["reason"], end.at - start) == ("c1", "goal", 3 * HOUR)
    world.track("anna", "Product Removed", cart_id="c3", product_id="pot", quantity=1)
    world.forward("4d")
    assert [(mail.template, mail.at - start) for mail in world.mails("anna")] == [
        ("cart-1", 2 * HOUR),
        ("cart-1", 7 * HOUR // 2),
        ("cart-2", 55 * HOUR // 2),
        ("cart-3", 151 * HOUR // 2),
    ]
