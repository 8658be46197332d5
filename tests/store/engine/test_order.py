"""Within a person all applies in the order of instants, whatever comes between two statements of a worker."""

from collections.abc import Callable
from typing import Any

import pytest

from slinga.engine import store
from slinga.engine.jobs import Definition, person_of, publish
from slinga.engine.worker import CROWD, Done, Worker
from slinga.ingest import log
from slinga.ingest.model import CLAIMED, New
from slinga.kernel.clock import MINUTE, SECOND, Instant, instant
from slinga.kernel.ids import bucket_of, person_key
from slinga.loops import make_worker
from slinga.runtime import clock
from slinga.runtime.db import Db, connect
from slinga.testing.drafts import OPEN_POLICY, did, segment

BEGIN: Instant = instant("2026-03-02T08:00:00Z")
MANY, PORTIONS = 2 * CROWD + 50, 2
ANNA = person_key("user", "anna")
BO = next(key for n in range(100_000) if bucket_of(key := person_key("user", f"b{n}")) == bucket_of(ANNA))


def look(person: str) -> New:
    return New(person, "event", "Page Viewed", {"context": {"page": {"url": "https://a.example/"}}}, CLAIMED)


def append(db: Db, *items: New) -> None:
    with db.transaction():
        log.append(db, items)


@pytest.fixture
def begun(db: Db) -> Db:
    clock.freeze(db, BEGIN)
    publish(db, [Definition("policy", "policy", OPEN_POLICY)], zone="UTC")
    return db


def parked(db: Db) -> Worker:
    """A worker that has applied all but the last of Anna's many views, half an hour before her visit ends."""
    append(db, *[look(ANNA)] * MANY)
    worker = make_worker(db)
    for _ in range(PORTIONS):
        worker.tick()
    assert db.execute("SELECT count(*) FROM parked").fetchone() == (1,)
    return worker


def behind_the_claim(monkeypatch: pytest.MonkeyPatch, url: str, happens: Callable[[Db], object]) -> None:
    """Let something happen on another connection right after lanes were claimed, once."""
    claim, left = store.claim, [happens]

    def claimed(*args: Any, **more: Any) -> list[store.Claimed]:
        found = claim(*args, **more)
        if found and left:
            with connect(url) as other:
                left.pop()(other)
        return found

    monkeypatch.setattr(store, "claim", claimed)


def pages_of_the_visit(db: Db) -> list[tuple[int]]:
    return db.execute("SELECT (body ->> 'pages')::int FROM fact WHERE kind = 'visit_ended'").fetchall()


def test_what_comes_in_while_somebody_is_parked_is_not_passed_over(
    begun: Db, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = parked(begun)
    behind_the_claim(monkeypatch, database_url, lambda other: append(other, look(BO)))
    worker.drain()
    found = person_of(begun, BO)
    assert found is not None and found.visits.current is not None and found.visits.current.pages == 1


def test_a_parked_persons_wake_up_waits_for_their_inputs(
    begun: Db, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker parked her between the claim's snapshot and its lock."""
    worker = parked(begun)
    clock.freeze(begun, BEGIN + 40 * MINUTE)
    begun.execute("DELETE FROM parked")
    behind_the_claim(monkeypatch, database_url, lambda other: store.park(other, ANNA))
    worker.drain()
    assert pages_of_the_visit(begun) == [(MANY,)]


def test_a_sweep_wakes_nobody_past_what_is_not_read(begun: Db) -> None:
    append(begun, look(ANNA))
    worker = make_worker(begun)
    worker.drain()
    clock.freeze(begun, BEGIN + 20 * MINUTE)
    append(begun, look(ANNA))
    publish(begun, [segment("lookers", did("Page Viewed"))])
    clock.freeze(begun, BEGIN + 45 * MINUTE)
    worker._sweep(worker.program(), BEGIN + 45 * MINUTE - SECOND, Done())
    assert pages_of_the_visit(begun) == []
    worker.drain()
    clock.freeze(begun, BEGIN + 60 * MINUTE)
    worker.drain()
    assert pages_of_the_visit(begun) == [(2,)]
