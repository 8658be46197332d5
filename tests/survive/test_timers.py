"""Many timers fall due while the service is down; twenty triggers at once; two workers and one entry."""

import os
import time
from typing import Any

import pytest

from slinga.engine.jobs import Definition
from slinga.engine.jobs import publish as put
from slinga.kernel.clock import DAY, HOUR, Instant, instant
from slinga.loops import make_worker
from slinga.messages import shipped
from slinga.runtime import clock
from slinga.runtime.db import Db, connect
from slinga.testing.plans import journey, send, wait
from slinga.testing.proof import prove
from slinga.testing.rig import PATIENCE_S
from slinga.testing.swarm import Swarm

LONG = os.environ.get("SLINGA_LONG") == "1"
PEOPLE = 500_000 if LONG else 300
RIVALS = 5_000 if LONG else 300
"""People for whom workers race; each gets twenty-two inputs and one mail."""
BEGIN = instant("2026-03-02T09:00:00Z")
pytestmark = pytest.mark.long

SEED = """
INSERT INTO input (bucket, seq, person, kind, name, trust, source, accepted_at, occurred_at, body)
SELECT get_byte(decode(key, 'hex'), 0), nextval('input_seq'), key::uuid, %(kind)s, %(name)s, 2, 'test',
    slinga_now(), slinga_now(), %(body)s
FROM (SELECT lpad(to_hex(mod(n, 256)), 2, '0') || '01' || lpad(to_hex(n), 28, '0') AS key
      FROM generate_series(1, %(people)s) n) people
"""


def log_for_all(db: Db, kind: str, name: str, body: str, people: int = PEOPLE) -> None:
    """One input for each person."""
    db.execute(SEED, {"kind": kind, "name": name, "body": body, "people": people})


def publish(db: Db, *definitions: Definition, policy: dict[str, Any]) -> None:
    found = [Definition("template", key, doc) for key, doc in shipped.documents().items()]
    put(db, [*found, Definition("policy", "policy", policy), *definitions], zone="Europe/Stockholm")


def at(db: Db, instant_: Instant) -> None:
    clock.freeze(db, instant_)


def test_due_while_down(db: Db) -> None:
    """Down for six hours: each timer runs once, at its own instant, and what it sends obeys quiet hours."""
    at(db, BEGIN)
    nodes = {"wait": wait("2h", "mail"), "mail": send("win-back-1")}
    publish(
        db,
        journey(
            "later",
            "Asked",
            nodes,
            **{"class": "transactional", "quiet_hours": {"from": "10:00", "to": "16:00"}},
        ),
        policy={"caps": []},
    )
    log_for_all(db, "identify", "", '{"traits": {"email": "x@example.org"}}')
    log_for_all(db, "event", "Asked", '{"properties": {}}')
    worker = make_worker(db)
    worker.drain()
    at(db, BEGIN + 6 * HOUR)
    worker.drain()
    (steps, people, earliest, latest) = db.execute(
        """SELECT count(*), count(DISTINCT person), min(at), max(at) FROM fact
        WHERE kind = 'step' AND name = 'later' AND body ->> 'node' = 'wait'"""
    ).fetchone() or (0, 0, 0, 0)
    assert (steps, people) == (PEOPLE, PEOPLE)
    assert earliest == latest == BEGIN + 2 * HOUR
    at(db, BEGIN + DAY)
    worker.drain()
    again = db.execute(
        "SELECT count(*), count(DISTINCT person) FROM fact WHERE kind = 'run_ended'"
    ).fetchone()
    assert again == (PEOPLE, PEOPLE)
    if not LONG:
        prove(db)


def test_one_entry_and_one_cap(database_url: str) -> None:
    """The same event twenty times on four workers: one entry where once is the rule, and one mail a day."""
    with connect(database_url) as db:
        at(db, BEGIN)
        mails = [
            journey(f"j{n}", "Asked", {"mail": send("win-back-1")}, quiet_hours="none") for n in range(20)
        ]
        once = journey("once", "Asked", {"tag": {"type": "tag", "name": "seen"}}, reentry="once")
        caps = [{"count": 1, "within_h": 24}]
        publish(db, once, *mails, policy={"quiet_hours": "none", "caps": caps})
        log_for_all(db, "identify", "", '{"traits": {"email": "x@example.org"}}', RIVALS)
        log_for_all(
            db,
            "consent",
            "granted",
            '{"channel": "email", "topic": "", "action": "granted", "basis": "consent"}',
            RIVALS,
        )
        with Swarm(database_url, 4, seed=1) as swarm:
            for _ in range(20):
                log_for_all(db, "event", "Asked", '{"properties": {}}', RIVALS)
            wait_for(db, swarm)
        entered = (
            "SELECT count(*), count(DISTINCT person) FROM fact WHERE kind = 'run_entered' AND name = 'once'"
        )
        assert db.execute(entered).fetchone() == (RIVALS, RIVALS)
        mails = "SELECT count(*), count(DISTINCT person) FROM message"
        assert db.execute(mails).fetchone() == (
            RIVALS,
            RIVALS,
        )


def wait_for(db: Db, swarm: Swarm) -> None:
    give_up = time.monotonic() + PATIENCE_S * (20 if LONG else 1)
    resting = (
        "SELECT NOT EXISTS (SELECT 1 FROM lane l JOIN input i ON i.bucket = l.bucket AND i.seq > l.cursor)"
    )
    while db.execute(resting).fetchone() != (True,):
        assert not swarm.fault, swarm.fault
        assert time.monotonic() < give_up
        time.sleep(0.01)
