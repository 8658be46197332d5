"""R82: a reminder before a subscription's renewal date; each of a person's subscriptions has its own run."""

from slinga.kernel.clock import iso
from slinga.testing.world import World


def arrived(world: World) -> list[tuple[str, str]]:
    return [(mail.template, iso(mail.at)) for mail in world.mails("anna")]


def subscribe(world: World, found: str, renews_on: str) -> None:
    world.track("anna", "Subscription Started", subscription_id=found, name=found, renews_on=renews_on)


def test_two_subscriptions_never_disturb_each_other(world: World) -> None:
    world.publish_shipped("renewal")
    world.known("anna")
    subscribe(world, "tea", "2026-06-01")
    subscribe(world, "coffee", "2026-06-03")
    world.until("2026-05-10T00:00:00Z")
    first = [("renewal-1", "2026-05-02T08:00:00.000Z"), ("renewal-1", "2026-05-04T08:00:00.000Z")]
    assert arrived(world) == first
    world.track("anna", "Subscription Renewed", subscription_id="tea", renews_on="2027-06-01")
    ended = [(fact.body["key"], fact.body["reason"]) for fact in world.facts("anna", "run_ended", "renewal")]
    assert [key for key, _ in ended] == ["tea"]
    world.until("2026-07-01T00:00:00Z")
    assert arrived(world) == [*first, ("renewal-2", "2026-05-27T08:00:00.000Z")]
    world.until("2027-05-03T00:00:00Z")  # the renewed one comes round again, a month before its new date
    assert arrived(world)[3:] == [("renewal-1", "2027-05-02T08:00:00.000Z")]


def test_what_has_ended_is_not_renewed(world: World) -> None:
    world.publish_shipped("renewal")
    world.known("anna")
    subscribe(world, "tea", "2026-06-01")
    subscribe(world, "coffee", "2026-06-03")
    world.forward("10d")
    world.track("anna", "Subscription Ended", subscription_id="tea")
    world.until("2026-05-10T00:00:00Z")
    assert arrived(world) == [("renewal-1", "2026-05-04T08:00:00.000Z")]
    world.track("anna", "Subscription Ended", subscription_id="coffee")
    world.forward("90d")
    assert len(arrived(world)) == 1
