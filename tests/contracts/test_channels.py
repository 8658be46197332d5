"""What every channel must keep: one result per parcel, no exceptions, doubt only when due."""

import http.server
import threading
from contextlib import asynccontextmanager

import msgspec
import pytest

from slinga.channels import Parcel, Receipt, Refused, TryLater, Unknown, Untouched, registry
from slinga.channels.email.config import Timeouts, parse
from slinga.channels.mailbox import latest, one
from slinga.kernel.errors import Invalid, Missing
from slinga.runtime.db import open_pool
from slinga.testing.smtp_sink import Script, Sink

RESULTS = (Receipt, Refused, TryLater, Unknown, Untouched)
MAIL = b"From: Shop <shop@mail.test>\r\nSubject: =?utf-8?q?Hej_d=C3=A4r?=\r\n\r\nbody\r\n"


def parcels(count, address="p{}@example.com", data=MAIL):
    return [
        Parcel(f"{n:032x}", address.format(n), data, message_id=f"<{n}@mail.test>")
        for n in range(1, count + 1)
    ]


async def results(channel, batch):
    await channel.open()
    try:
        return [pair async for pair in channel.send(batch)]
    finally:
        await channel.close()


class _Answer(http.server.BaseHTTPRequestHandler):
    seen: list = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, dict(self.headers), body))
        self.send_response(int(self.path.partition("?")[0].strip("/")))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    _Answer.seen = []
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@asynccontextmanager
async def channels(database_url, web):
    async with Sink() as sink:
        with open_pool(database_url, size=2) as pool:
            yield {
                "email.smtp": (registry.make("email.smtp", url=sink.url, secret=b"s"), parcels(30)),
                "email.devbox": (registry.make("email.devbox", pool=pool), parcels(30)),
                "webpush": (registry.make("webpush", pool=pool), parcels(30, data=b'{"title": "Hej"}')),
                "sms.log": (
                    registry.make("sms.log", pool=pool),
                    parcels(30, "+4670000{}", b'{"text": "Hej"}'),
                ),
                "webhook": (
                    registry.make("webhook", allow_private=True, secrets=["whsec_c2VjcmV0"]),
                    parcels(30, web + "/200?{}", b"{}"),
                ),
            }


async def test_every_shipped_channel_keeps_the_contract(database_url, web):
    async with channels(database_url, web) as made:
        assert sorted(made) == registry.names()
        for name, (channel, batch) in made.items():
            assert channel.kind in ("email", "push", "sms", "webhook"), name
            found = await results(channel, batch)
            assert sorted(each for each, _ in found) == [parcel.id for parcel in batch], name
            assert all(isinstance(result, Receipt) for _, result in found), (name, found)
            assert await results(channel, []) == [], name


def test_an_unknown_channel_is_named():
    with pytest.raises(Missing, match="known are email"):
        registry.make("pigeon")


async def test_smtp_answers_each_parcel_by_its_fate():
    scripts = {
        "p1@example.com": Script(rcpt="550 5.1.1 no such user"),
        "p2@example.com": Script(data="451 4.3.0 later"),
        "p3@example.com": Script(drop_after_dot=True),
        "p4@example.com": Script(hang_after_dot=True),
    }
    config = msgspec.structs.replace(parse("smtp://127.0.0.1:1?starttls=never"), timeouts=Timeouts(dot=0.4))
    async with Sink(scripts) as sink:
        config = msgspec.structs.replace(config, port=sink.port)
        odd = [
            Parcel("a" * 32, "evil\r\nRCPT TO:<x@y.z>@example.com", MAIL),
            Parcel("b" * 32, "-x@y.z", MAIL),
        ]
        late = Parcel("c" * 32, "late@example.com", MAIL, deadline=0)
        channel = registry.make("email.smtp", config=config, secret=b"s")
        found = dict(await results(channel, [*parcels(8), *odd, late]))
    kinds = {name[-1]: type(result).__name__ for name, result in found.items()}
    assert kinds["1"] == kinds["a"] == kinds["b"] == "Refused"
    assert (kinds["2"], kinds["3"], kinds["4"], kinds["c"]) == ("TryLater", "Unknown", "Unknown", "Untouched")
    assert {kinds[n] for n in "5678"} == {"Receipt"}
    assert sink.recipients == {f"p{n}@example.com": 1 for n in range(3, 9)}


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",), ("PIPELINING", "SIZE 1000", "8BITMIME")])
async def test_smtp_with_servers_of_several_abilities(extensions):
    mail = b".starts with a dot\r\n..two\r\nbare\nline\rends\r\n.\r\nafter the lonely dot"
    async with Sink(extensions=extensions, login=("anna", "pa ss")) as sink:
        url = f"smtp://anna:pa%20ss@127.0.0.1:{sink.port}?starttls=never&bounce=b.test"
        channel = registry.make(
            "email.smtp", url=url, secret=b"s", sign=lambda data: b"DKIM-Signature: x\r\n"
        )
        batch = [*parcels(5, data=mail), Parcel("f" * 32, "ö@example.com", mail)]
        found = dict(await results(channel, batch))
    refused = found.pop("f" * 32)
    assert isinstance(refused, Refused) and refused.enhanced == "5.6.7"
    assert all(isinstance(result, Receipt) for result in found.values())
    wanted = b"DKIM-Signature: x\r\n.starts with a dot\r\n..two\r\nbare\r\nline\r\nends\r\n.\r\n"
    wanted += b"after the lonely dot\r\n"
    assert [mail.data for mail in sink.mails] == [wanted] * 5


async def test_smtp_with_a_wrong_password_sends_nothing_and_blames_no_message():
    async with Sink(login=("anna", "right")) as sink:
        url = f"smtp://anna:wrong@127.0.0.1:{sink.port}?starttls=never"
        found = await results(registry.make("email.smtp", url=url, secret=b"s"), parcels(3))
    assert all(
        isinstance(result, TryLater) and result.code == 0 and "535" in result.text for _, result in found
    )


@pytest.mark.parametrize(
    "url", ["mail.example.com", "smtp://", "smtp://h?starttls=maybe", "smtp://h?colour=red"]
)
def test_an_smtp_address_that_makes_no_sense(url):
    with pytest.raises(Invalid) as error:
        parse(url)
    assert error.value.field == "smtp_url"


def test_a_password_is_not_sent_in_the_clear_by_default():
    assert parse("smtp://u:p@mail.example.com").starttls == "required"
    assert parse("smtps://u:p@mail.example.com").port == 465


async def test_the_development_mailbox_can_be_read(db, database_url):
    with open_pool(database_url, size=1) as pool:
        await results(registry.make("email.devbox", pool=pool), parcels(3))
    newest, *_ = latest(db)
    assert (newest.subject, newest.sender) == ("Hej där", "Shop <shop@mail.test>")
    assert newest.recipient == "p3@example.com"
    assert (newest.subject, newest.sender, newest.recipient) == (
        "Hej där",
        "Shop <shop@mail.test>",
        "p3@example.com",
    )
    assert one(db, newest.id).raw == MAIL
    assert len(latest(db, recipient="p1@example.com")) == 1


async def test_webhooks_are_signed_and_their_answers_understood(web):
    channel = registry.make("webhook", allow_private=True, secrets=["whsec_c2VjcmV0"])
    batch = [
        Parcel(f"{n:032x}", f"{web}/{status}", b"{}") for n, status in enumerate((204, 302, 410, 429, 503))
    ]
    found = dict(await results(channel, batch))
    ends = [found[parcel.id] for parcel in batch]
    assert isinstance(ends[0], Receipt)
    assert isinstance(ends[1], Refused) and not ends[1].gone
    assert isinstance(ends[2], Refused) and ends[2].gone
    assert isinstance(ends[3], TryLater) and isinstance(ends[4], TryLater)
    _, headers, _ = _Answer.seen[0]
    assert headers["webhook-signature"].startswith("v1,") and headers["webhook-id"]


@pytest.mark.parametrize(
    "odd", ["http://h.example:99999/", "http://[::1", f"http://{'h' * 64}.example/", "http://.h/"]
)
async def test_an_address_that_cannot_be_leaves_the_others_of_its_batch_alone(web, odd):
    channel = registry.make("webhook", allow_private=True)
    batch = [Parcel("0" * 32, odd, b"{}"), Parcel("1" * 32, f"{web}/200?q=å b", b"{}")]
    found = dict(await results(channel, batch))
    assert isinstance(found["0" * 32], Refused) and isinstance(found["1" * 32], Receipt)
    ((path, _, _),) = _Answer.seen
    assert path == "/200?q=%C3%A5%20b"


async def test_a_mail_server_that_cannot_be_lets_mail_wait():
    channel = registry.make("email.smtp", url=f"smtp://{'h' * 64}.example", secret=b"s")
    assert [type(result) for _, result in await results(channel, parcels(2))] == [TryLater, TryLater]


async def test_webhooks_do_not_reach_inwards(web):
    found = await results(registry.make("webhook"), [Parcel("0" * 32, f"{web}/200", b"{}")])
    assert isinstance(found[0][1], Refused) and not _Answer.seen
