"""What one receiver says, or one row refuses, must not stop the messages of others."""

import asyncio

import psycopg
import pytest

from slinga.channels.model import Returned
from slinga.delivery import store
from slinga.delivery.book.store import key_maker
from slinga.delivery.jobs import Courier
from slinga.delivery.returns.store import Taken, take
from slinga.kernel.clock import instant
from slinga.runtime.db import open_pool
from slinga.testing.outbox import PEPPER, deliver, freeze, intent, lose_leases, setup
from slinga.testing.smtp_sink import Script, Sink

NOW = instant("2026-03-01T12:00:00Z")
ZERO = "250 2.0.0 taken \0 thank you"


def plan(db, *intents):
    with db.transaction():
        store.plan(db, intents)


@pytest.fixture
def frozen(db):
    freeze(db, NOW)
    return db


async def test_a_zero_byte_in_a_reply_is_left_out(frozen, database_url):
    plan(frozen, intent("odd", at=NOW), intent("fine", at=NOW))
    async with Sink({"odd@example.com": Script(data=ZERO)}) as sink:
        await deliver(database_url, sink.url)
    assert store.counts(frozen).by_state == {"accepted": 2}
    (words,) = frozen.execute("SELECT response FROM message WHERE send_key = 'odd'").fetchone()
    assert words == "2.0.0 taken  thank you"


async def test_a_result_that_cannot_be_written_leaves_the_others_written(frozen, database_url):
    plan(frozen, *[intent(f"m{n}", at=NOW) for n in range(20)])
    frozen.execute("ALTER TABLE attempt ADD CHECK (text NOT LIKE '%unwritable%')")
    async with Sink({"m7@example.com": Script(data="250 2.0.0 unwritable")}) as sink:
        await deliver(database_url, sink.url)
        assert store.counts(frozen).by_state == {"accepted": 19, "dialling": 1}
        lose_leases(frozen)
        await deliver(database_url, sink.url)
    assert store.counts(frozen).by_state == {"accepted": 19, "unknown": 1}


async def test_a_courier_that_recovers_no_more_ends(frozen, database_url):
    frozen.execute("ALTER TABLE message ADD CHECK (state <> 'unknown')")
    plan(frozen, intent("lost", at=NOW))
    frozen.execute("UPDATE message SET state = 'dialling'")
    lose_leases(frozen)
    frozen.execute("UPDATE message SET leased_until = '-infinity'")
    async with Sink() as sink:
        with open_pool(database_url, size=6) as pool:
            running = Courier(pool, setup(sink.url)).run(asyncio.Event())
            with pytest.raises(psycopg.errors.CheckViolation):
                await asyncio.wait_for(running, 20)


def test_a_zero_byte_in_a_returned_mail_is_left_out(frozen):
    plan(frozen, intent("back", at=NOW))
    frozen.execute("UPDATE message SET state = 'accepted'")
    word = Returned(
        store.message_name("back"), "bounce", "user_unknown", True, 550, "5.1.1", "no \0 such user"
    )
    assert take(frozen, word, key_maker(PEPPER)) is Taken.TAKEN
