"""The bounce mailbox set at the desk: opened before it is kept, its password sealed, read at once."""

import asyncio
from typing import Any

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser
from tests.flow.channels.imap_box import Box, imap

from slinga.access.jobs import audited
from slinga.channels.email import mailbox
from slinga.channels.email.intake import Intake
from slinga.delivery.inbox import jobs as inbox
from slinga.delivery.inbox.model import BounceBox, described
from slinga.kernel.errors import Invalid, SlingaError
from slinga.outgoing import bounce_box, return_domain
from slinga.runtime.settings import Settings

PAGE, FORM = "/admin/settings/channels", "/admin/settings/channels/mailbox"
CANARY = "\"'><script>alert(1)</script>"


def unencrypted(url: str) -> mailbox.Mailbox:
    """The mailbox of the test's server, which speaks without TLS on this machine alone."""
    return mailbox.parse(url.replace("imaps://", "imap://"))


@pytest.fixture
def desk(world: Any, tmp_path: Any) -> Any:
    world.app.state.settings = Settings(data_dir=str(tmp_path), smtp_private=True)
    look = lambda url: mailbox.looked(unencrypted(url))  # noqa: E731
    world.app.state.desk = msgspec.structs.replace(world.app.state.desk, look=look)
    return world


def save(desk: Any, box: Box | None, status: int = 200, **given: str) -> str:
    sent = {"csrf": desk.csrf(), "do": "save", "host": "127.0.0.1", "user": "bounces", "password": "secret"}
    sent |= {"port": str(box.port)} if box else {}
    answer = desk.web.post(FORM, data=sent | given)
    assert answer.status_code == status, answer.text[:2000]
    return str(answer.text)


def kept(desk: Any) -> inbox.KeptBox | None:
    return inbox.find(desk.db, desk.app.state.secrets)


def test_a_mailbox_that_opens_is_kept_and_its_password_is_shown_nowhere(desk: Any) -> None:
    with imap(Box([])) as box:
        page = save(desk, box)
        assert "Bounces are read in this mailbox" in page
        assert "The mailbox opens" in save(desk, box, do="try")
    found = kept(desk)
    assert found and found.box.password == "secret" and found.by == "member:1"
    (sealed,) = desk.db.execute("SELECT password FROM bounce_box").fetchone()
    assert b"secret" not in sealed
    form = LexborHTMLParser(desk.get(PAGE))
    assert form.css_first('#mailbox [name="password"]').attributes["value"] == ""
    assert len({one.attributes["id"] for one in form.css("[id]")}) == len(form.css("[id]"))
    assert audited(desk.db)[0].action == "set_bounce_box"
    assert desk.web.post(FORM, data={"csrf": desk.csrf(), "do": "forget"}).status_code == 303
    assert kept(desk) is None


def test_a_fault_is_worded_and_nothing_is_kept_unless_wanted(desk: Any) -> None:
    desk.db.execute("UPDATE member SET locale = 'sv'")
    with imap(Box([])) as box:
        page = save(desk, box, 400, password="wrong")
        assert "godtar inte användare och lösenord" in page and kept(desk) is None
        assert "godtar inte" in save(desk, box, 400, password="wrong" + CANARY)
        assert "INBOX" in save(desk, box, 400, folder="Elsewhere")
        save(desk, box, password="wrong", anyway="yes")
        assert kept(desk) is not None
    assert "går inte att nå" in save(desk, None, 400, port="1")
    assert "Ange lösenordet på nytt" in save(desk, None, 400, host="other.example", password="")
    page = save(desk, None, 400, host=CANARY)
    assert "<script>alert" not in page and "Server: Ange serverns namn" in page


def test_the_environment_wins_and_the_page_says_so(desk: Any) -> None:
    with imap(Box([])) as box:
        save(desk, box)
    url = "imaps://env:pw-of-env@mail.example/INBOX"
    desk.app.state.settings = msgspec.structs.replace(desk.app.state.settings, bounce_url=url)
    page = desk.get(PAGE)
    assert "SLINGA_BOUNCE_URL. That wins" in page and "pw-of-env" not in page
    assert "that wins" in save(desk, None, 400)
    found = bounce_box(desk.db, desk.app.state.settings, desk.app.state.secrets)
    assert found and found.host == "mail.example"


def test_only_public_servers_on_the_port_of_mailboxes_unless_permitted() -> None:
    given = {"host": "mail.example", "user": "u", "password": "p"}
    assert described(given, None, private=False).port == 993
    with pytest.raises(Invalid, match="993"):
        described({**given, "port": "143"}, None, private=False)
    local = mailbox.parse("imaps://u:p@127.0.0.1/INBOX", private=False)
    with pytest.raises(SlingaError, match="not public"):
        mailbox.looked(local)


def test_an_address_reads_back_as_the_same_mailbox() -> None:
    box = BounceBox("mail.example", 993, "a@b/c", "p:@?&", "In box", "Read mail", 30)
    found = mailbox.parse(box.url())
    assert (found.user, found.password, found.folder) == (box.user, box.password, box.folder)
    assert (found.done, found.every, found.encrypted) == (box.done, box.every, True)


def test_a_mailbox_and_a_domain_that_are_set_are_used_without_a_restart(desk: Any) -> None:
    state = desk.app.state
    taken: list[bytes] = []

    def find() -> mailbox.Mailbox | None:
        now = inbox.find(desk.db, state.secrets)
        return unencrypted(now.box.url()) if now else None

    def domain() -> str:
        return return_domain(desk.db, state.settings, state.secrets).lower()

    intake = Intake(b"key", domain, lambda text: None, lambda word: "kept")
    intake.take = lambda data, recipients=(): taken.append(data) or "kept"  # type: ignore[method-assign]
    assert not intake.ours("fbl@return.example")
    with imap(Box([b"Subject: one\r\n\r\n1\r\n"])) as box:

        async def run() -> None:
            polling = asyncio.create_task(intake.poll_for_ever(find, look_s=0.01))
            await asyncio.sleep(0.05)
            assert taken == []
            await asyncio.to_thread(save, desk, box)
            async with asyncio.timeout(10):
                while not taken:
                    await asyncio.sleep(0.01)
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)

        asyncio.run(run())
    assert taken == [b"Subject: one\r\n\r\n1\r\n"]
    desk.db.execute(
        "INSERT INTO relay (host, port, security, bounce, changed_by)"
        " VALUES ('h', 25, 'none', 'return.example', 'm')"
    )
    assert intake.ours("fbl@return.example"), "a return domain set at the desk is heard at once"
