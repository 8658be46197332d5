"""Four workers under random kills end exactly where one undisturbed worker ends.

Compared, without exception: every person's decoded state under its key (the seq of its last input
included), every fact with its input, instant and body, every message of the outbox by its send key, every row
of every projection, and the log itself. Left out: the id of a fact (drawn from a sequence, which a rolled
back transaction leaves a hole in; the order of one person's facts is compared instead), the number of an
input, for the same reason (its place in the log is compared wherever a number stands), and the lanes'
cursors (they mark how far was read, which may lie beyond the last input).

And a replay of each person's log through the pure `advance` gives the same state, facts and sends again:
wake-ups fire only up to the log's horizon, so the order in which things were applied is the log's.
"""

import os
import time
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from slinga.demo.definitions import ZONE, documents
from slinga.engine import store
from slinga.engine.advance import advance, advance_many
from slinga.engine.jobs import Definition, load, person_of, publish
from slinga.engine.model import Batch, Person, encode
from slinga.engine.worker import Worker
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.loops import make_worker
from slinga.runtime import clock
from slinga.runtime.db import Db, connect
from slinga.testing.compare import differences
from slinga.testing.story import BEGIN, Step, tell
from slinga.testing.swarm import Swarm

LONG = bool(os.environ.get("SLINGA_LONG"))
PATIENCE_S = 150

RESTING = """
SELECT NOT EXISTS (SELECT 1 FROM lane l JOIN input i ON i.bucket = l.bucket AND i.seq > l.cursor)
   AND NOT EXISTS (SELECT 1 FROM parked)
   AND NOT EXISTS (SELECT 1 FROM person WHERE wake_at <= slinga_now())
"""
PROJECTIONS = ("profile", "membership", "position", "score_value", "consent_state", "thing", "run")


def prepare(db: Db) -> None:
    clock.freeze(db, BEGIN)
    found = [Definition(kind, key, document) for kind, key, document in documents("https://shop.example")]
    publish(db, found, zone=ZONE)


def receipts(db: Db, answered: set[str]) -> list[New]:
    """What delivery would report: most messages are accepted, some bounce, a few are never heard of."""
    rows = db.execute(
        "SELECT person, send_key, channel, class, journey, template FROM message ORDER BY send_key"
    ).fetchall()
    found: list[New] = []
    for person, key, channel, class_, journey, template in rows:
        if key in answered:
            continue
        answered.add(key)
        survivor = person_of(db, person)  # a forwarder's copies would race with those of another
        assert survivor is not None
        person = survivor.key
        about = {
            "send_key": key,
            "channel": channel,
            "class": class_,
            "journey": journey,
            "template": template,
        }
        fate = int(key[:2], 16) % 8
        if fate == 0:
            found.append(New(person, "receipt", "rejected", {**about, "reason": "550"}))
        elif fate < 7:
            found.append(New(person, "receipt", "accepted", about))
            found.append(New(person, "event", "Message Sent", {"properties": about}))
        if fate == 3:
            hit = {**about, "class_of_hit": "human", "url": "https://shop.example"}
            found.append(New(person, "event", "Message Clicked", {"properties": hit}))
    return found


def quiet(db: Db, worker: Worker | None, swarm: Swarm | None) -> None:
    """Wait until everything that is due is applied."""
    if worker is not None:
        worker.drain()
        return
    assert swarm is not None
    give_up = time.monotonic() + PATIENCE_S
    while True:
        assert not swarm.fault, swarm.fault
        assert time.monotonic() < give_up, "the workers make no progress"
        if db.execute(RESTING).fetchone() == (True,):
            return
        time.sleep(0.005)


def live(db: Db, story: Iterable[Step], worker: Worker | None = None, swarm: Swarm | None = None) -> None:
    answered: set[str] = set()
    for step in story:
        clock.freeze(db, step.at)
        with db.transaction():
            log.append(db, step.inputs)
        if step.quiet:
            quiet(db, worker, swarm)
            found = receipts(db, answered)
            with db.transaction():
                log.append(db, found)
    quiet(db, worker, swarm)


def picture(db: Db) -> dict[str, Any]:
    """Everything that is compared."""
    states = db.execute("SELECT key, state, format, program, seq, wake_at, forward, created_at FROM person")
    facts = db.execute("SELECT person, seq, kind, name, at, body FROM fact ORDER BY person, id").fetchall()
    message = (
        "SELECT send_key, person, class, channel, topic, journey, version, run, node, template, priority, "
    )
    message += (
        "address, variables, witness, planned_at, not_before, expires_at FROM message ORDER BY send_key"
    )
    found: dict[str, Any] = {
        "people": {},
        "messages": db.execute(message).fetchall(),
        "log": db.execute(
            "SELECT person, kind, name, accepted_at, occurred_at, body FROM input ORDER BY seq"
        ).fetchall(),
    }
    ranks = {
        seq: n + 1 for n, (seq,) in enumerate(db.execute("SELECT seq FROM input ORDER BY seq").fetchall())
    }
    for key, state, form, program, seq, *rest in states:
        person = msgspec.msgpack.decode(state)
        person["seq"] = ranks[seq]
        person["features"] = {id: ranked(value, ranks) for id, value in person.get("features", {}).items()}
        found["people"][key] = (person, form, program, ranks[seq], rest)
    found["facts"] = [(who, seq and ranks[seq], *rest) for who, seq, *rest in facts]
    for table in PROJECTIONS:
        found[table] = sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
    return found


def ranked(state: Any, ranks: dict[int, int]) -> Any:
    """The state of an aggregate, the inputs that a sequence of events remembers by their place in the log."""
    match state:
        case [[[int(), int(), int(), bool()], *_] as entries, done]:
            return [[[at, ranks[seq], *rest] for at, seq, *rest in entries], done]
    return state


def replay(db: Db) -> None:
    """Folding each person's log through `advance`, input by input, gives what the workers left behind."""
    program = load(db, store.program_number(db))
    now = clock.now(db)
    facts: dict[str, list[Any]] = {}
    for person, seq, kind, name, at, body in db.execute(
        "SELECT person, seq, kind, name, at, body FROM fact ORDER BY id"
    ):
        facts.setdefault(person, []).append((kind, name, at, body, seq))
    messages: dict[str, list[str]] = {}
    for person, key in db.execute("SELECT person, send_key FROM message ORDER BY send_key"):
        messages.setdefault(person, []).append(key)
    for key, state in db.execute("SELECT key, state FROM person").fetchall():
        person, told, planned = Person(key=key), [], []
        for item in log.history(db, key):
            before = encode(person)
            outcome = advance(person, item, program)
            assert encode(person) == before, "advance changed its argument"
            person = outcome.person
            told += outcome.facts
            planned += outcome.intents
        batch = Batch()
        advance_many(person, [], program, now, batch)
        told += [one.fact for one in batch.facts]
        planned += batch.intents
        assert list(differences(msgspec.msgpack.decode(encode(person)), msgspec.msgpack.decode(state))) == []
        expected = [row[:4] for row in facts.get(key, [])]
        got = [(f.kind, f.name, f.at, json_of(f.body)) for f in told]
        assert list(differences(got, expected))[:5] == [] and len(got) == len(expected)
        assert sorted({intent.send_key for intent in planned}) == messages.get(key, [])


def json_of(body: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(body))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6) if LONG else [1])
def test_four_workers_under_kills_end_where_one_clean_run_ends(
    seed: int, database_url: str, databases: Any, server: Any
) -> None:
    story = list(tell(seed, people=60, steps=400 if LONG else 48, events=14, crowd=450))
    other = databases.take()
    try:
        with connect(database_url) as db, connect(server.database_url(other)) as second:
            prepare(db)
            with Swarm(database_url, 4, seed=seed) as swarm:
                live(db, story, swarm=swarm)
            prepare(second)
            live(second, story, worker=make_worker(second))
            killed, clean = picture(db), picture(second)
            assert not swarm.fault and swarm.kills >= 5
            replay(db)
    finally:
        databases.give_back(other)
    assert killed.keys() == clean.keys()
    assert list(differences(killed, clean))[:10] == []
    kinds = {row[2] for row in clean["facts"]}
    assert len(clean["messages"]) > 25
    assert {"segment_entered", "segment_left", "stage_moved", "run_ended", "merged", "visit_ended"} <= kinds
