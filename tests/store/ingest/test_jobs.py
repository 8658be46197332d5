"""The committer: answers only after the commit, bounded, and back by itself after an outage."""

import threading
from concurrent.futures import wait

import msgspec
import psycopg
import pytest

from slinga.identity.identifiers import key_of, refer
from slinga.ingest import jobs, log, store
from slinga.ingest.jobs import Committer
from slinga.ingest.model import PROVEN, Call, Drop, DropReason, New, Source
from slinga.ingest.rows import row, spell
from slinga.ingest.steps import Envelope, examine
from slinga.ingest.worked import Checked, Job
from slinga.kernel.clock import DAY
from slinga.kernel.errors import Conflict, Missing, Unavailable
from slinga.runtime.db import connect

SERVER = Source("server", PROVEN)


def job(*bodies):
    raws = [msgspec.json.encode(b) for b in bodies]
    return Job(SERVER, [Checked(raw, examine(raw, Envelope())) for raw in raws])


def track(n, **more):
    return {"type": "track", "event": f"e{n}", "userId": "u", "messageId": f"m{n}", **more}


@pytest.fixture
def committer(database_url):
    found = Committer(lambda: connect(database_url), refer)
    found.start()
    yield found
    found.stop()


def test_many_requests_are_answered_after_their_commit(committer, db):
    futures = [committer.submit(job(track(n), track(n))) for n in range(200)]
    for future in futures:
        outcome = future.result(30)
        assert (outcome.accepted, outcome.duplicates) == (2, 1)
    assert len(log.history(db, key_of("user", "u"))) == 200


def test_a_full_queue_refuses_and_loses_nothing(database_url, db):
    gate = threading.Event()

    def slow():
        gate.wait(30)
        return connect(database_url)

    committer = Committer(slow, refer, room=3)
    committer.start()
    futures, refused = [], 0
    for n in range(10):
        try:
            futures.append(committer.submit(job(track(n))))
        except Unavailable:
            refused += 1
    assert refused >= 6
    gate.set()
    assert not wait(futures, 30).not_done
    committer.stop()
    assert len(log.history(db, key_of("user", "u"))) == len(futures) == 10 - refused
    with pytest.raises(Unavailable):
        committer.submit(job(track(1)))


def test_an_outage_is_unavailable_and_ends_by_itself(database_url, db):
    up = threading.Event()

    def dial():
        if not up.is_set():
            raise psycopg.OperationalError("connection refused")
        return connect(database_url)

    committer = Committer(dial, refer)
    committer.start()
    with pytest.raises(Unavailable):
        committer.submit(job(track(1))).result(30)
    up.set()
    assert committer.submit(job(track(1))).result(30).accepted == 1
    # The server ends our connection; the request that notices is refused, the next one is stored.
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    try:
        committer.submit(job(track(2))).result(30)
    except Unavailable:
        assert committer.submit(job(track(2))).result(30).accepted == 1
    committer.stop()
    assert len(log.history(db, key_of("user", "u"))) == 2


def test_what_the_store_refuses_harms_only_itself(committer, db):
    # No step lets such a text through; this shows what happens if one ever does.
    poison = Call("track", user_id="u", event="bad", properties={"a": "\0"})
    mixed = Job(SERVER, [job(track(1)).items[0], Checked(b"{}", poison), job(track(2)).items[0]])
    futures = [committer.submit(job(track(0))), committer.submit(mixed), committer.submit(job(track(3)))]
    outcomes = [f.result(30) for f in futures]
    assert [o.accepted for o in outcomes] == [1, 2, 1]
    ((index, drop),) = outcomes[1].drops
    assert (index, drop.reason) == (1, DropReason.STORE)
    assert sorted(i.name for i in log.history(db, key_of("user", "u"))) == ["e0", "e1", "e2", "e3"]
    assert [q.reason for q in store.quarantined(db)] == ["store"]


def test_what_is_stored_without_waiting_for_the_disk_is_there_after_the_flush(database_url, db):
    with connect(database_url) as mine:
        store.prepare(mine)
        rows = [row(New(key_of("user", f"u{n}"), "event", "e", {"n": n})) for n in range(300)]
        taken = log.take(mine, rows, spell(0), keyed=False, unflushed=True)
        assert taken.stored == 300 and db.execute("SELECT count(*) FROM input").fetchone() == (300,)
        assert mine.execute("SHOW synchronous_commit").fetchone() == ("on",)
        (written,) = db.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
        log.flush(mine)
        assert db.execute("SELECT pg_current_wal_flush_lsn() >= %s::text::pg_lsn", (written,)).fetchone() == (
            True,
        )


@pytest.mark.parametrize("many", [1, 300])
def test_nobody_is_told_of_what_is_known_before_it_is_on_disk(committer, monkeypatch, many):
    flushes = []
    real = log.flush
    monkeypatch.setattr(log, "flush", lambda db: (flushes.append(1), real(db)))
    items = [track(n) for n in range(many)]
    assert committer.submit(job(*items)).result(30).accepted == many
    assert len(flushes) == (many > 1)  # a few rows are on disk before their lock is let go of
    assert committer.submit(job(*items)).result(30).duplicates == many
    assert len(flushes) == 1 + (many > 1)


def test_an_append_of_what_is_known_waits_for_the_disk_as_well(db, monkeypatch):
    flushes = []
    monkeypatch.setattr(log, "flush", lambda db: flushes.append(1))
    new = New(key_of("user", "u"), "event", "e", dedupe="shop:m")
    for expected in (0, 1):
        with db.transaction():
            log.append(db, [new])
        assert len(flushes) == expected


def test_quarantine_and_replay(committer, db):
    committer.submit(job({"type": "track", "userId": "u"}, {"type": "nonsense"})).result(30)
    second, first = store.quarantined(db)
    assert (first.reason, first.field, first.source) == ("missing", "event", "server")
    assert isinstance(store.replay(db, second.id, refer), Drop)
    mended = msgspec.json.encode({"type": "track", "userId": "u", "event": "Mended"})
    assert store.replay(db, first.id, refer, payload=mended) is None
    assert [i.name for i in log.history(db, key_of("user", "u"))] == ["Mended"]
    with pytest.raises(Conflict):
        store.replay(db, first.id, refer, payload=mended)
    with pytest.raises(Missing):
        store.replay(db, 999, refer)
    assert [q.id for q in store.quarantined(db)] == [second.id]
    assert len(store.quarantined(db, only_open=False)) == 2


def tidy(db):
    now = store.now(db)
    return store.forget(db, seen_before=now - jobs.SEEN_FOR, quarantine_before=now - jobs.QUARANTINE_FOR)


def test_message_ids_are_remembered_for_more_than_seven_days(committer, db):
    assert committer.submit(job(track(1), {"type": "nonsense"})).result(30).duplicates == 0
    db.execute("UPDATE clock SET shift = interval '7 days 1 hour'")
    assert tidy(db) == 0
    assert committer.submit(job(track(1))).result(30).duplicates == 1
    db.execute("UPDATE clock SET shift = interval '91 days'")
    assert tidy(db) == 1
    assert store.quarantined(db) == []
    assert committer.submit(job(track(1))).result(30).duplicates == 0
    assert jobs.SEEN_FOR > 7 * DAY
