"""Encryption and sign-in of the SMTP channel, against a real server with a certificate made here."""

import asyncio
import ssl

import pytest

from slinga.channels.email import config as configuration
from slinga.channels.email.smtp import Smtp
from slinga.channels.email.wire import Lost, Wire
from slinga.channels.model import Parcel, Receipt, Result, TryLater
from slinga.commands.doctor import relay
from slinga.kernel.errors import Invalid
from slinga.testing.smtp_sink import Sink

LOGIN = ("shop@example.org", "sötare än :/@")
USER = "shop%40example.org:s%C3%B6tare%20%C3%A4n%20%3A%2F%40@"


def url(
    sink: Sink, options: str = "", *, scheme: str = "smtp", user: str = "", host: str = "127.0.0.1"
) -> str:
    return f"{scheme}://{user}{host}:{sink.port}?bounce=bounce.test{options}"


async def send(address: str) -> Result:
    """What comes of one message."""
    channel = Smtp(url=address, secret=b"secret")
    await channel.open()
    mail = b"From: a@shop.test\r\nTo: b@example.org\r\nMessage-ID: <1@shop.test>\r\n\r\n.hello\r\n"
    parcel = Parcel(id="0" * 32, address="b@example.org", data=mail, message_id="<1@shop.test>")
    try:
        (found,) = [result async for _, result in channel.send([parcel])]
        return found
    finally:
        await channel.close()


async def sent(sink: Sink, address: str) -> Result:
    async with sink:
        return await send(address.replace(":0?", f":{sink.port}?"))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("ways", ["PLAIN LOGIN", "PLAIN", "LOGIN"])
@pytest.mark.parametrize("implicit", [False, True])
def test_a_message_goes_encrypted_and_signed_in(tls: ssl.SSLContext, ways: str, implicit: bool) -> None:
    sink = Sink(tls=tls, implicit_tls=implicit, login=LOGIN, ways=ways)
    scheme, options = ("smtps", "") if implicit else ("smtp", "&starttls=required")
    result = asyncio.run(sent(sink, url(sink, options, scheme=scheme, user=USER)))
    assert isinstance(result, Receipt), result
    assert sink.logins == [(ways.split()[0], True)]
    assert [mail.data.endswith(b"\r\n\r\n.hello\r\n") for mail in sink.mails] == [True]


@pytest.mark.parametrize("implicit", [False, True])
def test_a_certificate_nobody_vouches_for_gets_nothing(tls: ssl.SSLContext, implicit: bool) -> None:
    sink = Sink(tls=tls, implicit_tls=implicit, login=LOGIN)
    scheme, options = ("smtps", "") if implicit else ("smtp", "&starttls=required")
    result = asyncio.run(sent(sink, url(sink, options, scheme=scheme, user=USER)))
    assert isinstance(result, TryLater), result
    assert sink.logins == [] and sink.mails == []


def test_opportunistic_encryption_takes_any_certificate_and_no_extension_is_believed_from_before(
    tls: ssl.SSLContext,
) -> None:
    sink = Sink(tls=tls)
    assert isinstance(asyncio.run(sent(sink, url(sink, "&starttls=auto"))), Receipt)
    assert sink.commands["STARTTLS"] == 1 and sink.commands["EHLO"] == 2


def test_required_encryption_that_is_not_offered_sends_nothing() -> None:
    sink = Sink(login=LOGIN)
    result = asyncio.run(sent(sink, url(sink, "&starttls=required", user=USER)))
    assert isinstance(result, TryLater), result
    assert sink.logins == [] and sink.commands["MAIL"] == 0


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_no_bounce(tls: ssl.SSLContext) -> None:
    sink = Sink(tls=tls, login=LOGIN)
    result = asyncio.run(sent(sink, url(sink, "&starttls=required", user="shop:wrong@")))
    assert isinstance(result, TryLater), result
    assert "535" in result.text and sink.mails == []


def test_a_password_leaves_this_machine_encrypted_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="encrypted or not at all"):
        configuration.parse("smtp://u:p@mail.example.org?starttls=never")
    assert configuration.parse("smtp://u:p@mail.example.org?starttls=auto").starttls == "required"
    assert configuration.parse("smtp://mail.example.org?starttls=auto").starttls == "auto"
    assert configuration.parse("smtp://u:p@127.0.0.2?starttls=never").user == "u"

    async def dial(sink: Sink) -> None:
        """A set-up made by hand, with a name that is not the loopback's."""
        async with sink:
            found = configuration.parse(url(sink, "&starttls=auto", user=USER))
            monkeypatch.setattr(configuration, "is_local", lambda host: False)
            await Wire(found).dial()

    sink = Sink(login=LOGIN)
    with pytest.raises(Lost, match="no password is sent") as fault:
        asyncio.run(dial(sink))
    assert fault.value.step == "tls" and sink.logins == []


def test_words_slipped_in_before_encryption_are_not_believed() -> None:
    """RFC 3207, section 6: what follows the go-ahead in the same breath was put there on the way."""

    async def meddle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.readline()
        writer.write(b"250-meddler\r\n250 STARTTLS\r\n")
        await reader.readline()
        writer.write(b"220 go ahead\r\n250-meddler\r\n250 AUTH PLAIN\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    async def dial() -> None:
        server = await asyncio.start_server(meddle, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await Wire(configuration.parse(f"smtp://127.0.0.1:{port}?starttls=required")).dial()

    with pytest.raises(Lost, match="before the connection was secure"):
        asyncio.run(dial())


def examined(sink: Sink, address: str) -> tuple[str, str]:
    """(state, finding) of the doctor, who has an event loop of his own."""

    async def look() -> tuple[str, str]:
        async with sink:
            (check,) = await asyncio.to_thread(relay, address.replace(":0?", f":{sink.port}?"))
        assert (check.state == "good") == (not check.remedy)
        return check.state, check.finding

    return asyncio.run(look())


@pytest.mark.usefixtures("trusted")
def test_the_doctor_tries_what_sending_does_and_sends_nothing(tls: ssl.SSLContext) -> None:
    sink = Sink(tls=tls, login=LOGIN)
    state, finding = examined(sink, url(sink, "&starttls=required", user=USER))
    assert state == "good" and finding.endswith("answers, encrypted, signed in")
    assert sink.commands["MAIL"] == 0
    state, finding = examined(
        sink := Sink(tls=tls, login=LOGIN), url(sink, "&starttls=required", user="a:b@")
    )
    assert state == "bad" and "535" in finding
    state, finding = examined(sink := Sink(), url(sink, "&starttls=required"))
    assert state == "bad" and "no STARTTLS" in finding
    state, finding = examined(sink := Sink(greeting="554 go away"), url(sink))
    assert state == "bad" and "554 go away" in finding
    (check,) = relay("smtp://127.0.0.1:1?starttls=never")
    assert check.state == "bad" and "firewall" in check.remedy


def test_the_doctor_names_a_certificate_that_is_not_good(tls: ssl.SSLContext) -> None:
    state, finding = examined(sink := Sink(tls=tls), url(sink, "&starttls=required"))
    assert state == "bad" and "certificate" in finding
