"""The operator's commands: keys, quarantine, marketing, messages, doctor."""

import re

import pytest

from slinga.access.jobs import find_key
from slinga.delivery import store as outbox
from slinga.ingest import store as ingest
from slinga.ingest.model import Drop, DropReason, Source
from slinga.ingest.store import Refused
from slinga.kernel.errors import Invalid, Missing
from slinga.testing.outbox import intent

SITE = Source("site", 0, ())


def plan(db, count: int) -> None:
    outbox.plan(db, [intent(f"p{number}", at=ingest.now(db)) for number in range(count)])


def refused(db, payload: bytes) -> None:
    drop = Drop(DropReason.MISSING, "event", "name the event")
    ingest.quarantine(db, [Refused(SITE, "track", drop, payload)], ingest.now(db))


def test_keys_are_made_listed_and_withdrawn(db, run):
    assert "no key yet" in run("keys", "list")
    text = run("keys", "add", "write", "website", "--origin", "https://shop.example").strip()
    assert find_key(db, text, "write").origins == ["https://shop.example"]
    listed = run("keys", "list")
    assert "website from https://shop.example".replace(" from", "  from") in listed and text not in listed
    assert "proven" not in listed
    run("keys", "add", "secret", "backend")
    assert "proven" in run("keys", "list")
    run("keys", "withdraw", "1")
    assert find_key(db, text, "write") is None
    assert "withdrawn" in run("keys", "list")
    with pytest.raises(Missing):
        run("keys", "withdraw", "9")


def test_quarantined_items_are_taken_in_once(db, run, tmp_path):
    assert "Nothing lies" in run("quarantine", "list")
    refused(db, b'{"type": "track", "event": "Seen", "userId": "u1", "messageId": "m1"}')
    refused(db, b'{"type": "track", "userId": "u1"}')
    assert run("quarantine", "list").count("name the event") == 2
    said = run("quarantine", "replay", "--all")
    assert "1 taken in, 1 still refused." in said
    assert db.execute("SELECT name FROM input WHERE kind = 'event'").fetchall() == [("Seen",)]
    assert "replayed before" in run("quarantine", "replay", "1")
    mended = tmp_path / "mended.json"
    mended.write_text(run("quarantine", "show", "2").replace("}", ', "event": "Bought"}'))
    assert "1 taken in, 0 still refused." in run("quarantine", "replay", "2", "--with", mended)
    assert "Nothing lies" in run("quarantine", "list")
    assert "taken in" in run("quarantine", "list", "--all")
    with pytest.raises(Invalid):
        run("quarantine", "replay")


def test_marketing_stops_and_goes_again(db, run):
    assert "not stopped" in run("marketing", "status")
    run("marketing", "stop", "a wrong price")
    assert "a wrong price" in run("marketing", "status")
    plan(db, 3)
    assert "3 late" in run("marketing", "status")
    assert "3 late messages were left out" in run("marketing", "resume", "--late", "skip")
    assert "not stopped" in run("marketing", "status")
    assert outbox.counts(db).by_state == {"cancelled": 3}


def test_the_operator_decides_about_messages_in_doubt(db, run):
    assert "No message is in doubt" in run("messages", "unknown")
    plan(db, 4)
    db.execute("UPDATE message SET state = 'unknown', reason = 'no_answer'")
    ids = re.findall(r"^([0-9a-f]{32})  ", run("messages", "unknown"), re.M)
    assert len(ids) == 4
    assert "1 messages are accepted" in run("messages", "unknown", ids[0], "--settle", "accepted")
    assert "1 messages are sent once more" in run("messages", "unknown", ids[1], "--resend")
    assert db.execute("SELECT resends, reason FROM message WHERE state = 'deferred'").fetchall() == [
        (1, "resend_by_operator")
    ]
    with pytest.raises(Missing, match="not in doubt"):
        run("messages", "unknown", ids[0], ids[2], "--resend")
    assert "2 messages are sent once more" in run("messages", "unknown", "--all", "--resend")
    assert outbox.counts(db).by_state == {"accepted": 1, "deferred": 3}
    assert "1  accepted" in run("messages", "count")
    for wrong in (["x", "--resend"], ["--resend"], ["--all"], ["--all", "--resend", "--settle", "accepted"]):
        with pytest.raises(Invalid):
            run("messages", "unknown", *wrong)


def test_the_doctor_tells_what_is_held_and_in_doubt(db, run):
    said = run("doctor")
    assert "note definitions: none is in force" in said and "slinga push" in said
    plan(db, 1)
    db.execute("UPDATE message SET state = 'unknown'")
    run("marketing", "stop", "a wrong price")
    said = run("doctor")
    assert "class:marketing: a wrong price" in said
    assert "1 messages may have arrived" in said and "slinga messages unknown" in said


def test_sums_are_told_and_counted_anew(run, db):
    assert "Counted: 100%" in run("sums")
    db.execute("INSERT INTO tally VALUES ('order', '', '2026-02-01', 0, '', '', '', '', 1, 1)")
    assert "a worker counts the past too" in run("sums")
    assert "Everything was counted anew" in run("sums", "--anew")
    assert "a worker" not in run("sums")
