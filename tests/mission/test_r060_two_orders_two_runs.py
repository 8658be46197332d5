"""R60: a journey may run once per thing: cancelling one of two orders stops only that order's run."""

from slinga.testing.world import World


def test_cancelling_one_of_two_orders(world: World) -> None:
    world.publish_shipped("post-purchase", "order-reassurance")
    world.known("anna")
    world.order("anna", "o1")
    world.order("anna", "o2")
    assert world.templates("anna") == ["receipt", "receipt"]  # transactional, one for each order
    world.forward("1d")
    world.track("anna", "Order Cancelled", order_id="o1")
    ended = [(f.name, f.body["key"], f.body["reason"]) for f in world.facts("anna", "run_ended")]
    assert sorted(ended) == [("order-reassurance", "o1", "exit"), ("post-purchase", "o1", "exit")]
    world.track("anna", "Order Shipped", order_id="o2")
    world.forward("1d")
    world.track("anna", "Order Delivered", order_id="o2")
    world.forward("10d")
    got = world.templates("anna")[2:]
    assert sorted(got) == ["order-delivered", "order-shipped", "post-purchase-guide", "review-request"]


def test_one_order_told_twice_is_one_run(world: World) -> None:
    world.publish_shipped("post-purchase", "order-reassurance")
    world.known("anna")
    world.order("anna", "o1")
    world.forward("1m")
    world.order("anna", "o1")  # the shop's retry, with another message id
    world.forward("5d")
    assert world.templates("anna") == ["receipt", "post-purchase-guide"]
