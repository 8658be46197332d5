"""A channel is exchanged while it is used: batches end where they began, the next one goes the new way."""

import asyncio

import pytest

from slinga.channels import changing
from slinga.channels.changing import Changing
from slinga.channels.email.smtp import Smtp
from slinga.channels.model import Parcel, Receipt, TryLater
from slinga.kernel.errors import Conflict
from slinga.testing.sink_thread import SinkThread

MAIL = b"Subject: Hello\r\n\r\nHello\r\n"


def parcel(number: int) -> Parcel:
    return Parcel(f"{number:032x}", f"p{number}@shop.example", MAIL)


def test_the_next_batch_goes_through_the_new_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "LOOK_EVERY_S", 0)
    with SinkThread() as first, SinkThread() as second:
        wanted = [first.url]
        made: list[str] = []

        def make(url: str) -> Smtp:
            made.append(url)
            return Smtp(url=url, secret=b"s" * 32)

        channel = Changing("email", lambda: wanted[0], make)

        async def run() -> None:
            await channel.open()
            begun = channel.send([parcel(1), parcel(2)])
            await anext(begun)
            wanted[0] = second.url
            async for _, result in channel.send([parcel(3)]):
                assert isinstance(result, Receipt)
            async for _, result in begun:
                assert isinstance(result, Receipt)
            async for _ in channel.send([parcel(4)]):
                pass
            await channel.close()

        asyncio.run(run())
        assert sorted(mail.recipient for mail in first.mails) == ["p1@shop.example", "p2@shop.example"]
        assert sorted(mail.recipient for mail in second.mails) == ["p3@shop.example", "p4@shop.example"]
        assert made == [first.url, second.url], "what has not changed is not made anew"


@pytest.mark.parametrize(
    "fault", [Conflict("Enter it anew."), FileNotFoundError("No such key, make it anew")]
)
def test_what_cannot_be_made_lets_mail_wait(fault: Exception) -> None:
    def make(url: str) -> Smtp:
        raise fault

    channel = Changing("email", lambda: "", make)

    async def run() -> None:
        await channel.open()
        ((_, result),) = [each async for each in channel.send([parcel(1)])]
        assert isinstance(result, TryLater) and "anew" in result.text
        await channel.close()

    asyncio.run(run())
