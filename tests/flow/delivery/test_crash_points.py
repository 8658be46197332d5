"""Kill a courier at every named point of the send path, for both classes, with 1 and 50 in flight.

Nothing may be lost, no marketing sent twice, no more than what was in flight left uncertain.
"""

import asyncio
import os
import sys

import pytest

from slinga.delivery import store
from slinga.delivery.faults import POINTS
from slinga.kernel.clock import MINUTE, instant
from slinga.testing.outbox import deliver, freeze, intent, lose_leases, verdict
from slinga.testing.smtp_sink import Script, Sink

NOW = instant("2026-03-01T12:00:00Z")
LEASE_S = 0.3


async def killed_courier(database_url: str, sink: Sink, fault: str, in_flight: int, *notes: str) -> int:
    """Run a courier process with an armed fault; its exit status."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "slinga.testing.outbox", "--database", database_url, "--smtp", sink.url,
        "--in-flight", str(in_flight), "--lease", str(LEASE_S if "heartbeat" in fault else 60),
        *notes,
        env={**os.environ, "FAULT": fault},
    )  # fmt: skip
    return await asyncio.wait_for(process.wait(), 60)


@pytest.mark.parametrize("in_flight", [1, 50])
@pytest.mark.parametrize("message_class", ["marketing", "transactional"])
@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_loses_and_doubles_nothing(db, database_url, point, message_class, in_flight):
    freeze(db, NOW)
    planned = 3 if in_flight == 1 else 120
    with db.transaction():
        store.plan(db, [intent(f"m{n}", at=NOW, message_class=message_class) for n in range(planned)])
    nth = (
        1 if in_flight == 1 or point in ("after_lease", "after_attempt", "in_heartbeat", "in_recovery") else 2
    )
    slow = Script(delay_s=0.3) if point == "in_heartbeat" else Script()
    async with Sink(default=slow) as sink:
        if point == "in_recovery":
            assert await killed_courier(database_url, sink, "after_attempt:1", in_flight) == 137
            lose_leases(db)
        assert await killed_courier(database_url, sink, f"{point}:{nth}", in_flight) == 137
        lose_leases(db)
        sink.default = Script()
        await deliver(database_url, sink.url)
        await asyncio.sleep(0)
        books = verdict(db, sink.counts)
        assert (books.lost, books.unexpected, books.duplicated) == ([], [], [])
        assert len(books.unknown) <= in_flight
        counts = store.counts(db)
        assert counts.planned == planned == sum(counts.by_state.values())
        assert counts.open == 0

        freeze(db, NOW + 16 * MINUTE)
        await deliver(database_url, sink.url)
        after = verdict(db, sink.counts)
        assert (after.lost, after.unexpected, after.unmarked) == ([], [], [])
        if message_class == "marketing":
            assert after.duplicated == [] and after.unknown == books.unknown
        else:
            assert len(after.duplicated) <= in_flight and after.unknown == []
            assert len(sink.counts) == planned
        assert_one_event_each(db)


def assert_one_event_each(db):
    accepted = db.execute("SELECT count(*) FROM message WHERE state = 'accepted'").fetchone()[0]
    events = db.execute(
        "SELECT count(*), count(DISTINCT body->'properties'->>'message') FROM input"
        " WHERE name = 'Message Sent'"
    ).fetchone()
    assert events == (accepted, accepted)


@pytest.mark.parametrize(
    ("point", "begun"),
    [
        ("after_attempt", 0),
        ("after_mail", 0),
        ("mid_data", 0),
        ("after_dot", 4),
        ("before_settle_commit", 50),
    ],
)
async def test_what_was_not_begun_goes_out_at_once(db, database_url, tmp_path, point, begun):
    """Beside the notes of a killed courier nobody waits for its lease, and little is uncertain."""
    freeze(db, NOW)
    with db.transaction():
        store.plan(db, [intent(f"m{n}", at=NOW) for n in range(50)])
    async with Sink() as sink:
        assert await killed_courier(database_url, sink, f"{point}:1", 50, "--begun", str(tmp_path)) == 137
        assert len(list(tmp_path.iterdir())) == 1
        await deliver(database_url, sink.url, begun=tmp_path)
        books = verdict(db, sink.counts)
        assert (books.lost, books.unexpected, books.duplicated) == ([], [], [])
        assert len(books.unknown) <= begun
        assert len(sink.counts) >= 50 - begun
        assert store.counts(db).open == 0
        assert list(tmp_path.iterdir()) == []
