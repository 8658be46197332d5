"""A storm of timers: 100,000 people whose wake-ups fall due at one moment.

In: 200,000 people with half a year behind them, 20 segments and 10 journeys live, half of whom looked at
something three hours ago and wait in a journey; then the clock jumps to where their waits are over.
Out: timers applied per second, from the first batch to the last commit.
Always true: each timer is applied at its own instant; the reference reads and writes the same rows barely.
"""

from bench import workload
from bench.engine import Did, abreast, bare, prepare, reference_batches, rest, server_cpu, work
from bench.model import Figure, compared
from bench.scratch import database, say
from bench.seeding import give
from slinga.engine.advance import advance_many
from slinga.engine.model import Batch, Person, Program, decode, encode
from slinga.ingest.model import CLAIMED, Input
from slinga.kernel.clock import HOUR, MINUTE, Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime import clock
from slinga.runtime.db import connect

TIMERS, KINDS, PROCESSES = 100_000, 1_000, 2


def run(scale: float = 1.0) -> list[Figure]:
    """The figure; `scale` multiplies people and timers."""
    timers = max(500, round(TIMERS * scale))
    with database() as url:
        with connect(url) as db:
            program = prepare(db)
            crowd, kinds = workload.Crowd(2 * timers), max(100, round(KINDS * min(1.0, scale)))
            now = clock.now(db)
            clock.freeze(db, now)
            say(f"{kinds} pasts")
            models = [_visiting(program, person, now) for person in workload.pasts(program, now, kinds)]
            due = sorted(n for n in range(kinds) if _due(models[n], now + HOUR))
            others = sorted(set(range(kinds)) - set(due))
            say(f"{len(crowd.keys)} people, {timers} of them with a timer due within the hour")
            assert due and others, "some wait and some do not"
            chosen = [
                due[n // 2 % len(due)] if n % 2 else others[n // 2 % len(others)] for n in range(2 * timers)
            ]
            give(db, program, models, crowd.keys, chosen)
            touched = [key for n, key in enumerate(crowd.keys) if n % 2]
            rest(db)
            clock.freeze(db, now + HOUR)
        say(f"{PROCESSES} workers")
        before = server_cpu(url)
        ours = abreast(work, [(url,)] * PROCESSES)
        spent = server_cpu(url) - before
        with connect(url) as db:
            lanes: dict[int, list[str]] = {}
            for key in touched:
                lanes.setdefault(bucket_of(key), []).append(key)
            rows, shares = reference_batches(db, ours, lanes)
            (late,) = db.execute("SELECT count(*) FROM person WHERE wake_at <= slinga_now()").fetchone() or (
                0,
            )
        say(f"the same {rows} rows read and written")
        barely = abreast(bare, [(url, share) for share in shares])
    return [_figure(ours, barely, timers, late, spent)]


def _visiting(program: Program, person: Person, now: Instant) -> Person:
    """Somebody whom a page view a quarter of an hour ago gave a visit that will end by itself."""
    seen = decode(encode(person))
    body = {"properties": {"path": "/tea"}}
    at = now - 15 * MINUTE
    item = Input("event", at, seq=seen.seq + 1, name="Page Viewed", body=body, trust=CLAIMED, occurred_at=at)
    if int(person.key[:2], 16) % 2:
        advance_many(seen, [item], program, now, Batch())
    return seen


def _due(person: Person, until: Instant) -> bool:
    return person.wake_at is not None and person.wake_at <= until


def _figure(ours: list[Did], barely: list[Did], timers: int, late: int, spent: float) -> Figure:
    took, wakes = max(did.took for did in ours), sum(did.wakes for did in ours)
    assert not late, f"{late} timers were left"
    assert wakes >= timers, f"{wakes} of {timers} timers were applied"
    note = (
        f"{PROCESSES} workers; {sum(did.facts for did in ours) / wakes:.2f} facts and "
        f"{sum(did.intents for did in ours) / wakes:.2f} sends per timer; CPU per timer: workers "
        f"{1e6 * sum(did.cpu for did in ours) / wakes:.0f} µs and PostgreSQL {1e6 * spent / wakes:.0f}; peak "
        f"of one worker {max(did.peak_mb for did in ours):.0f} MB"
    )
    return compared(
        "timers due at once",
        wakes / took,
        "timers/s",
        reference="bare read-modify-write of the same rows",
        reference_value=timers / max(did.took for did in barely),
        at_least=5_000,
        note=note,
    )
