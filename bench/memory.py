"""Memory of `slinga serve` with PostgreSQL: idle after the start, and after each part of a million events.

In: a scale for the number of events. Out: megabytes, and megabytes per million events.
Always true: shared pages count once (PSS), and PostgreSQL's processes count; the events come over HTTP, are
applied by the worker under twenty segments and ten journeys, and each measurement waits until nothing is left
to do.
"""

import os
import time

from bench import workload
from bench.ingest import load, requests
from bench.latency import BRAND, drained, serving
from bench.load import Plan
from bench.memory_of import parts
from bench.model import Figure, bounded
from bench.scratch import directory, say
from slinga.access.jobs import add_key
from slinga.engine.jobs import Definition, publish
from slinga.runtime.db import connect

EVENTS = 1_000_000
PARTS = 5
SETTLE_S = 6.0


def run(scale: float = 1.0) -> list[Figure]:
    """Idle, after the events, and the slope between the second and the last part."""
    events = max(2_000, int(EVENTS * scale))
    with directory() as path, serving(path, os.environ.get("SLINGA_DATABASE_URL", "")) as (port, pid, url):
        with connect(url) as db:
            publish(db, [*workload.definitions(), Definition("brand", "brand", BRAND)], zone=workload.ZONE)
            key = add_key(db, "write", "bench", trust=2)
        settle = SETTLE_S if scale >= 0.1 else 1.0
        time.sleep(settle)
        held = [_held(pid)]
        for number in range(PARTS):
            plan = Plan(port, 4, 600, requests(key, events // PARTS // 100, 100, seed=number))
            done = load(path, plan)
            assert not done.failed, f"{done.failed} requests failed"
            with connect(url) as db:
                drained(db)
            time.sleep(settle)
            held.append(_held(pid))
            say(f"  {(number + 1) * events // PARTS:,} events: {held[-1]:.0f} MB")
    course = ", ".join(f"{mb:.0f}" for mb in held)
    # The first part fills PostgreSQL's buffers and the programs' caches; after it nothing may grow.
    slope = (held[-1] - held[1]) / (events * (PARTS - 1) / PARTS / 1e6)
    note = f"{events:,} events in {PARTS} parts; idle MB from the start on: {course}"
    return [
        bounded("idle after the start", held[0], "MB", at_most=400),
        bounded(f"idle after {events:,} events", held[-1], "MB", at_most=400, note=note),
        Figure(
            "growth after the first fifth",
            max(slope, 0.001),
            "MB per million events",
            wanted="flat: at most 20 MB per million events",
            met=slope <= 20,
        ),
    ]


def _held(pid: int) -> float:
    return sum(parts(pid).values())
