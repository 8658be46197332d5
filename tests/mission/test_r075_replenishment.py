"""R75: a reminder to buy again after a set time, shortly before what was bought runs out."""

from slinga.kernel.clock import instant
from slinga.testing.world import World


def refill(world: World, order: str, days: int | None) -> None:
    line = {"product_id": "coffee", "name": "Coffee", "price": 90, "quantity": 1}
    world.order("anna", order, products=[line | ({} if days is None else {"lasts_days": days})])


def test_the_reminder_comes_before_it_runs_out_and_a_new_order_begins_anew(world: World) -> None:
    world.publish_shipped("replenishment")
    world.known("anna")
    refill(world, "o1", 30)
    world.until("2026-03-22T09:00:00Z")
    refill(world, "o2", 30)  # five days before the reminder would have come
    world.until("2026-04-16T07:59:59Z")
    assert world.mails("anna") == []
    world.forward("1s")
    # The 25th day after the second order, at 10:00; the clocks went forward meanwhile.
    (mail,) = world.mails("anna")
    assert (mail.template, mail.at) == ("replenishment", instant("2026-04-16T08:00:00Z"))
    ends = [(fact.body["reason"], fact.at) for fact in world.facts("anna", "run_ended", "replenishment")]
    assert ends == [("goal", instant("2026-03-22T09:00:00Z"))]


def test_how_long_it_lasts_comes_from_the_product(world: World) -> None:
    world.publish_shipped("replenishment")
    world.known("anna")
    refill(world, "o1", 60)  # 2 March; forty days later, also over the spring switch, it is 11 April
    world.forward("90d")
    assert [mail.at for mail in world.mails("anna")] == [instant("2026-04-11T08:00:00Z")]
    refill(world, "o2", None)  # a pot lasts for ever
    world.forward("120d")
    assert len(world.mails("anna")) == 1


def test_a_cancelled_order_is_not_refilled(world: World) -> None:
    world.publish_shipped("replenishment")
    world.known("anna")
    refill(world, "o1", 30)
    world.forward("2d")
    world.track("anna", "Order Cancelled", order_id="o1")
    world.forward("60d")
    assert world.mails("anna") == []
