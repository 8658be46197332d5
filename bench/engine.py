"""Events to durable state, beside a bare read-modify-write of the same rows.

In: 200,000 people with half a year behind them, 20 segments and 10 journeys live, 100,000 events by Zipf's
law waiting in the log, two workers. Out: events per second from the first batch until all is on disk.
Always true: the reference reads the very rows that the engine read, in batches of the same size and in as
many processes, and writes rows of the size and with the wake-ups that the engine wrote, to a copy.
"""

import multiprocessing as mp
import queue
import resource
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import psutil

from bench import workload
from bench.model import Figure, compared
from bench.scratch import database, say
from bench.seeding import give, unindexed
from bench.workload import batched
from slinga.engine import store
from slinga.engine.jobs import load, publish
from slinga.engine.model import Program
from slinga.ingest import log
from slinga.ingest.log import flush
from slinga.loops import make_worker
from slinga.runtime import clock
from slinga.runtime.db import Ats, Blobs, Db, Keys, connect

PEOPLE, EVENTS, KINDS, PROCESSES = 200_000, 100_000, 2_000, 2
FEW_LANES = 16
"""Lanes per transaction of the reference: about as many as a worker takes that has much to do."""


class Did(msgspec.Struct):
    """What one worker process did."""

    took: float
    inputs: int = 0
    people: int = 0
    facts: int = 0
    intents: int = 0
    wakes: int = 0
    ticks: int = 0
    cpu: float = 0.0
    peak_mb: float = 0.0


def run(scale: float = 1.0) -> list[Figure]:
    """The figures; `scale` multiplies people and events.

    Twice the same, for a page that is changed for the first time since a checkpoint goes into the log whole:
    right after one, when that concerns nearly every row, and then with most pages logged, unless the database
    begins its next checkpoint or cleans up meanwhile, as it does in production.
    """
    people, events = max(500, round(PEOPLE * scale)), max(500, round(EVENTS * scale))
    with database() as url:
        with connect(url) as db:
            program = prepare(db)
            crowd = workload.Crowd(people)
            seed(db, program, crowd, max(100, round(KINDS * min(1.0, scale))))
            fill(db, crowd, events)
            rest(db)
        figures = [_round(url, events, "right after a checkpoint")]
        with connect(url) as db:
            fill(db, crowd, events, events)
            db.execute("VACUUM ANALYZE input")
        return [*figures, _round(url, events, "as many after those")]


def _round(url: str, events: int, when: str) -> Figure:
    """Let the workers apply what waits, and then the reference read and write the same rows."""
    with connect(url) as db:
        (seen,) = db.execute("SELECT coalesce(max(cursor), 0) FROM lane").fetchone() or (0,)
    say(f"{PROCESSES} workers apply {events} events {when}")
    before = server_cpu(url)
    ours = abreast(work, [(url,)] * PROCESSES)
    spent = server_cpu(url) - before
    with connect(url) as db:
        rows, shares = reference_rows(db, ours, seen)
    say(f"the same {rows} rows read and written")
    before = server_cpu(url)
    barely = abreast(bare, [(url, share) for share in shares])
    bare_spent = server_cpu(url) - before
    with connect(url) as db:
        yielding = db.execute(
            "SELECT count(DISTINCT (f.person, f.seq)) FROM fact f WHERE f.seq > %(seen)s", {"seen": seen}
        ).fetchone()
        size = db.execute("SELECT avg(length(state)), max(length(state)) FROM person").fetchone()
    took, bare_took = max(d.took for d in ours), max(d.took for d in barely)
    applied = sum(d.inputs for d in ours)
    assert applied == events, f"{applied} of {events} events were applied"
    assert yielding is not None and size is not None
    touched = sum(d.people for d in ours)
    note = (
        f"{PROCESSES} workers; {applied / touched:.2f} events per person and batch, "
        f"{applied / sum(d.ticks for d in ours):.0f} per transaction; {100 * yielding[0] / events:.0f} % "
        f"yield facts ({sum(d.facts for d in ours) / events:.2f} per event), "
        f"{100 * sum(d.intents for d in ours) / events:.1f} % intents; states of {size[0]:.0f} bytes, "
        f"largest {size[1]}; CPU per event: workers {1e6 * sum(d.cpu for d in ours) / events:.0f} µs and "
        f"PostgreSQL {1e6 * spent / events:.0f}, bare {1e6 * sum(d.cpu for d in barely) / events:.0f} "
        f"and {1e6 * bare_spent / events:.0f}; peak of one worker {max(d.peak_mb for d in ours):.0f} MB"
    )
    return compared(
        f"events to durable state, {when}",
        events / took,
        "events/s",
        reference="bare read-modify-write of the same rows",
        reference_value=events / bare_took,
        ratio_at_least=0.5,
        at_least=10_000,
        note=note,
    )


def prepare(db: Db) -> Program:
    """Publish the definitions."""
    number = publish(db, workload.definitions(), zone=workload.ZONE)
    return load(db, number)


def seed(db: Db, program: Program, crowd: workload.Crowd, kinds: int) -> None:
    """Give everybody in the crowd a past: the pasts of `kinds` people, built by the engine."""
    say(f"{kinds} pasts")
    now = clock.now(db)
    models = workload.pasts(program, now, kinds)
    count = len(crowd.keys)
    say(f"{count} people")
    give(db, program, models, crowd.keys, [n * kinds // count for n in range(count)])


def rest(db: Db) -> None:
    """The copy for the reference, and a database that has nothing left to do."""
    say("the copy for the reference")
    with db.transaction():
        db.execute("CREATE TABLE bare (LIKE person INCLUDING ALL)")
        # as migration 0100 has it
        db.execute("ALTER TABLE bare SET (fillfactor = 70, toast_tuple_target = 8160)")
        with unindexed(db, "bare"):
            db.execute("INSERT INTO bare SELECT * FROM person")
    db.execute("VACUUM ANALYZE")
    db.execute("CHECKPOINT")


def fill(db: Db, crowd: workload.Crowd, events: int, first: int = 0) -> None:
    """Put the events into the log, numbered from `first`."""
    say(f"{events} events")
    for several in batched(workload.inputs(crowd, events, first), 2000):
        with db.transaction():
            log.append(db, several)


def work(url: str, ready: Any) -> Did:
    with connect(url) as db:
        worker = make_worker(db)
        worker.program()
        ready.wait()
        began, cpu, did = time.perf_counter(), time.process_time(), Did(0.0)
        while True:
            done = worker.tick()
            if done.idle:
                if not store.behind(db, 1):
                    on_disk(db)
                    did.took = time.perf_counter() - began
                    break
                continue
            did.took = time.perf_counter() - began
            did.inputs += done.inputs
            did.people += done.people
            did.facts += done.facts
            did.intents += done.intents
            did.wakes += done.wakes
            did.ticks += 1
        did.cpu = time.process_time() - cpu
        did.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        return did


Written = dict[str, tuple[int, int | None]]
"""The length of each state after the engine wrote it, and its wake-up."""
Batch = list[tuple[int, list[str], list[int], list[int | None]]]
"""By lane: keys, lengths of the states written, wake-ups written."""


def reference_rows(db: Db, ours: Sequence[Did], seen: int) -> tuple[int, list[list[Batch]]]:
    """The rows that the engine wrote for the log's events after `seen`, in batches of the same size."""
    lanes: dict[int, list[str]] = {}
    inputs = "SELECT bucket, person FROM input WHERE seq > %(seen)s ORDER BY bucket, seq"
    for bucket, person in db.execute(inputs, {"seen": seen}):
        lanes.setdefault(bucket, []).append(person)
    return reference_batches(db, ours, lanes)


def reference_batches(
    db: Db, ours: Sequence[Did], lanes: dict[int, list[str]]
) -> tuple[int, list[list[Batch]]]:
    """How many rows, and for each process its batches, with as many per lane and transaction."""
    after = {
        key: (length, wake)
        for key, length, wake in db.execute("SELECT key, length(state), wake_at FROM person")
    }
    total = sum(map(len, lanes.values()))
    each = max(1, round(total / sum(d.ticks for d in ours) / FEW_LANES))
    each = _as_many(lanes, each, sum(d.people for d in ours))
    shares = [_batches(lanes, each, after, n) for n in range(PROCESSES)]
    return sum(len(keys) for share in shares for batch in share for _, keys, _, _ in batch), shares


def _as_many(lanes: dict[int, list[str]], each: int, rows: int) -> int:
    """Inputs per lane and batch, about `each`, so that as many rows are touched as the engine touched.

    The engine's batches differ in size, and in larger ones more inputs share a row.
    """

    def touched(size: int) -> int:
        return sum(len(set(part)) for people in lanes.values() for part in batched(people, size))

    most = max(map(len, lanes.values()))
    while touched(each) > rows * 1.005 and each < most:
        each += max(1, each // 20)
    return each


def _batches(lanes: dict[int, list[str]], each: int, after: Written, share: int) -> list[Batch]:
    """The batches of one process: its own lanes, as a worker holds them, so that nobody waits for a row."""
    chunks = {
        bucket: batched(people, each) for bucket, people in lanes.items() if bucket % PROCESSES == share
    }
    parts: Batch = []
    while True:
        found = [(bucket, sorted(set(chunk))) for bucket, rest in chunks.items() for chunk in islice(rest, 1)]
        if not found:
            return [list(batch) for batch in batched(parts, FEW_LANES)]
        for bucket, keys in found:
            parts.append((bucket, keys, [after[k][0] for k in keys], [after[k][1] for k in keys]))


READ = "SELECT key, state FROM bare WHERE bucket = %(bucket)s AND key = ANY (%(keys)s::uuid[])"
WRITE = """
UPDATE bare SET state = new.state, wake_at = new.wake_at
FROM unnest(%(keys)s::uuid[], %(states)s::bytea[], %(wakes)s::timestamptz[]) AS new (key, state, wake_at)
WHERE bare.bucket = %(bucket)s AND bare.key = new.key
"""


def bare(url: str, batches: Sequence[Batch], ready: Any) -> Did:
    with connect(url) as db:
        db.execute("SET synchronous_commit = off")  # as the engine's transactions have it
        ready.wait()
        began, cpu = time.perf_counter(), time.process_time()
        people = 0
        for parts in batches:
            with db.transaction():
                with db.pipeline():
                    cursors = [
                        db.execute(READ, {"bucket": bucket, "keys": Keys(keys)})
                        for bucket, keys, _, _ in parts
                    ]
                    found: list[dict[str, bytes]] = [dict(cursor.fetchall()) for cursor in cursors]
                with db.pipeline():
                    for (bucket, keys, lengths, wakes), states in zip(parts, found, strict=True):
                        new = [
                            bytes(states[k])[:n].ljust(n, b"\0") for k, n in zip(keys, lengths, strict=True)
                        ]
                        changed = {"keys": Keys(keys), "states": Blobs(new), "wakes": Ats(wakes)}
                        db.execute(WRITE, {"bucket": bucket} | changed)
                        people += len(keys)
        on_disk(db)
        return Did(time.perf_counter() - began, people=people, cpu=time.process_time() - cpu)


def on_disk(db: Db) -> None:
    """Wait for the disk, which has everything committed before then."""
    db.execute("SET synchronous_commit = on")
    flush(db)


def server_cpu(url: str) -> float:
    """CPU seconds of PostgreSQL so far, ended sessions with it; 0 where it runs on another machine."""
    with connect(url) as db:
        (folder,) = db.execute("SHOW data_directory").fetchone() or ("",)
    spent = 0.0
    with suppress(OSError, psutil.Error):
        postmaster = psutil.Process(int((Path(folder) / "postmaster.pid").read_text().split()[0]))
        for process in postmaster.children():
            with suppress(psutil.Error):
                spent += sum(process.cpu_times()[:2])
        times = postmaster.cpu_times()
        spent += times.user + times.system + times.children_user + times.children_system
    return spent


def _child(work: Any, arguments: Any, ready: Any, results: Any) -> None:
    results.put(work(*arguments, ready))


def abreast(work: Any, arguments: Sequence[tuple[Any, ...]]) -> list[Did]:
    """Run `work` in a process for each of `arguments`, all beginning together."""
    context = mp.get_context("spawn")
    ready, results = context.Barrier(len(arguments)), context.Queue()
    children = [context.Process(target=_child, args=(work, each, ready, results)) for each in arguments]
    for child in children:
        child.start()
    found: list[Did] = []
    while len(found) < len(children):
        with suppress(queue.Empty):
            found.append(results.get(timeout=1))
        failed = [child.exitcode for child in children if child.exitcode]
        if failed:  # the others wait for nobody
            for child in children:
                child.terminate()
            raise RuntimeError(f"a process ended with exit code {failed[0]}")
    for child in children:
        child.join()
    return found
