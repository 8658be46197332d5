"""What a merged device does in the very batch of its merge reaches the survivor once, after its history."""

from collections.abc import Iterator
from typing import Any

import pytest

from slinga.engine import store
from slinga.engine.jobs import Definition, person_of, publish
from slinga.engine.merging import take_over
from slinga.ingest import log
from slinga.ingest.model import CLAIMED, New
from slinga.kernel.clock import instant
from slinga.kernel.ids import person_key
from slinga.loops import make_worker
from slinga.runtime import clock
from slinga.runtime.db import Db, connect

ANNA, DEVICE = person_key("user", "anna"), person_key("anonymous", "d1")


def viewed(name: str) -> New:
    return New(DEVICE, "event", "Product Viewed", {"properties": {"product_id": name}}, trust=CLAIMED)


def test_history_comes_before_what_follows_the_merge_in_the_same_batch(db: Db) -> None:
    clock.freeze(db, instant("2026-03-02T10:00:00Z"))
    seen = {"op": "event", "name": "Product Viewed", "value": 3}
    publish(
        db, [Definition("segment", "seen", {"key": "seen", "name": "Seen", "condition": seen})], zone="UTC"
    )
    merge = New(DEVICE, "merge", body={"other": ANNA, "why": "identify"})
    with db.transaction():
        log.append(db, [viewed("tea"), viewed("cup"), merge, viewed("pot")])
    make_worker(db).drain()
    told = [(item.kind, item.body.get("properties", {}).get("product_id")) for item in log.history(db, ANNA)]
    assert told[0][0] == "handover" and told[-1] == ("event", "pot")
    assert sorted(each for each in told if each[1]) == [
        ("event", "pot"),
        ("history", "cup"),
        ("history", "tea"),
    ]
    person = person_of(db, DEVICE)
    assert person is not None and person.key == ANNA and "seen" in person.members and not person.owed


def test_a_long_past_is_read_while_the_log_is_open_and_comes_in_the_same_order(
    db: Db, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.freeze(db, instant("2026-03-02T10:00:00Z"))
    seen = {"op": "event", "name": "Product Viewed", "value": 30}
    publish(
        db, [Definition("segment", "seen", {"key": "seen", "name": "Seen", "condition": seen})], zone="UTC"
    )
    names = [f"p{n}" for n in range(40)]
    with db.transaction():
        log.append(db, [viewed(name) for name in names])
    worker = make_worker(db)
    worker.drain()
    monkeypatch.setattr(store, "PORTION", 10)
    open_ = []

    def watched(*given: Any) -> Iterator[New]:
        with connect(database_url) as other:
            for one in take_over(*given):
                with other.transaction():
                    asked = other.execute("SELECT pg_try_advisory_xact_lock(hashtext('slinga.input'))")
                    open_.append((asked.fetchone() or (False,))[0])
                yield one

    monkeypatch.setattr("slinga.engine.worker.take_over", watched)
    with db.transaction():
        log.append(db, [New(DEVICE, "merge", body={"other": ANNA, "why": "identify"}), viewed("last")])
    worker.drain()
    assert len(open_) >= 40 and all(open_)
    told = log.history(db, ANNA)
    assert [item.kind for item in told] == ["handover", *["history"] * (len(told) - 2), "event"]
    assert [item.body["properties"]["product_id"] for item in told if item.name == "Product Viewed"] == [
        *names,
        "last",
    ]
    assert [item.seq for item in told] == list(range(told[0].seq, told[0].seq + len(told)))
    past = log.history(db, DEVICE)
    assert [i.occurred_at for i in told if i.kind == "history" and i.name == "Product Viewed"] == [
        i.occurred_at for i in past[:40]
    ]
    person = person_of(db, ANNA)
    assert person is not None and "seen" in person.members and not person.owed
