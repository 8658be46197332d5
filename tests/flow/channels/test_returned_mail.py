"""The two ways by which mail comes back: a mailbox that is polled, a server that listens."""

import asyncio
import smtplib

import pytest
from tests.flow.channels.imap_box import Box, imap

from slinga.channels.email import mailbox
from slinga.channels.email.intake import Intake
from slinga.channels.email.receiver import MOST_BYTES, Receiver, place
from slinga.channels.email.verp import sender
from slinga.commands.doctor import returns
from slinga.kernel.errors import Invalid, Unavailable
from slinga.runtime.settings import load

MAILS = [b"Subject: one\r\n\r\n1\r\n", b"Subject: two\r\n\r\n2\r\n", b"Subject: three\r\n\r\n3\r\n"]


def poll(box: Box, keep, options: str = "") -> int:
    return mailbox.poll(mailbox.parse(box.url + options), keep)


@pytest.mark.parametrize("keywords", [True, False])
def test_each_mail_of_the_mailbox_is_handed_over_once(keywords):
    taken: list[bytes] = []
    with imap(Box(MAILS, keywords=keywords)) as box:
        if keywords:
            box.flags[2].add("\\Seen")  # somebody opened it: it is read all the same
        assert poll(box, taken.append) == 3
        assert poll(box, taken.append) == 0
    assert taken == MAILS


def test_read_mails_are_moved_where_the_setting_says():
    taken: list[bytes] = []
    with imap(Box(MAILS)) as box:
        assert poll(box, taken.append, "?done=Archive") == 3
        assert box.moved == MAILS and box.mails == {}


def test_a_mail_that_could_not_be_kept_is_there_the_next_time():
    taken: list[bytes] = []

    def keep(data: bytes) -> None:
        if data == MAILS[1] and not broken:
            broken.append(data)
            raise OSError("the database is away")
        taken.append(data)

    broken: list[bytes] = []
    with imap(Box(MAILS)) as box:
        with pytest.raises((OSError, Unavailable)):
            poll(box, keep)
        assert poll(box, keep) == 2
    assert taken == MAILS


@pytest.mark.usefixtures("trusted")
def test_a_mailbox_behind_tls_is_read_to_its_end(tls):
    taken: list[bytes] = []
    with imap(Box(MAILS, tls=tls)) as box:
        assert poll(box, taken.append, "?done=Archive") == 3
        assert poll(box, taken.append) == 0
        assert box.moved == taken == MAILS
        (found,) = returns(load({"SLINGA_SMTP_URL": "smtp://127.0.0.1:25", "SLINGA_BOUNCE_URL": box.url}))
        assert found.state == "good"


def test_no_password_is_said_to_a_certificate_that_nobody_vouches_for(tls):
    with imap(Box(MAILS, tls=tls)) as box:
        with pytest.raises(Unavailable, match=r"cannot be reached.*certificate"):
            poll(box, pytest.fail)
        assert box.heard == []


@pytest.mark.usefixtures("trusted")
def test_no_password_is_said_under_another_name_or_without_encryption(tls):
    with imap(Box(MAILS, tls=tls)) as box:
        with pytest.raises(Unavailable, match="cannot be reached"):
            mailbox.poll(mailbox.parse(box.url.replace("127.0.0.1", "127.0.0.2")), pytest.fail)
        assert box.heard == []
    with imap(Box(MAILS)) as plain:
        with pytest.raises(Unavailable, match="cannot be reached"):
            mailbox.poll(mailbox.parse(plain.url.replace("imap:", "imaps:")), pytest.fail)
        assert plain.heard == []


@pytest.mark.parametrize(
    "url",
    ["imap://u:p@mail.example/INBOX", "https://u:p@h/x", "imaps://mail.example", "imaps://u:p@h/?every=1"],
)
def test_an_address_that_cannot_be_a_mailbox_is_refused(url):
    with pytest.raises(Invalid) as fault:
        mailbox.parse(url)
    assert fault.value.field == "bounce_url"


def test_the_doctor_says_whether_anything_comes_back():
    smtp = {"SLINGA_SMTP_URL": "smtp://127.0.0.1:25"}
    assert returns(load({})) == []
    (found,) = returns(load(smtp))
    assert found.state == "warn" and "SLINGA_BOUNCE_URL" in found.remedy
    with imap(Box([])) as box:
        (found,) = returns(load({**smtp, "SLINGA_BOUNCE_URL": box.url}))
        assert found.state == "good"
        (found,) = returns(load({**smtp, "SLINGA_BOUNCE_URL": box.url.replace("secret", "wrong")}))
        assert found.state == "bad" and "refuses user and password" in found.finding
    (found,) = returns(load({**smtp, "SLINGA_BOUNCE_LISTEN": "127.0.0.1:1"}))
    assert found.state == "warn" and "nobody answers" in found.finding


async def test_the_server_keeps_before_it_answers_and_takes_only_what_is_ours():
    kept: list[tuple[bytes, tuple[str, ...]]] = []
    broken = [True]

    async def keep(data: bytes, recipients) -> None:
        if broken.pop() if broken else False:
            raise OSError("the database is away")
        kept.append((data, tuple(recipients)))

    def deliver(port: int) -> list[int]:
        codes = []
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.ehlo()
            assert client.has_extn("pipelining")
            client.mail("")
            codes += [client.rcpt("nobody@bounce.test")[0], client.rcpt("ours@bounce.test")[0]]
            codes.append(client.data(b"Subject: x\r\n\r\n.dot\r\n..\r\nend")[0])
            client.mail("a@b.example")
            client.rcpt("ours@bounce.test")
            codes.append(client.data(b"Subject: x\r\n\r\n.dot\r\n..\r\nend")[0])
            codes += [client.docmd("DATA")[0], client.docmd("VRFY", "x")[0]]
        return codes

    async with Receiver("127.0.0.1:0", "bounce.test", lambda a: a.startswith("ours@"), keep) as receiver:
        codes = await asyncio.to_thread(deliver, receiver.port)
    assert codes == [550, 250, 451, 250, 503, 502]
    assert kept == [(b"Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n", ("ours@bounce.test",))]


async def test_only_the_whole_mark_ends_a_mail_and_a_huge_one_is_refused():
    kept: list[bytes] = []

    async def keep(data: bytes, recipients) -> None:
        kept.append(data)

    async with Receiver("127.0.0.1:0", "bounce.test", lambda _: True, keep) as receiver:
        reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        writer.write(b"HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\none\n.\ntwo\r\n.\nthree\r\n.\r\n")
        answers = [(await reader.readline())[:3] for _ in range(6)]
        assert answers == [b"220", b"250", b"250", b"250", b"354", b"250"]
        writer.write(
            b"MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n" + (b"x" * 998 + b"\r\n") * (MOST_BYTES // 1000 + 2)
        )
        answers = [(await reader.readline())[:3] for _ in range(4)]
        assert answers == [b"250", b"250", b"354", b"552"]
        writer.close()
    assert kept == [b"one\n.\ntwo\r\n\nthree\r\n"]


def test_where_to_listen_is_host_and_port():
    assert place("0.0.0.0:25") == ("0.0.0.0", 25) and place("[::]:2525") == ("::", 2525)
    with pytest.raises(Invalid):
        place("2525")


def test_a_return_path_is_taken_at_the_domain_it_was_made_for():
    """The desk may have set another domain since this process began."""
    intake = Intake(b"s" * 32, lambda: "bounce.test", lambda _: None, lambda _: "")
    path = sender("0" * 32, "elsewhere.test", b"s" * 32)
    assert intake.ours(path) and not intake.ours(path.replace("b+0", "b+1"))
    assert intake.ours("fbl@bounce.test") and not intake.ours("fbl@elsewhere.test")
