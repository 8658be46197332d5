"""T13 to T17: what comes back by mail acts once, on the right person, and nobody can forge it."""

import smtplib

import pytest
from tests.mission.returned import complaint, last, path_of, post, report

from slinga.engine.jobs import Definition
from slinga.testing.crowd import known
from slinga.testing.world import World

NEWS = {
    "key": "issue",
    "name": "Two letters",
    "class": "marketing",
    "topic": "news",
    "trigger": {"on": "event", "name": "Issue Ready"},
    "reentry": "always",
    "start": "first",
    "nodes": {
        "first": {"type": "send", "template": "welcome", "next": "pause"},
        "pause": {"type": "wait", "for": "2d", "next": "second"},
        "second": {"type": "send", "template": "welcome-reminder"},
    },
}
PARCEL = {
    "key": "parcel",
    "name": "On its way",
    "class": "transactional",
    "trigger": {"on": "event", "name": "Order Shipped"},
    "reentry": "always",
    "start": "tell",
    "nodes": {"tell": {"type": "send", "template": "order-shipped"}},
}
GONE = report("failed", "5.1.1", "550 5.1.1 no such user")


def begin(world: World, *people: str) -> None:
    world.publish_shipped(policy={"quiet_hours": "none", "caps": []})
    world.publish(Definition("journey", "issue", NEWS), Definition("journey", "parcel", PARCEL))
    known(world, people)


def suppressed(world: World) -> list[tuple[str, str]]:
    return sorted(world.db.execute("SELECT scope, reason FROM suppression").fetchall())


def test_t13_a_dead_address_is_written_to_by_nobody_whatever_is_said_of_it_again(world: World) -> None:
    begin(world, "anna")
    world.track("anna", "Issue Ready")
    with post(world) as other:
        other.send(path_of(world, "anna"), GONE)
    assert suppressed(world) == [("global", "bad_address")]
    (bounce,) = [f for f in world.facts("anna", "send_settled") if f.body["outcome"] == "returned"]
    assert bounce.body["reason"] == "bad_address"

    world.identify("anna", email="ANNA@example.org")  # once more by the shop, and as somebody else's
    known(world, ["anna"])
    world.identify("eve", email="anna@example.org")
    before = len(world.sink.mails)
    for who in ("anna", "eve"):
        world.track(who, "Issue Ready")
        world.track(who, "Order Shipped", order_id=f"o-{who}")
    world.forward("3d")
    assert len(world.sink.mails) == before


def test_t14_what_is_said_of_the_sender_reaches_no_address_and_holds_the_lane(world: World) -> None:
    people = [f"p{n}" for n in range(12)]
    begin(world, *people)
    for who in people:
        world.track(who, "Issue Ready", settle=False)
    world.settle()
    with post(world) as other:
        for who in people:
            other.send(path_of(world, who), report("failed", "5.7.26", "550 5.7.26 unauthenticated mail"))
    assert suppressed(world) == []
    rows = world.db.execute(
        "SELECT key, reason, detail FROM delivery_hold WHERE held_until > slinga_now()"
    ).fetchall()
    assert [(key.split(":")[:3], reason) for key, reason, _ in rows] == [
        (["lane", "marketing", "email"], "policy")
    ]
    assert "5.7.26" in rows[0][2]


def test_t15_five_full_mailboxes_in_a_row_stop_marketing_and_one_success_forgives(world: World) -> None:
    begin(world, "full", "better")
    out = report("failed", "5.2.2", "552 5.2.2 mailbox full")
    with post(world) as other:
        for time in range(5):
            assert suppressed(world) == []
            for who in ("full", "better"):
                world.track(who, "Issue Ready")
                if who == "full" or time != 2:
                    other.send(path_of(world, who), out)
            world.command("full", "remove_from_journey", journey="issue")
            world.command("better", "remove_from_journey", journey="issue")
            world.forward("4d")
    assert suppressed(world) == [("marketing", "mailbox_full")]
    for who in ("full", "better"):
        world.track(who, "Issue Ready")
        world.track(who, "Order Shipped", order_id=f"o-{who}")
    assert world.templates("full").count("welcome") == 5 and "order-shipped" in world.templates("full")
    assert world.templates("better").count("welcome") == 6


def test_t16_forged_late_and_automatic_mails_change_nothing(world: World) -> None:
    begin(world, "anna")
    world.track("anna", "Issue Ready")
    path = path_of(world, "anna")
    local, _, domain = path.partition("@")
    wrong = f"{local[:-8]}{'0' * 8}@{domain}"
    with post(world) as other:
        for stranger in (wrong, f"somebody@{domain}", "b+x@elsewhere.example"):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                other.send(stranger, GONE)
        other.send(
            path, "From: anna@example.org\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\n:)"
        )
        other.send(path, report("delayed", "4.4.1", "451 4.4.1 no answer from host"))
        other.send(path, "From: eve@example.org\r\nSubject: Hello\r\n\r\n550 5.1.1 user unknown")
        # To an address for complaints anybody may write, but only a token of ours names a message.
        forged = last(world, "anna").data.replace(b"b+", b"b-").replace(b"/u/", b"/u/AAAA")
        other.send(f"fbl@{domain}", complaint(forged))
        assert suppressed(world) == []
        assert world.db.execute("SELECT count(*) FROM message_return").fetchone() == (0,)
        other.send(path, GONE)
    assert suppressed(world) == [("global", "bad_address")]


def test_t17_a_complaint_counts_once_stops_marketing_and_ends_the_journey(world: World) -> None:
    begin(world, "anna", "bo")
    for who in ("anna", "bo"):
        world.track(who, "Issue Ready")
    said = complaint(last(world, "anna").data)
    assert "anna@example.org" not in said
    with post(world) as other:
        for _ in range(3):
            other.send("fbl@bounce.test", said)
    assert suppressed(world) == [("marketing", "complaint")]
    complaints = world.db.execute("SELECT person FROM input WHERE name = 'Message Complained'").fetchall()
    assert complaints == [(world.person("anna").key,)]
    assert [f.body["reason"] for f in world.facts("anna", "run_ended")] == ["stopped"]
    assert world.person("anna").runs == []

    world.forward("3d")
    world.track("anna", "Issue Ready")
    world.track("anna", "Order Shipped", order_id="o1")
    assert world.templates("anna") == ["welcome", "order-shipped"]
    assert world.templates("bo") == ["welcome", "welcome-reminder"]
