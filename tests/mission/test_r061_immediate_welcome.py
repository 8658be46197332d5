"""R61: the welcome comes at once and thanks for the sign-up."""

from slinga.kernel.clock import instant
from slinga.testing.world import World


def test_thanks_and_an_offer_at_the_same_instant(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.known("anna", firstName="Åsa")
    signed_up_at = world.now()
    world.track("anna", "Signed Up")
    (mail,) = world.mails("anna")
    assert (mail.template, mail.at, mail.subject) == ("welcome", signed_up_at, "Welcome, Åsa")
    for body in (mail.html, mail.text):
        assert "Thank you for joining The Shop" in body and "WELCOME10" in body
    assert world.click(mail).startswith("https://shop.example/"), "it drives to the site"


def test_signing_up_at_night_waits_for_the_morning_where_quiet_hours_hold(world: World) -> None:
    world.publish_shipped("welcome")
    world.known("anna")
    world.until("2026-03-02T22:00:00Z")
    world.track("anna", "Signed Up")
    world.forward("1d")
    assert [m.at for m in world.mails("anna")] == [instant("2026-03-03T08:00:00Z")]


def test_who_never_signed_up_or_bought_already_gets_no_offer(world: World) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.known("anna")
    world.known("bo")
    world.order("bo", "o1")
    world.track("bo", "Signed Up")
    world.forward("20d")
    assert world.mails() == []
