"""The mail server set at the desk: tried, kept with its password sealed, used at once."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.access.jobs import audited
from slinga.channels.email.asking import dialled
from slinga.channels.email.config import parse
from slinga.delivery.relay import jobs as relays
from slinga.outgoing import outgoing
from slinga.runtime.settings import Settings
from slinga.testing.sink_thread import Sink, SinkThread

PAGE = "/admin/settings/channels"
CANARY = "\"'><script>alert(1)</script>"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with SinkThread() as found:
        found.login = ("shop", "a secret of some length")
        found.extensions = (*found.extensions, "AUTH PLAIN")
        yield found


@pytest.fixture
def desk(world, tmp_path):
    permit(world, tmp_path, private=True)
    world.app.state.desk = msgspec.structs.replace(
        world.app.state.desk,
        dial=lambda url, desk: dialled(parse(url, private=world.app.state.settings.smtp_private)),
    )
    return world


def permit(world, folder, *, private: bool, **more: Any) -> None:
    world.app.state.settings = Settings(data_dir=str(folder), smtp_private=private, **more)


def save(desk, sink: Sink | None = None, status: int = 200, **given: str) -> str:
    sent = {"csrf": desk.csrf(), "do": "save", "security": "none", "user": "shop", "bounce": "shop.example"}
    sent |= {"password": "a secret of some length", "host": "127.0.0.1"}
    sent |= {"port": str(sink.port)} if sink else {}
    answer = desk.web.post(PAGE, data=sent | given)
    assert answer.status_code == status, answer.text[:2000]
    return str(answer.text)


def kept(desk) -> relays.Kept | None:
    return relays.find(desk.db, desk.app.state.secrets)


def test_a_server_that_answers_is_kept_and_its_password_is_shown_nowhere(desk, sink: Sink) -> None:
    page = save(desk, sink)
    assert "From now on mail goes out" in page and "User name and password were accepted" in page
    found = kept(desk)
    assert found and found.relay.password == "a secret of some length" and found.by == "member:1"
    (sealed,) = desk.db.execute("SELECT password FROM relay").fetchone()
    assert b"secret" not in sealed
    assert "a secret of" not in desk.get(PAGE) + page
    assert (audited(desk.db)[0].action, audited(desk.db)[0].object) == ("set_relay", "127.0.0.1")
    out = outgoing(desk.db, desk.app.state.settings, desk.app.state.secrets)
    assert out.desk and out.url.startswith("smtp://shop:a%20secret") and out.bounce == "shop.example"


def test_a_fault_is_named_and_nothing_is_kept_unless_wanted(desk, sink: Sink) -> None:
    assert "does not accept this user name and password" in save(desk, sink, 400, password="wrong")
    assert "No connection to the server" in save(desk, None, 400, port="1")
    assert kept(desk) is None
    sink.greeting = "554 go away " + CANARY
    page = save(desk, sink, 400)
    assert "turned this machine away" in page and not LexborHTMLParser(page).css("code script")
    save(desk, sink, anyway="yes")
    assert kept(desk) is not None


def test_a_password_stays_with_the_server_it_was_given_for(desk, sink: Sink) -> None:
    save(desk, sink)
    save(desk, sink, password="", bounce="return.example")
    found = kept(desk)
    assert found and found.relay.password and found.relay.bounce == "return.example"
    page = save(desk, sink, 400, password="", host="localhost")
    assert "Give the password anew" in page


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.7"])
def test_servers_of_the_own_network_need_the_operators_word(desk, tmp_path, host: str) -> None:
    permit(desk, tmp_path, private=False)
    page = save(desk, None, 400, host=host, port="25", security="none", user="", password="")
    assert "address of this server is not public" in page
    assert "Mail servers listen on port" in save(desk, None, 400, host=host, port="5432")
    assert kept(desk) is None


def test_the_environment_wins_and_the_page_says_so(desk, sink: Sink, tmp_path) -> None:
    save(desk, sink)
    permit(desk, tmp_path, private=True, smtp_url="smtp://u:hidden@relay.example:587")
    page = desk.get(PAGE)
    assert "wins over what is set here" in page and "relay.example" in page and "hidden@" not in page
    assert not LexborHTMLParser(page).css("#f-host")
    assert outgoing(desk.db, desk.app.state.settings, desk.app.state.secrets).url.endswith(
        "relay.example:587"
    )


def test_it_is_forgotten(desk, sink: Sink) -> None:
    save(desk, sink)
    assert desk.web.post(PAGE, data={"csrf": desk.csrf(), "do": "forget"}).status_code == 303
    assert kept(desk) is None and "development mailbox" in desk.get(PAGE)
