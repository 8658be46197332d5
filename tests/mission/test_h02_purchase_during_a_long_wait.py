"""Trap 2: a purchase during a 30-day wait exits at once, not when the wait is over."""

from slinga.testing.plans import journey, send, wait
from slinga.testing.world import World


def test_a_purchase_ends_a_thirty_day_wait_at_once(world: World) -> None:
    bought = {"op": "event", "name": "Order Completed", "window": {"since_entry": True}}
    nodes = {"wait": wait("30d", "mail"), "mail": send("win-back-1")}
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(journey("patience", "Quote Sent", nodes, exit=bought))
    for user in ("anna", "berta"):
        world.known(user)
        world.order(user, f"{user}-before")
        world.track(user, "Quote Sent")
    world.forward("12d")
    at = world.now()
    world.order("anna", "now")
    (end,) = world.facts("anna", "run_ended", "patience")
    assert (end.body["reason"], end.body["node"], end.at) == ("exit", "wait", at)
    world.order("berta", "berta-before")  # the same order told again is no new purchase
    world.forward("30d")
    assert world.templates("anna") == []
    assert world.templates("berta") == ["win-back-1"]
