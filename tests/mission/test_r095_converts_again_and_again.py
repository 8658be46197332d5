"""R95: the same person converts again and again, and each time counts."""

from slinga.testing.drafts import campaign, on, unlimited
from slinga.testing.world import World

BOUGHT = {
    "name": "bought",
    "condition": {"op": "event", "name": "Order Completed", "window": {"since_entry": True}},
}


def test_four_rounds_four_conversions(world: World) -> None:
    world.publish(*campaign("ask", 2, on("Product Viewed"), gap="2d", goal=BOUGHT), unlimited())
    world.known("anna")
    at = []
    for number in range(4):
        world.track("anna", "Product Viewed", product_id="tea")
        world.forward("1d")
        world.order("anna", f"o{number}")
        at.append(world.now())
        world.forward("30d")
    reached = world.facts("anna", "goal_reached", "ask")
    assert [fact.at for fact in reached] == at
    assert len({fact.body["run"] for fact in reached}) == 4
    assert world.person("anna").memory["ask"].goals == 4
    assert world.templates("anna") == ["ask-1"] * 4


def test_an_earlier_conversion_does_not_answer_for_a_later_run(world: World) -> None:
    world.publish(*campaign("ask", 2, on("Product Viewed"), gap="2d", goal=BOUGHT), unlimited())
    world.known("anna")
    world.order("anna", "o1")
    world.track("anna", "Product Viewed", product_id="tea")
    world.forward("10d")
    assert world.templates("anna") == ["ask-1", "ask-2"]
    assert not world.facts("anna", "goal_reached")
