"""R54: transactional mail is a class of its own: no marketing consent, its own lane, but no dead address."""

from slinga.delivery.holds import store as holds
from slinga.testing.smtp_sink import Script
from slinga.testing.world import World


def _lanes(world: World) -> set[tuple[str, str]]:
    rows = world.db.execute("SELECT class, lane FROM message").fetchall()
    return {(str(kind), str(lane)) for kind, lane in rows}


def test_a_receipt_needs_no_permission_and_obeys_no_marketing_rule(world: World) -> None:
    world.publish_shipped("order-reassurance", "welcome")  # the policy that ships: quiet hours, caps
    world.known("anna")
    world.track("anna", "Signed Up")
    world.consent("anna", "*", action="withdrawn", source="one_click")
    world.until("2026-03-02T22:30:00Z")  # half past eleven in Stockholm, within 16 h of the welcome
    holds.hold(world.db, holds.MARKETING, "stopped", "a member of the team")
    bought_at = world.now()
    world.order("anna", "o1")
    assert [(m.template, m.at) for m in world.mails("anna")][1:] == [("receipt", bought_at)]
    mail = world.mails("anna")[1]
    assert mail.subject == "Your order o1"
    assert "List-Unsubscribe" not in mail.headers, "nothing to leave: it belongs to the order"
    assert "/c/" not in mail.html and "/o/" not in mail.html, "and nothing to follow"
    world.forward("10d")
    assert world.templates("anna") == ["welcome", "receipt"]
    lanes = _lanes(world)
    marketing = {lane for kind, lane in lanes if kind == "marketing"}
    assert marketing and not marketing & {lane for kind, lane in lanes if kind == "transactional"}


def test_a_dead_address_gets_no_receipt_either(world: World) -> None:
    world.publish_shipped("order-reassurance")
    world.sink.scripts["anna@example.org"] = Script(rcpt="550 5.1.1 no such user")
    world.known("anna")
    world.order("anna", "o1")
    assert world.mails() == []
    assert world.person("anna").dead == {"email": "hard_bounce"}
    world.sink.scripts["anna@example.org"] = Script()
    world.forward("1h")
    world.order("anna", "o2")
    world.forward("4d")
    assert world.mails() == [], "the shop is not asked to try again what is dead"
    reasons = {f.body["reason"] for f in world.facts("anna", "send_blocked")}
    assert reasons == {"suppressed"}
    # Another person with the same address is not written to either.
    world.identify("bo", email="anna@example.org")
    world.order("bo", "o3")
    assert world.mails() == []
    (reason,) = world.db.execute("SELECT reason FROM message WHERE state = 'cancelled'").fetchall()
    assert str(reason[0]).startswith("suppressed")
