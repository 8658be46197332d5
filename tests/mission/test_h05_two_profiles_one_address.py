"""Trap 5: two people share one address; it gets the same content once, and a receipt for each of them."""

from slinga.testing.plans import one_mail
from slinga.testing.world import World

SHARED = "family@example.org"


def test_one_address_gets_a_campaign_once_and_every_receipt(world: World) -> None:
    world.publish_shipped("order-reassurance", policy={"quiet_hours": "none"})
    world.publish(one_mail("sale", "Sale Begun"))
    for user in ("anna", "olle"):
        world.identify(user, email=SHARED, firstName=user.title())
        world.consent(user)
    assert world.person("anna").key != world.person("olle").key
    for user in ("anna", "olle"):
        world.track(user, "Sale Begun", settle=False)
    world.settle()
    assert [mail.template for mail in world.mails(SHARED)] == ["win-back-1"]
    ends = [fact.body for user in ("anna", "olle") for fact in world.facts(user, "send_settled")]
    outcomes = sorted((end["outcome"], end["reason"]) for end in ends)
    assert [outcome for outcome, _ in outcomes] == ["accepted", "cancelled"]
    assert outcomes[1] == ("cancelled", "duplicate_address")
    for user in ("anna", "olle"):
        world.order(user, f"{user}-1")
    assert [mail.template for mail in world.mails(SHARED)] == ["win-back-1", "receipt", "receipt"]


def test_unsubscribed_by_one_is_unsubscribed_for_the_address(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": []})
    world.publish(one_mail("sale", "Sale Begun"))
    for user in ("anna", "olle"):
        world.identify(user, email=SHARED, firstName=user.title())
        world.consent(user)
    world.track("anna", "Sale Begun")
    assert world.unsubscribe(world.mails(SHARED)[0]) == 200
    world.forward("3d")
    world.track("olle", "Sale Begun")
    assert len(world.mails(SHARED)) == 1
    world.consent("olle", topic="news")  # he signs up anew: that is later than what was said at the address
    world.forward("1d")
    world.track("olle", "Sale Begun")
    assert len(world.mails(SHARED)) == 2
    world.track("anna", "Sale Begun")
    assert len(world.mails(SHARED)) == 2
