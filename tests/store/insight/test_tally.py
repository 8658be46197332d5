"""Sums kept behind cursors: exactly what counting everything at once would give, and what the rows say."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from slinga.demo.definitions import ZONE, documents
from slinga.engine.jobs import Definition, publish
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.insight.counting import store
from slinga.insight.jobs import Counter, backfill, correct, rebuild, state, tally, tally_once
from slinga.kernel.clock import DAY, instant
from slinga.kernel.ids import person_key
from slinga.loops import make_worker
from slinga.privacy.aging.store import forget_events
from slinga.privacy.aging.store import tell as tell_kept
from slinga.runtime import clock
from slinga.runtime.db import Db, connect
from slinga.segments.store import save_projection
from slinga.testing.story import BEGIN, tell
from slinga.testing.swarm import Swarm

SUMS = """SELECT what, key, day, version, part, other, detail, extra, count, value FROM tally
          WHERE count <> 0 OR value <> 0 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"""
STAYS = "SELECT * FROM stay ORDER BY 1, 2, 3, 4, 5, 6"
STOCK = """SELECT key, part, other, sum(count)::bigint FROM tally WHERE what = 'stock' GROUP BY 1, 2, 3
           HAVING sum(count) <> 0 ORDER BY 1, 2, 3"""
POSITIONS = (
    "SELECT model, stage, coalesce(status, ''), count(*) FROM position GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
SIZES = """SELECT key, sum(count)::bigint FROM tally WHERE what = 'size' GROUP BY 1
           HAVING sum(count) <> 0 ORDER BY 1"""
MEMBERS = "SELECT segment, count(*) FROM membership GROUP BY 1 ORDER BY 1"
RUNS = "SELECT person, id, journey, version, node, about, entered_at, since, due_at FROM run ORDER BY 1, 2"


def rows(db: Db, text: str) -> list[Any]:
    return db.execute(text).fetchall()


def prepare(db: Db) -> None:
    clock.freeze(db, BEGIN)
    found = [Definition(kind, key, document) for kind, key, document in documents("https://shop.example")]
    publish(db, found, zone=ZONE)


def live(db: Db) -> Iterator[None]:
    """A made-up half year, applied by one worker."""
    prepare(db)
    worker = make_worker(db)
    for step in tell(3, people=40, steps=60, events=12):
        clock.freeze(db, step.at)
        with db.transaction():
            log.append(db, step.inputs)
        worker.drain()
        yield


def test_portions_sum_to_the_whole_and_to_what_stands(db: Db) -> None:
    for n, _ in enumerate(live(db)):
        if n % 3 == 0:
            tally_once(db)
    tally(db)
    assert tally(db) == 0
    assert rows(db, STOCK) == rows(db, POSITIONS)
    assert rows(db, SIZES) == rows(db, MEMBERS)
    assert correct(db) == 0
    kept, stays = rows(db, SUMS), rows(db, STAYS)
    whats = {row[0] for row in kept}
    assert whats >= {
        "move", "flow", "stock", "size", "segment_entered", "segment_left", "run_entered", "run_ended",
        "step", "visit", "event", "order", "order_in", "entry_touch", "touch", "consent", "hourly",
    }  # fmt: skip
    assert {row[0] for row in stays} >= {"stage", "segment", "node", "run"}
    rebuild(db)
    assert sorted(set(rows(db, SUMS)) ^ set(kept)) == []
    assert sorted(set(rows(db, STAYS)) ^ set(stays)) == []


def test_newer_kinds_are_told_until_all_is_counted_anew(db: Db) -> None:
    for _ in live(db):
        pass
    assert state(db).share < 0.01
    db.execute("INSERT INTO tally VALUES ('order', '', '2026-02-01', 0, '', '', '', '', 1, 1)")
    Counter(save_projection).turn(db)
    assert state(db).older_since is not None, "days were counted before this kind came"
    told: list[float] = []
    rebuild(db, told.append)
    assert told == sorted(told) and told[-1] == 1.0
    assert state(db) == (1.0, None, None, None)


def count_on(db: Db, counter: Counter, steps: int) -> None:
    for _ in range(steps):
        counter._next = counter._anew_at = 0.0
        counter.turn(db)
        counter._anew_at = 0.0
        counter.turn(db)


def gens(db: Db) -> set[int]:
    tables = ("tally_row", "stay_row", "counted_order", "counted_buyer", "product", "tally_cursor")
    return {gen for table in tables for (gen,) in rows(db, f"SELECT DISTINCT gen FROM {table}")}


def test_an_older_form_is_counted_anew_by_itself_beside_what_pages_read(
    db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in live(db):
        tally(db)
    correct(db)
    whole, stays = rows(db, SUMS), rows(db, STAYS)
    # As an older release left it: without some kinds, with another form.
    db.execute("DELETE FROM tally_row WHERE what IN ('arm_squares', 'hour')")
    db.execute("UPDATE tally_form SET form = 1")
    older = rows(db, SUMS)
    counter = Counter(save_projection)
    count_on(db, counter, 3)
    assert state(db).anew is None, "not before it is known what is kept"
    tell_kept(db, "events", "never")
    tell_kept(db, "anonymous", "13mo")
    monkeypatch.setattr("slinga.insight.counting.jobs.EACH", 20)
    shares = []
    while (found := state(db)).older_since is not None or found.anew is not None:
        assert rows(db, SUMS) == older, "pages read the sums of before until the new ones are whole"
        shares.append(found.anew or 0.0)
        if len(shares) % 5 == 0:
            counter = Counter(save_projection)  # the process was ended and begun again
        count_on(db, counter, 1)
    assert len(shares) > 5 and shares == sorted(shares) and 0 < shares[-2] < 1
    count_on(db, counter, 30)
    assert sorted(set(rows(db, SUMS)) ^ set(whole)) == [] and sorted(set(rows(db, STAYS)) ^ set(stays)) == []
    assert rows(db, STOCK) == rows(db, POSITIONS) and gens(db) == {1}, "what is left of the older is removed"


def test_days_that_are_no_longer_whole_are_taken_over(db: Db) -> None:
    for _ in live(db):
        tally(db)
    correct(db)
    whole, stays = rows(db, SUMS), rows(db, STAYS)
    tell_kept(db, "events", "2mo")
    tell_kept(db, "anonymous", "never")
    assert forget_events(db, clock.now(db) - 2 * 31 * DAY) > 0
    db.execute("UPDATE tally_form SET form = 1")
    count_on(db, Counter(save_projection), 300)
    assert state(db).older_since is None and state(db).taken_over is not None
    assert sorted(set(rows(db, SUMS)) ^ set(whole)) == [] and sorted(set(rows(db, STAYS)) ^ set(stays)) == []


def test_where_nothing_was_counted_before_all_kinds_count(db: Db) -> None:
    Counter(save_projection).turn(db)
    assert state(db) == (1.0, None, None, None)


def test_what_is_counted_at_once_from_nothing_is_of_the_newest_form(db: Db) -> None:
    tally(db)
    db.execute("INSERT INTO tally VALUES ('order', '', '2026-02-01', 0, '', '', '', '', 1, 1)")
    assert state(db).older_since is None


def test_each_event_and_order_counts_once_through_merges(db: Db) -> None:
    for _ in live(db):
        tally(db)
    counted = dict(rows(db, "SELECT key, sum(count)::bigint FROM tally WHERE what = 'event' GROUP BY 1"))
    story = [item for step in tell(3, people=40, steps=60, events=12) for item in step.inputs]
    for name in ("Page Viewed", "Product Viewed", "Product Added", "Signed Up"):
        assert counted[name] == sum(1 for item in story if item.name == name), name
    orders = {
        item.body["properties"]["order_id"]: item.body["properties"]["total"]
        for item in story
        if item.name == "Order Completed"
    }
    found = rows(db, "SELECT sum(count)::bigint, sum(value) FROM tally WHERE what = 'order'")
    assert found == [(len(orders), sum(orders.values()))]


def test_one_order_counts_once_net_of_refunds(db: Db) -> None:
    prepare(db)
    anna, bo = person_key("user", "anna"), person_key("anonymous", "bo")

    def say(person: str, name: str, **properties: Any) -> None:
        with db.transaction():
            log.append(db, [New(person, "event", name, {"properties": properties})])
        make_worker(db).drain()
        tally(db)

    say(bo, "Order Completed", order_id="o1", total=100, currency="SEK")
    say(anna, "Order Completed", order_id="o1", total=100, currency="SEK")  # the shop's own report
    say(anna, "Order Refunded", order_id="o1", total=30)
    say(anna, "Order Refunded", order_id="o1", total=30)  # said twice
    say(anna, "Order Refunded", order_id="o1", total=40)  # ten more
    say(anna, "Order Completed", order_id="o2", total="12.50", currency="SEK")
    say(anna, "Order Cancelled", order_id="o2")
    say(anna, "Order Refunded", order_id="unheard of", total=1000)
    text = """SELECT what, part, other, count, value::text FROM tally WHERE what IN ('order', 'refund')
              ORDER BY 1, 2"""
    assert rows(db, text) == [
        ("order", "again", "SEK", 1, "12.50"),
        ("order", "first", "SEK", 1, "100"),
        ("refund", "again", "SEK", 1, "12.50"),
        ("refund", "first", "SEK", 0, "40"),
    ]
    kept = rows(db, SUMS)
    rebuild(db)
    assert rows(db, SUMS) == kept
    # Told in the other order, on another day: the order's own day is what changes.
    say(anna, "Order Refunded", order_id="o3", total=20)
    say(anna, "Order Completed", order_id="o3", total=50, currency="EUR")
    day = clock.now(db)
    clock.freeze(db, day + 3 * DAY)
    say(anna, "Order Refunded", order_id="o3", total=50)
    text = """SELECT what, sum(count)::int, sum(value)::int, count(DISTINCT day) FROM tally
              WHERE 'EUR' IN (other, detail) AND what NOT LIKE 'arm%' GROUP BY 1 ORDER BY 1"""
    assert rows(db, text) == [
        ("hourly", 0, 0, 1), ("order", 1, 50, 1), ("order_in", 0, 0, 1), ("refund", 1, 50, 1)
    ]  # fmt: skip


def test_days_are_the_workspaces(db: Db) -> None:
    prepare(db)
    clock.freeze(db, instant("2026-03-02T23:30:00Z"))  # half past midnight in Stockholm
    with db.transaction():
        log.append(db, [New(person_key("user", "anna"), "event", "Signed Up", {"properties": {}})])
    make_worker(db).drain()
    tally(db)
    text = "SELECT day::text FROM tally WHERE what = 'event' AND key = 'Signed Up'"
    assert rows(db, text) == [("2026-03-03",)]
    text = "SELECT day::text, part FROM tally WHERE what = 'hourly' AND key = 'events'"
    assert rows(db, text) == [("2026-03-03", "00")]


def test_a_correction_brings_back_what_an_erasure_took(db: Db) -> None:
    for _ in live(db):
        pass
    tally(db)
    db.execute("DELETE FROM position WHERE bucket % 3 = 0")
    db.execute("DELETE FROM membership WHERE bucket % 3 = 0")
    clock.freeze(db, clock.now(db) + DAY)
    assert correct(db)
    assert rows(db, STOCK) == rows(db, POSITIONS)
    assert rows(db, SIZES) == rows(db, MEMBERS)
    assert correct(db) == 0


def test_runs_of_older_states_get_their_rows(db: Db) -> None:
    for n, _ in enumerate(live(db)):
        if n == 30:
            break
    kept = rows(db, RUNS)
    assert kept
    db.execute("TRUNCATE run")
    while backfill(db, save_projection):
        pass
    assert rows(db, RUNS) == kept
    assert store.without_runs(db) is None


def test_a_turn_counts_pauses_and_survives_a_fault(db: Db) -> None:
    def broken(db: Db, people: Any) -> None:
        raise ValueError("broken")

    for n, _ in enumerate(live(db)):
        if n == 30:
            break
    counter = Counter(broken)
    assert not counter.turn(db)  # where somebody has runs and no rows for them yet
    assert store.without_runs(db) is not None
    counter = Counter(save_projection)
    while counter.turn(db):
        pass
    assert store.behind(db, 0) == 0 and store.without_runs(db) is None
    assert not counter.turn(db)
    assert rows(db, STOCK) == rows(db, POSITIONS)


@pytest.mark.long
def test_counting_beside_killed_workers_loses_nothing(db: Db, database_url: str) -> None:
    """A bucket's facts appear in the order of their ids, so a cursor never passes one that comes in later."""
    prepare(db)
    rounds, fault, done = 0, [], False

    def counting() -> None:
        nonlocal rounds
        try:
            with connect(database_url) as own:
                while not done:
                    tally_once(own)
                    rounds += 1
        except Exception as problem:
            fault.append(problem)

    thread = Thread(target=counting)
    with Swarm(database_url, 3, seed=5) as swarm:
        thread.start()
        for step in tell(5, people=60, steps=40, events=25, crowd=300):
            clock.freeze(db, step.at)
            with db.transaction():
                log.append(db, step.inputs)
        while not swarm.fault and db.execute(
            "SELECT EXISTS (SELECT FROM lane l JOIN input i ON i.bucket = l.bucket AND i.seq > l.cursor)"
            " OR EXISTS (SELECT FROM person WHERE wake_at <= slinga_now())"
        ).fetchone() == (True,):
            pass
    done = True
    thread.join()
    assert not fault and not swarm.fault and swarm.kills and rounds > 10
    tally(db)
    kept, stays = rows(db, SUMS), rows(db, STAYS)
    assert rows(db, STOCK) == rows(db, POSITIONS)
    rebuild(db)
    assert sorted(set(rows(db, SUMS)) ^ set(kept)) == []
    assert sorted(set(rows(db, STAYS)) ^ set(stays)) == []
