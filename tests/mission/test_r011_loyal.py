"""R11: loyal is who buys again and again: three purchases within a year."""

from slinga.testing.drafts import OPEN_POLICY
from slinga.testing.world import World


def test_the_third_order_within_a_year_makes_loyal_at_once(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.known("anna")
    world.order("anna", "o1")
    world.forward("200d")
    world.order("anna", "o2")
    assert world.stage("anna")[0] == "adoption"
    world.forward("164d")
    world.order("anna", "o3")
    assert world.stage("anna") == ("loyalty", "regular")
    for number in (4, 5, 6, 7):
        world.order("anna", f"o{number}")
    assert world.stage("anna") == ("loyalty", "best")


def test_three_orders_over_more_than_a_year_do_not(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.known("anna")
    for number in (1, 2, 3):
        world.order("anna", f"o{number}")
        world.forward("183d")
    assert "loyalty" not in [to for _, to in world.moves("anna")]


def test_one_order_reported_by_browser_and_server_is_one(world: World) -> None:
    world.publish_shipped(policy=OPEN_POLICY)
    world.known("anna")
    for number in (1, 2):
        world.browse("d1", "Order Completed", user="anna", order_id=f"o{number}", total=100)
        world.order("anna", f"o{number}")
    assert world.stage("anna")[0] == "adoption"
    world.order("anna", "o3")
    assert world.stage("anna")[0] == "loyalty"
