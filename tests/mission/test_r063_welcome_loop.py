"""R63: reminders of the unused offer on the third and the following days; the loop stops at the purchase."""

from slinga.kernel.clock import iso
from slinga.testing.world import World


def _signed_up(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.known("anna")
    world.track("anna", "Signed Up")  # Monday, 10:00 in Stockholm


def test_the_whole_loop_for_who_does_not_buy(world: World) -> None:
    _signed_up(world)
    world.forward("60d")
    assert [(m.template, iso(m.at)[:16]) for m in world.mails("anna")] == [
        ("welcome", "2026-03-02T09:00"),
        ("welcome-reminder", "2026-03-05T09:00"),
        ("welcome-last-call", "2026-03-09T09:00"),
    ]
    world.track("anna", "Signed Up")
    world.forward("60d")
    assert len(world.mails("anna")) == 3, "once in a lifetime"


def test_a_purchase_reaches_the_goal_and_stops_it_at_once(world: World) -> None:
    _signed_up(world)
    world.forward("3d")
    assert world.templates("anna") == ["welcome", "welcome-reminder"]
    bought_at = world.now()
    world.order("anna", "o1")
    (ended,) = world.facts("anna", "run_ended", "welcome")
    assert (ended.body["reason"], ended.at) == ("goal", bought_at)
    world.forward("60d")
    assert len(world.mails("anna")) == 2


def test_unsubscribing_stops_it(world: World) -> None:
    _signed_up(world)
    assert world.unsubscribe(world.mails("anna")[0]) == 200
    world.forward("60d")
    assert world.templates("anna") == ["welcome"]
