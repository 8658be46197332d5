"""What returned mails say, by standard and by habit; and that no bytes make the reader fail."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slinga.channels.email.bounces import Sort, Type, read
from slinga.channels.email.bounces.agreement import compare, label

MAIL = Path(__file__).resolve().parents[3] / "../shared/data/mail"
needs_mail = pytest.mark.skipif(not MAIL.exists(), reason="the collection of real mails is not here")


def report(*groups: str, words: str = "Your mail could not be delivered.", original: str = "") -> bytes:
    status = "\r\n\r\n".join(["Reporting-MTA: dns; mx.example", *groups])
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: b+1.2@bounce.example\r\nSubject: Undelivered\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n"
        ' boundary="x"\r\n\r\n'
        f"--x\r\nContent-Type: text/plain\r\n\r\n{words}\r\n"
        f"--x\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n"
        f"--x\r\nContent-Type: message/rfc822\r\n\r\n{original or 'Subject: hello'}\r\n\r\nbody\r\n--x--\r\n"
    ).encode()


def one(data: bytes):
    reading = read(data)
    assert reading.sort is Sort.BOUNCE
    (failure,) = reading.failures
    return failure


@pytest.mark.parametrize(
    ("status", "diagnosis", "kind", "hard"),
    [
        ("5.1.1", "550 5.1.1 no such user", Type.USER_UNKNOWN, True),
        ("5.1.2", "550 5.1.2 no such host", Type.HOST_UNKNOWN, True),
        ("5.1.10", "556 5.1.10 null MX", Type.NOT_ACCEPT, True),
        ("5.1.6", "550 5.1.6 moved", Type.HAS_MOVED, True),
        ("5.2.2", "552 5.2.2 mailbox full", Type.MAILBOX_FULL, False),
        ("5.7.26", "550 5.7.26 unauthenticated", Type.AUTH_FAILURE, False),
        ("5.7.1", "554 5.7.1 blocked using spamhaus", Type.BLOCKED, False),
        ("5.0.0", "550 5.7.1 looks like spam", Type.SPAM_DETECTED, False),
        ("4.4.7", "451 4.4.7 delivery time expired", Type.EXPIRED, False),
        ("4.0.0", "DNS error: NXDOMAIN domain name not found", Type.NETWORK_ERROR, False),
    ],
)
def test_a_delivery_report_is_classified_by_status_then_words(status, diagnosis, kind, hard):
    found = one(
        report(
            f"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: smtp; {diagnosis}"
        )
    )
    assert (found.address, found.type, found.hard) == ("a@b.example", kind, hard)


def test_a_refusal_after_the_content_is_about_the_content():
    group = (
        "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.0.0\r\n"
        "Diagnostic-Code: smtp; 550 User unknown"
    )
    assert one(report(group)).type is Type.USER_UNKNOWN
    said = "<a@b.example>: host mx said: 550 User unknown (in reply to end of DATA command)"
    assert one(report(group, words=said)).type is Type.FILTERED


def test_only_what_failed_is_a_failure():
    delayed = "Final-Recipient: rfc822; a@b.example\r\nAction: delayed\r\nStatus: 4.4.1"
    assert read(report(delayed)).sort is Sort.DELAY
    delivered = "Final-Recipient: rfc822; a@b.example\r\nAction: delivered\r\nStatus: 2.0.0"
    assert read(report(delivered)).sort is Sort.DELIVERED


def test_an_address_beyond_ascii_is_read_in_its_spellings():
    for written in (r"utf-8; r\x{E9}sum\x{E9}@b.example", "utf-8; résumé@b.example"):
        group = f"Final-Recipient: {written}\r\nAction: failed\r\nStatus: 5.1.1"
        data = report(group).replace(b"message/delivery-status", b"message/global-delivery-status")
        assert one(data).address == "résumé@b.example"


def test_a_complaint_is_known_by_the_original_though_the_recipient_is_redacted():
    data = (
        b"From: fbl@isp.example\r\nTo: fbl@bounce.example\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=feedback-report;\r\n boundary="x"\r\n\r\n'
        b"--x\r\nContent-Type: text/plain\r\n\r\nAn abuse report\r\n"
        b"--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\n"
        b"Version: 1\r\nOriginal-Rcpt-To: redacted@isp.example\r\n"
        b"--x\r\nContent-Type: message/rfc822\r\n\r\nReturn-Path: <b+9.8@bounce.example>\r\n"
        b"List-Unsubscribe: <https://m.example/u/abc>\r\nTo: redacted\r\n"
        b"Subject: News\r\n\r\nHello\r\n--x--\r\n"
    )
    reading = read(data)
    assert (reading.sort, reading.feedback) == (Sort.COMPLAINT, "abuse")
    assert reading.original["return-path"] == "<b+9.8@bounce.example>"
    assert reading.original["list-unsubscribe"] == "<https://m.example/u/abc>"


@pytest.mark.parametrize(
    "head",
    [
        "Auto-Submitted: auto-replied",
        "X-Autoreply: yes",
        "Precedence: auto_reply",
        "Subject: Out of office: back on Monday",
        "Subject: Automatisch antwoord",
    ],
)
def test_a_vacation_note_is_a_reply(head):
    data = f"From: a@b.example\r\nTo: b+1.2@c.example\r\n{head}\r\n\r\nI am at the sea.\r\n".encode()
    assert read(data).sort is Sort.REPLY


def test_an_ordinary_answer_is_nothing():
    data = b"From: a@b.example\r\nTo: b+1.2@c.example\r\nSubject: Re: News\r\n\r\nThank you!\r\n"
    assert read(data).sort is Sort.OTHER


def test_prose_without_a_status_condemns_nobody():
    said = "This user doesn't have an account here."
    text = f"Unable to deliver message to the following address.\r\n\r\n<a@b.example>:\r\n{said}\r\n"
    data = f"From: MAILER-DAEMON@b.example\r\nSubject: failure notice\r\n\r\n{text}".encode()
    found = one(data)
    assert (found.address, found.type, found.hard) == ("a@b.example", Type.FILTERED, False)
    found = one(data.replace(said.encode(), b"550 5.1.1 " + said.encode()))
    assert (found.type, found.hard) == (Type.USER_UNKNOWN, True)


@needs_mail
def test_the_reading_agrees_with_the_labels_of_real_bounces():
    folder = MAIL / "sisimai"
    readings = {path.name: read(path.read_bytes()) for path in folder.rglob("*.eml")}
    with (folder / "expected.csv").open(newline="") as lines:
        labels = [label(row) for row in csv.DictReader(lines)]
    found = compare(readings, labels)
    assert found.labels == 312
    assert found.hard / found.labels >= 0.97
    assert found.types / found.labels >= 0.7


def samples() -> list[bytes]:
    paths = sorted(path for path in MAIL.rglob("*") if path.is_file()) if MAIL.exists() else []
    return [path.read_bytes() for path in paths]


@needs_mail
def test_no_odd_mail_makes_the_reader_fail():
    for data in samples():
        assert read(data).sort in Sort


SAMPLES = [report("Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1"), *samples()[::9]]


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SAMPLES),
    st.lists(
        st.tuples(st.floats(0, 1), st.binary(max_size=30) | st.sampled_from([b"\r\n", b"--x", b"<" * 500]))
    ),
)
def test_no_damage_makes_the_reader_fail(data, cuts):
    for place, piece in cuts:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + len(piece) // 2 :]
    assert read(data).sort in Sort


@given(st.binary(max_size=2000))
def test_no_bytes_make_the_reader_fail(data):
    assert read(data).sort in Sort


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: =?utf-8?b?aaaaa?=\r\n\r\nhello",
        b"Content-Type: text/html\r\n\r\n" + b"<style" * 50_000,
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        + b"--x\r\nContent-Type: message/rfc822\r\n\r\n" * 3000,
        b"From: MAILER-DAEMON\r\nSubject: failure\r\n\r\n" + b">" * 300_000 + b"\r\n" + b"a@" * 100_000,
        b"From: MAILER-DAEMON\r\nSubject: failure\r\n\r\n" + b"user user user " * 20_000,
        b"x: " + b"=?utf-8?q?" * 30_000 + b"\r\n\r\n",
    ],
    ids=["base64", "styles", "nested", "arrows", "words", "encoded"],
)
def test_a_hostile_mail_takes_no_long_time(data):
    began = time.process_time()
    read(data)
    assert time.process_time() - began < 5
