"""Trap 16: unsubscribed, or bought, after the decision and before the hand-over: nothing leaves."""

from slinga.testing.plans import one_mail
from slinga.testing.world import World


def decide_only(world: World) -> None:
    """The worker decides; the courier has not come yet."""
    world.worker.drain()


def test_a_click_on_unsubscribe_overtakes_the_mail_in_the_outbox(world: World) -> None:
    world.publish_shipped("order-reassurance", policy={"quiet_hours": "none", "caps": []})
    world.publish(one_mail("first", "First"), one_mail("second", "Second", "win-back-2"))
    world.known("anna")
    world.track("anna", "First")
    world.track("anna", "Second", settle=False)
    decide_only(world)
    assert len(world.facts("anna", "send_planned", "second")) == 1
    assert world.unsubscribe(world.mails("anna")[0]) == 200  # no worker has seen this yet
    world.courier.run_until_idle()
    world.settle()
    assert world.templates("anna") == ["win-back-1"]
    end = world.facts("anna", "send_settled")[1]
    assert (end.body["outcome"], end.body["reason"]) == ("cancelled", "withdrawn")
    world.order("anna", "o1")  # a receipt is no advertisement
    assert world.templates("anna") == ["win-back-1", "receipt"]


def test_a_purchase_overtakes_the_reminder_in_the_outbox(world: World) -> None:
    bought = {"op": "event", "name": "Order Completed", "window": {"since_entry": True}}
    world.publish_shipped(models_=(), policy={"quiet_hours": "none"})
    world.publish(one_mail("remind", "Quote Sent", exit=bought))
    world.known("anna")
    world.track("anna", "Quote Sent", settle=False)
    decide_only(world)
    assert len(world.facts("anna", "send_planned", "remind")) == 1
    world.track("anna", "Order Completed", order_id="o1", total=10, settle=False)
    world.courier.run_until_idle()
    world.settle()
    assert world.templates("anna") == []
    (end,) = world.facts("anna", "send_settled")
    assert (end.body["outcome"], end.body["reason"]) == ("cancelled", "exited")
