"""R65: 2 h after the last change of a cart that is still there, then 24 h, then 48 h; once per 3 days."""

from slinga.kernel.clock import HOUR, MINUTE
from slinga.testing.world import World


def test_three_mails_at_the_exact_instants(world: World) -> None:
    world.publish_shipped("cart-rescue", policy={"quiet_hours": "none"})
    world.known("anna")
    start = world.now()
    world.track("anna", "Product Added", cart_id="c1", product_id="tea", name="Tea", price=50, quantity=1)
    world.forward("1h")
    assert world.templates("anna") == []
    world.forward("5d")
    arrived = [(mail.template, mail.at - start) for mail in world.mails("anna")]
    assert arrived == [("cart-1", 2 * HOUR), ("cart-2", 26 * HOUR), ("cart-3", 74 * HOUR)]


def test_an_edit_within_two_hours_restarts_the_wait(world: World) -> None:
    world.publish_shipped("cart-rescue", policy={"quiet_hours": "none"})
    world.known("anna")
    start = world.now()
    world.track("anna", "Product Added", cart_id="c1", product_id="tea", quantity=1)
    world.forward("90m")
    world.track("anna", "Product Added", cart_id="c1", product_id="pot", quantity=1)
    world.forward("6h")
    assert [(mail.template, mail.at - start) for mail in world.mails("anna")] == [
        ("cart-1", 3 * HOUR + 30 * MINUTE)
    ]


def test_an_order_ends_it(world: World) -> None:
    world.publish_shipped("cart-rescue", policy={"quiet_hours": "none"})
    world.known("anna")
    world.track("anna", "Product Added", cart_id="c1", product_id="tea", quantity=1)
    world.forward("3h")
    world.order("anna", "o1", cart_id="c1")
    world.forward("5d")
    assert world.templates("anna") == ["cart-1"]
