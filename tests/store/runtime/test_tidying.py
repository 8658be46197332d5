"""The daily round: what is old goes, what is young stays, once a day of virtual time."""

import pytest

from slinga.access.jobs import audit, audit_broken
from slinga.kernel.clock import DAY, HOUR, instant
from slinga.kernel.ids import person_key
from slinga.runtime import clock
from slinga.runtime.db import At, Db, Key
from slinga.runtime.settings import Settings
from slinga.tidying import Tidier, due, table

NOW = instant("2026-03-01T12:00:00Z")
INSERTS = {
    "message ids": "INSERT INTO seen (bucket, message_id, accepted_at) VALUES (0, %(n)s, %(at)s)",
    "quarantine": """
        INSERT INTO quarantine (received_at, source, trust, call, reason, field, remedy, size, payload)
        VALUES (%(at)s, 's', 0, 'track', 'missing', '', %(n)s, 1, '')""",
    "hits": """
        INSERT INTO hit (bucket, person, message, kind, place, target, channel, topic, method, agent, network,
            at, due_at, settled_at)
        VALUES (0, %(person)s, %(n)s, 'open', 0, '', '', '', 'GET', '', '', %(at)s, %(at)s, %(at)s)""",
    "answers to writes": """
        INSERT INTO idempotent (api_key, key, request, status, answer, at)
        VALUES (1, %(n)s, '', 200, '', %(at)s)""",
    "development mailbox": """
        INSERT INTO dev_mail (channel, message, message_id, sender, recipient, subject, raw, received_at)
        VALUES ('email', %(person)s, %(n)s, '', '', '', '', %(at)s)""",
}
TABLES = {
    "message ids": "seen",
    "quarantine": "quarantine",
    "hits": "hit",
    "answers to writes": "idempotent",
    "development mailbox": "dev_mail",
}


@pytest.fixture
def frozen(db: Db) -> Db:
    clock.freeze(db, NOW)
    return db


def put(db: Db, name: str, number: int, at: int) -> None:
    person = Key(person_key("user", str(number)))
    db.execute(INSERTS[name], {"n": str(number), "at": At(at), "person": person})


def counts(db: Db) -> dict[str, int]:
    return {name: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for name, table in TABLES.items()}


def test_each_kind_is_forgotten_at_its_own_age(frozen: Db) -> None:
    for number, kept in enumerate(table(Settings())):
        if kept.name in INSERTS and kept.kept_for:
            put(frozen, kept.name, 2 * number, NOW - kept.kept_for - 1)
            put(frozen, kept.name, 2 * number + 1, NOW - kept.kept_for)
    found = due(frozen, Settings(), NOW)
    assert {name: found[name] for name in INSERTS} == dict.fromkeys(INSERTS, 1)
    assert set(counts(frozen).values()) == {2}
    Tidier().turn(frozen)
    assert set(counts(frozen).values()) == {1}
    assert set(due(frozen, Settings(), NOW).values()) == {0}


def test_the_audit_chain_holds_from_the_first_entry_kept(frozen: Db) -> None:
    for number in range(5):
        with frozen.transaction():
            audit(frozen, "command", "tried", str(number))
    frozen.execute("UPDATE audit SET at = at - interval '3 years' WHERE n <= 3")
    kept = Settings(keep_audit="2y")
    assert due(frozen, kept, NOW)["audit"] == 3
    Tidier(kept).turn(frozen)
    assert frozen.execute("SELECT array_agg(n ORDER BY n) FROM audit").fetchone() == ([4, 5],)
    assert audit_broken(frozen) == 0


def test_what_is_kept_for_ever_stays(frozen: Db) -> None:
    put(frozen, "quarantine", 1, NOW - 4000 * DAY)
    Tidier(Settings(keep_quarantine="never")).turn(frozen)
    assert counts(frozen)["quarantine"] == 1


def test_the_round_is_made_at_once_and_then_once_a_day(frozen: Db) -> None:
    tidier = Tidier()
    assert tidier.turn(frozen) and not tidier.turn(frozen)
    clock.move(frozen, DAY - HOUR)
    assert not tidier.turn(frozen)
    clock.move(frozen, HOUR)
    put(frozen, "message ids", 1, NOW - 8 * DAY)
    assert tidier.turn(frozen)
    assert counts(frozen)["message ids"] == 0


def test_a_hit_that_nobody_judged_yet_stays(frozen: Db) -> None:
    put(frozen, "hits", 1, NOW - 200 * DAY)
    frozen.execute("UPDATE hit SET settled_at = NULL")
    Tidier().turn(frozen)
    assert counts(frozen)["hits"] == 1
