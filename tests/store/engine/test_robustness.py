"""What one person, one release or two publishers can do to everybody else: nothing."""

import os
import resource
import threading
import time
from typing import Any

import pytest

from slinga.engine import store
from slinga.engine.jobs import Definition, person_of, publish
from slinga.engine.model import FORMAT, Newer
from slinga.ingest import log
from slinga.ingest.model import CLAIMED, New
from slinga.kernel.clock import DAY, MINUTE, instant
from slinga.kernel.ids import bucket_of, person_key
from slinga.loops import make_worker
from slinga.runtime import clock
from slinga.runtime.db import Db, connect

LONG = bool(os.environ.get("SLINGA_LONG"))
START = instant("2026-03-02T10:00:00Z")
ANNA = person_key("user", "anna")
SAME_LANE = [
    k for k in (person_key("user", f"n{n}") for n in range(9_000)) if bucket_of(k) == bucket_of(ANNA)
][:20]
BOUGHT = {"op": "event", "name": "Order Completed"}


def event(person: str, name: str, **properties: Any) -> New:
    return New(person, "event", name, {"properties": properties}, trust=CLAIMED)


def append(db: Db, *items: New) -> None:
    with db.transaction():
        log.append(db, items)


def segment(key: str, condition: dict[str, Any]) -> Definition:
    return Definition("segment", key, {"key": key, "name": key, "condition": condition})


def applied(db: Db, key: str) -> int:
    person = person_of(db, key)
    return 0 if person is None else person.seq


@pytest.fixture
def begun(db: Db) -> Db:
    clock.freeze(db, START)
    publish(db, [segment("buyers", BOUGHT)], zone="Europe/Stockholm")
    return db


def test_a_crowd_of_inputs_of_one_person_delays_nobody_in_its_lane(begun: Db) -> None:
    append(begun, *[event(ANNA, "Page Viewed", path=f"/{n}") for n in range(5_000)])
    append(begun, *[event(person, "Order Completed", order_id=person) for person in SAME_LANE])
    worker = make_worker(begun)
    worker.tick()  # parks the crowd
    worker.tick()
    assert all(applied(begun, person) for person in SAME_LANE)
    assert 0 < applied(begun, ANNA) < 1_000
    append(begun, event(SAME_LANE[0], "Page Viewed"))
    worker.tick()
    assert applied(begun, SAME_LANE[0]) == 5_000 + len(SAME_LANE) + 1
    worker.drain()
    person = person_of(begun, ANNA)
    assert person is not None and person.seq == 5_000
    assert person.visits.current is not None and person.visits.current.pages == 5_000
    assert begun.execute("SELECT count(*) FROM parked").fetchone() == (0,)


def test_a_person_with_a_very_long_log_costs_others_and_memory_little(begun: Db) -> None:
    total = 1_000_000 if LONG else 20_000
    for first in range(0, total, 20_000):
        append(begun, *[event(ANNA, "Page Viewed", path=f"/{n % 50}") for n in range(first, first + 20_000)])
        clock.move(begun, 2 * DAY)  # as many a day as a person may have before the robot rule
    worker = make_worker(begun)
    worker.tick()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest, ticks = 0.0, 0
    while store.behind(begun, 1) or begun.execute("SELECT count(*) FROM parked").fetchone() != (0,):
        person = SAME_LANE[ticks % len(SAME_LANE)]
        append(begun, event(person, "Product Viewed", product_id=str(ticks)))
        seq = begun.execute("SELECT last_value FROM input_seq").fetchone()
        started = time.perf_counter()
        worker.tick()
        slowest = max(slowest, time.perf_counter() - started)
        assert (applied(begun, person),) == seq, "the next batch applied the others"
        ticks += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert ticks >= total / 250
    assert grown < 60_000, f"{grown} kB more for {total} events of one person"
    assert slowest < 5
    state = begun.execute("SELECT max(length(state)) FROM person").fetchone()
    assert state is not None and state[0] < 64_000


def test_a_state_of_a_newer_release_is_refused_and_nothing_changes(begun: Db) -> None:
    append(begun, event(ANNA, "Page Viewed"))
    worker = make_worker(begun)
    worker.drain()
    begun.execute("UPDATE person SET format = %s", (FORMAT + 1,))
    append(begun, event(ANNA, "Order Completed", order_id="o1"), event(SAME_LANE[0], "Page Viewed"))
    before = picture(begun)
    with pytest.raises(Newer):
        worker.tick()
    assert picture(begun) == before and store.behind(begun) == 2
    begun.execute("UPDATE person SET format = %s", (FORMAT,))
    worker.drain()
    person = person_of(begun, ANNA)
    assert person is not None and "buyers" in person.members


def picture(db: Db) -> list[Any]:
    tables = ("person", "fact", "lane", "parked", "message", "membership")
    return [db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]


def test_two_publishers_at_once_give_two_programs_that_hold_both(begun: Db, database_url: str) -> None:
    numbers: list[int] = []

    def one(key: str) -> None:
        with connect(database_url) as db:
            numbers.append(publish(db, [segment(key, BOUGHT)]))

    threads = [threading.Thread(target=one, args=(f"s{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [2, 3, 4, 5]
    assert set(make_worker(begun).program().segments) == {"buyers", "s0", "s1", "s2", "s3"}


def test_the_sweep_reaches_everybody_once(begun: Db) -> None:
    people = [person_key("user", f"p{n}") for n in range(1_500)]
    append(begun, *[event(person, "Order Completed", order_id=person) for person in people])
    worker = make_worker(begun)
    worker.drain()
    clock.move(begun, MINUTE)
    publish(begun, [segment("ever", BOUGHT)])
    assert worker.drain().adopted == len(people)
    assert begun.execute("SELECT count(*) FROM membership WHERE segment = 'ever'").fetchone() == (1_500,)
    adopted = begun.execute(
        "SELECT count(*), count(DISTINCT person) FROM fact WHERE kind = 'program_adopted'"
    )
    assert adopted.fetchone() == (1_500, 1_500)
    before = picture(begun)
    again = worker.drain()
    assert again.adopted == 0 and picture(begun) == before
    assert publish(begun, [segment("ever", BOUGHT)]) == 2
