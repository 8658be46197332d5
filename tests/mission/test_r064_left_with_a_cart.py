"""R64: who left the site with goods in the basket and did not buy gets an e-mail."""

from slinga.engine.jobs import Definition
from slinga.kernel.clock import MINUTE
from slinga.testing.world import World

LEFT = {
    "key": "left-with-cart",
    "name": "Left with a cart",
    "class": "marketing",
    "topic": "news",
    "trigger": {"on": "visit", "phase": "left_with_cart"},
    "cap": {"count": 1, "per": "3d"},
    "exit": {
        "op": "thing",
        "type": "cart",
        "quantifier": "none",
        "where": [{"attr": "status", "cmp": "eq", "value": "open"}],
    },
    "start": "send",
    "nodes": {"send": {"type": "send", "template": "cart-1"}},
}


def _publish(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(Definition("journey", "left-with-cart", LEFT))
    world.known("anna")
    world.identify("anna", device="d1")


def _fill(world: World) -> None:
    world.browse("d1", url="https://shop.example/tea")
    world.browse("d1", "Product Added", cart_id="c1", product_id="tea", name="Sencha", price=80, quantity=2)


def test_leaving_with_a_cart_is_the_end_of_the_visit_thirty_minutes_on(world: World) -> None:
    _publish(world)
    _fill(world)
    world.forward("5m")
    last_seen = world.now()
    world.browse("d1", url="https://shop.example/checkout")
    world.forward("29m")
    assert world.mails() == [], "still here, for all we know"
    world.forward("2h")
    (mail,) = world.mails("anna")
    assert (mail.template, mail.at) == ("cart-1", last_seen + 30 * MINUTE)
    (ended,) = world.facts("anna", "visit_ended")
    assert (ended.body["cart"], ended.body["cart_value"]) == ("c1", 160.0)


def test_no_mail_for_who_bought_emptied_the_cart_or_put_nothing_in(world: World) -> None:
    _publish(world)
    _fill(world)
    world.forward("5m")
    world.order("anna", "o1", cart_id="c1")
    world.forward("1d")
    _fill(world)
    world.forward("1m")
    world.browse("d1", "Product Removed", cart_id="c1", product_id="tea", quantity=2)
    world.forward("1d")
    world.browse("d1", url="https://shop.example/")
    world.forward("1d")
    assert world.mails() == []
