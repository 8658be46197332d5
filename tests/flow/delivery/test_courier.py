"""Several couriers, slow receivers, shutdown: fairness and fencing on a real database."""

import asyncio
import os
import signal
import sys
import time

import pytest

from slinga.channels.email.config import Timeouts
from slinga.channels.model import Receipt
from slinga.delivery import jobs, store
from slinga.delivery.book.store import key_maker
from slinga.delivery.jobs import Courier
from slinga.kernel.clock import MINUTE, instant
from slinga.runtime.db import connect, open_pool
from slinga.testing.outbox import (
    DOMAIN,
    PEPPER,
    deliver,
    freeze,
    intent,
    lose_leases,
    permit,
    setup,
    verdict,
)
from slinga.testing.smtp_sink import Script, Sink

LONG = os.environ.get("SLINGA_LONG") == "1"
NOW = instant("2026-03-01T12:00:00Z")
key_of = key_maker(PEPPER)


def plan(db, *intents):
    with db.transaction():
        store.plan(db, intents)


async def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.01)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["receipt", "triggered"])
async def test_a_blast_delays_neither_a_receipt_nor_what_somebody_did(db, database_url, kind):
    """A blast of 200,000 in the long form; from what was planned to what the receiver has."""
    blast, letters = (200_000, 200) if LONG else (4_000, 10)
    freeze(db, NOW)
    for first in range(0, blast, 2_000):
        some = range(first, first + 2_000)
        plan(db, *[intent(f"b{n}", at=NOW, to=f"b{n}@gmail.com", journey="broadcast.news") for n in some])
    over = (
        {"message_class": "transactional", "journey": "order"} if kind == "receipt" else {"journey": "cart"}
    )
    stop = asyncio.Event()
    async with Sink(default=Script(delay_s=0.005), keep=False) as sink:
        with open_pool(database_url, size=6) as pool:
            courier = Courier(pool, setup(sink.url, poll_s=0.05))
            running = asyncio.create_task(courier.run(stop))
            await until(lambda: sum(sink.counts.values()) > 200)
            waits = []
            for n in range(letters):
                began = time.monotonic()
                plan(db, intent(f"r{n}", at=NOW, to=f"r{n}@gmail.com", **over))
                await until(lambda n=n: sink.recipients[f"r{n}@gmail.com"])
                waits.append(time.monotonic() - began)
            sent = sum(1 for name in sink.recipients if name.startswith("b"))
            stop.set()
            await running
    assert sent < blast, "the blast was over before the letters: nothing was shown"
    slowest = sorted(waits)[int(letters * 0.99) - 1]
    middle = sorted(waits)[letters // 2]
    print(f"{kind}: p50 {middle:.2f} s, p99 {slowest:.2f} s; {sent} sent meanwhile")
    assert slowest < (10 if LONG else 2)
    assert verdict(db, sink.counts).duplicated == []


async def test_a_lane_that_hangs_leaves_the_others_their_speed(db, database_url):
    freeze(db, NOW)
    plan(db, *[intent(f"s{n}", at=NOW, to=f"s{n}@yahoo.com") for n in range(300)])
    plan(db, *[intent(f"g{n}", at=NOW, to=f"g{n}@gmail.com") for n in range(600)])
    stop = asyncio.Event()
    async with Sink({"yahoo.com": Script(delay_s=30)}) as sink:
        with open_pool(database_url, size=6) as pool:
            running = asyncio.create_task(Courier(pool, setup(sink.url, grace_s=0.2)).run(stop))
            await until(lambda: len(sink.counts) == 600)
            stop.set()
            await running
    counts = store.counts(db).by_state
    assert counts["accepted"] == 600 and "unknown" not in counts and counts.get("leased", 0) == 0


async def test_several_hanging_receivers_leave_the_others_their_speed(db, database_url):
    """Four lanes that never answer: together they would have every connection there is."""
    freeze(db, NOW)
    stuck = ("yahoo.com", "outlook.com", "icloud.com", "stuck.example")
    for domain in stuck:
        plan(db, *[intent(f"{domain}{n}", at=NOW, to=f"s{n}@{domain}") for n in range(100)])
    plan(db, *[intent(f"g{n}", at=NOW, to=f"g{n}@gmail.com") for n in range(600)])
    stop = asyncio.Event()
    async with Sink({domain: Script(delay_s=60) for domain in stuck}) as sink:
        with open_pool(database_url, size=6) as pool:
            running = asyncio.create_task(Courier(pool, setup(sink.url, grace_s=0.2)).run(stop))
            began = time.monotonic()
            await until(lambda: len(sink.counts) == 600, 60)
            took = time.monotonic() - began
            stop.set()
            await running
    assert took < 30
    dialled = db.execute("SELECT count(*) FROM attempt WHERE outcome <> 'accepted'").fetchone()[0]
    assert dialled <= 4 * 4, "a receiver that hangs holds no more than its first few messages"


async def test_eight_couriers_send_each_message_once(db, database_url):
    freeze(db, NOW)
    plan(db, *[intent(f"m{n}", at=NOW) for n in range(800)])
    async with Sink() as sink:
        sizes = {"in_flight": 40, "per_lane": 20, "batch": 10}
        await asyncio.gather(*[deliver(database_url, sink.url, **sizes) for _ in range(8)])
        books = verdict(db, sink.counts)
    assert (books.lost, books.unexpected, books.duplicated, books.unknown) == ([], [], [], [])
    assert len(sink.counts) == 800


async def test_a_courier_that_slept_is_fenced_off(db, database_url):
    """Stop a process in mid-air, let its leases end and another do the work, wake it up.

    It may have been stopped inside a transaction, whose locks the server must take back.
    """
    db.execute(f"ALTER DATABASE {db.info.dbname} SET idle_in_transaction_session_timeout = '500ms'")
    freeze(db, NOW)
    plan(db, *[intent(f"m{n}", at=NOW) for n in range(400)])
    async with Sink(default=Script(delay_s=0.01)) as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "slinga.testing.outbox", "--database", database_url, "--smtp", sink.url,
            "--in-flight", "50", "--lease", "1", env={**os.environ, "FAULT": ""},
        )  # fmt: skip
        await until(lambda: len(sink.counts) > 60)
        process.send_signal(signal.SIGSTOP)
        lose_leases(db)
        await deliver(database_url, sink.url)
        await asyncio.sleep(1)
        process.send_signal(signal.SIGCONT)
        await asyncio.wait_for(process.wait(), 30)
        lose_leases(db)
        await deliver(database_url, sink.url)
        books = verdict(db, sink.counts)
    assert (books.lost, books.unexpected, books.duplicated) == ([], [], [])
    assert len(books.unknown) <= 50
    assert store.counts(db).open == 0


def claimed(db, worker):
    """What a courier of this name gets on record; the lease is a long one."""
    with db.transaction():
        found = [message for stream in store.streams(db) for message in store.claim(db, stream, 10)]
        return store.register(db, worker, found, permit, key_of, DOMAIN, lease_s=60)


def test_what_is_claimed_is_nobody_elses_and_a_claim_that_ends_early_changed_nothing(db, database_url):
    freeze(db, NOW)
    plan(db, intent("m", at=NOW))
    with db.transaction(force_rollback=True):
        (stream,) = store.streams(db)
        assert len(store.claim(db, stream, 10)) == 1
        with connect(database_url) as other:
            assert claimed(other, "two") == []
    assert store.counts(db).by_state == {"planned": 1}
    assert len(claimed(db, "one")) == 1 and claimed(db, "two") == []


def test_an_old_lease_can_write_nothing(db):
    freeze(db, NOW)
    plan(db, intent("m", at=NOW, message_class="transactional"))
    (old,) = claimed(db, "one")
    lose_leases(db)
    assert store.recover(db) == (0, 1, 0)
    freeze(db, NOW + 16 * MINUTE)
    assert store.recover(db) == (0, 0, 1)
    (new,) = claimed(db, "two")
    assert new.epoch == old.epoch + 1
    assert store.settle(db, [(old, Receipt())], key_of) == []
    assert store.counts(db).by_state == {"dialling": 1}
    assert len(store.settle(db, [(new, Receipt())], key_of)) == 1


async def test_slow_writing_leaves_the_rest_for_later(db, database_url, monkeypatch):
    monkeypatch.setattr(jobs, "_WRITING_S", 0.0)
    freeze(db, NOW)
    plan(db, *[intent(f"m{n}", at=NOW) for n in range(5)])
    async with Sink() as sink:
        await deliver(database_url, sink.url)
        assert len(sink.counts) == 5
    assert store.counts(db).by_state == {"accepted": 5}


async def test_sigterm_finishes_what_is_in_flight(db, database_url):
    freeze(db, NOW)
    plan(db, *[intent(f"m{n}", at=NOW) for n in range(500)])
    async with Sink(default=Script(delay_s=0.02)) as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "slinga.testing.outbox", "--database", database_url, "--smtp", sink.url,
            "--forever", env={**os.environ, "FAULT": ""},
        )  # fmt: skip
        await until(lambda: len(sink.counts) > 20)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 30) == 0
    counts = store.counts(db).by_state
    assert set(counts) == {"accepted", "planned"} and counts["accepted"] == len(sink.counts)


async def test_the_end_of_the_grace_leaves_only_the_unanswered_in_doubt(db, database_url):
    freeze(db, NOW)
    plan(db, *[intent(f"m{n}", at=NOW) for n in range(30)], intent("hangs", at=NOW))
    stop = asyncio.Event()
    async with Sink({"hangs@example.com": Script(hang_after_dot=True)}) as sink:
        with open_pool(database_url, size=4) as pool:
            running = asyncio.create_task(Courier(pool, setup(sink.url, grace_s=0.3)).run(stop))
            await until(lambda: len(sink.counts) == 31)
            stop.set()
            await asyncio.wait_for(running, 15)
    assert store.counts(db).by_state == {"accepted": 30, "unknown": 1}
    (row,) = db.execute("SELECT send_key FROM message WHERE state = 'unknown'").fetchall()
    assert row == ("hangs",)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_receivers_of_every_bad_kind_leave_the_others_their_speed(db, database_url):
    """Half a minute a reply, nine after the dot, cut in the middle, 421 and silence for a greeting."""
    good, reply_s, dot_s = (20_000, 30.0, 540.0) if LONG else (600, 1.0, 2.0)
    freeze(db, NOW)
    scripts = {
        "yahoo.com": Script(delay_s=reply_s),
        "icloud.com": Script(dot_delay_s=dot_s),
        "outlook.com": Script(reset_mid_data=True),
    }

    def letters(name: str, count: int, domain: str) -> None:
        for first in range(0, count, 2_000):
            some = range(first, min(count, first + 2_000))
            plan(db, *[intent(f"{name}{n}", at=NOW, to=f"{name}{n}@{domain}") for n in some])

    def taken(name: str) -> int:
        return sum(1 for to in sink.recipients if to.startswith(name))

    async def rate(name: str) -> float:
        began = time.monotonic()
        await until(lambda: taken(name) == good, 1200)
        return good / (time.monotonic() - began)

    stop = asyncio.Event()
    async with Sink(scripts, keep=False, first_greetings=("", "", "421 4.3.2 no", "421 4.3.2 no")) as sink:
        with open_pool(database_url, size=6) as pool:
            greeting = Timeouts().greeting if LONG else 1.5
            courier = Courier(pool, setup(sink.url, timeouts=Timeouts(greeting=greeting), grace_s=5))
            letters("dead", 4, "dead.example")
            running = asyncio.create_task(courier.run(stop))
            await until(lambda: not sink.first_greetings)
            letters("alone", good, "gmail.com")
            alone = await rate("alone")
            letters("slow", 12, "yahoo.com")
            letters("late", 4, "icloud.com")
            letters("cut", 12, "outlook.com")
            await until(lambda: taken("late") > 0 and sink.commands["DATA"])
            letters("beside", good, "gmail.com")
            beside = await rate("beside")
            await until(lambda: store.counts(db).by_state.get("accepted", 0) >= 2 * good + 12 + 4, 2400)
            stop.set()
            await running
        books = verdict(db, sink.counts)
    print(f"alone {alone:.0f}/s, beside the bad ones {beside:.0f}/s")
    assert (books.duplicated, books.unexpected) == ([], [])
    doubtful = db.execute("SELECT DISTINCT address, attempts FROM message WHERE state = 'unknown'").fetchall()
    assert {(to.partition("@")[2], tries) for to, tries in doubtful} <= {("outlook.com", 1)}
    assert beside >= alone * (0.9 if LONG else 0.5)
    counts = store.counts(db)
    assert counts.planned == 2 * good + 32 == sum(counts.by_state.values())


async def test_receivers_of_every_bad_kind_at_once(db, database_url):
    freeze(db, NOW)
    scripts = {
        "late.example": Script(delay_s=0.2),
        "hang.example": Script(hang_after_dot=True),
        "reset.example": Script(reset_mid_data=True),
        "closed.example": Script(rcpt="421 4.3.2 closing"),
        "cut.example": Script(drop_after_dot=True),
    }
    plan(
        db,
        *[intent(f"{n}{d}", at=NOW, to=f"{n}@{d}") for d in [*scripts, "good.example"] for n in range(20)],
    )
    async with Sink(scripts) as sink:
        await deliver(database_url, sink.url, timeouts=Timeouts(dot=0.3))
        books = verdict(db, sink.counts)
    assert (books.duplicated, books.unexpected) == ([], [])
    assert sum(1 for name in sink.recipients if name.endswith("good.example")) >= 1
    counts = store.counts(db)
    assert counts.planned == 120 == sum(counts.by_state.values())
    assert counts.by_state.get("dialling", 0) == counts.by_state.get("leased", 0) == 0
