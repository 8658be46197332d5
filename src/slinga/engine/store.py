"""The engine's statements over `person`, `fact`, `lane`, `parked`, `program` and `definition`.

Always true: every function runs in the caller's transaction; each hot statement names one bucket.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.ingest.log import read_row
from slinga.ingest.model import Input
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.people.model import Fact, Recorded
from slinga.runtime.db import At, Db, Json, Key, at, statements

S = statements(__file__)


class Row(msgspec.Struct, frozen=True):
    """One person as stored."""

    key: str
    state: bytes
    format: int
    program: int
    seq: int
    wake_at: Instant | None
    forward: str | None
    created_at: Instant


def claim(db: Db, now: Instant, lanes: int) -> list[tuple[int, int]]:
    """Lock up to `lanes` free lanes with work; (bucket, cursor) of each."""
    return db.execute(S.claim, {"now": At(now), "lanes": lanes}).fetchall()


def lock_lanes(db: Db, buckets: Sequence[int]) -> list[tuple[int, int]]:
    """Lock those of these lanes that are free; (bucket, cursor) of each."""
    return db.execute(S.lock_lanes, {"buckets": list(buckets)}).fetchall()


def read(
    db: Db, lanes: Sequence[tuple[int, int, Sequence[str]]], limit: int
) -> list[list[tuple[str, Input]]]:
    """The next inputs of each lane (bucket, cursor, parked people), as (person, input), in one round trip."""
    with db.pipeline():
        cursors = [
            db.execute(
                S.read, {"bucket": bucket, "after": after, "limit": limit, "parked": [Key(p) for p in parked]}
            )
            for bucket, after, parked in lanes
        ]
        return [[read_row(row) for row in cursor.fetchall()] for cursor in cursors]


def read_person(db: Db, person: str, after: int, limit: int) -> list[Input]:
    """The next inputs of one person."""
    rows = db.execute(
        S.read_person,
        {"bucket": bucket_of(person), "person": Key(person), "after": after, "limit": limit},
    ).fetchall()
    return [read_row(row)[1] for row in rows]


def last_seqs(db: Db, buckets: Sequence[int]) -> dict[int, int]:
    """The end of each of these lanes."""
    return {bucket: db.execute(S.last_seq, {"bucket": bucket}).fetchone()[0] for bucket in buckets}  # type: ignore[index]


def parked(db: Db, buckets: Sequence[int]) -> dict[int, list[str]]:
    """People of these lanes that are applied apart, those parked longest first."""
    found: dict[int, list[str]] = {}
    for bucket, person in db.execute(S.parked, {"buckets": list(buckets)}):
        found.setdefault(bucket, []).append(person)
    return found


def park(db: Db, person: str) -> None:
    """Apply this person apart from now on."""
    db.execute(S.park, {"bucket": bucket_of(person), "person": Key(person)})


def unpark(db: Db, person: str) -> None:
    """Let the lane apply this person again."""
    db.execute(S.unpark, {"bucket": bucket_of(person), "person": Key(person)})


def due(db: Db, lanes: Sequence[tuple[int, Instant]], limit: int) -> list[list[str]]:
    """People of each lane (bucket, until) whose wake-up is due, earliest first, in one round trip."""
    with db.pipeline():
        cursors = [
            db.execute(S.due, {"bucket": bucket, "until": At(until), "limit": limit})
            for bucket, until in lanes
        ]
        return [[row[0] for row in cursor.fetchall()] for cursor in cursors]


def outdated(db: Db, bucket: int, program: int, limit: int) -> list[str]:
    """People of a lane still built under an older program."""
    return [r[0] for r in db.execute(S.outdated, {"bucket": bucket, "program": program, "limit": limit})]


def outdated_lanes(db: Db, program: int, limit: int) -> list[int]:
    """Lanes that hold such people."""
    return [r[0] for r in db.execute(S.outdated_lanes, {"program": program, "limit": limit})]


def states(db: Db, lanes: Sequence[tuple[int, Sequence[str]]]) -> list[dict[str, tuple[bytes, int, int]]]:
    """(state, format, seq) by key, for the keys of each bucket that exist, in one round trip."""
    with db.pipeline():
        cursors = [
            db.execute(S.states, {"bucket": bucket, "keys": [Key(key) for key in keys]})
            for bucket, keys in lanes
        ]
        return [
            {key: (bytes(state), form, seq) for key, state, form, seq in cursor.fetchall()}
            for cursor in cursors
        ]


def save(db: Db, bucket: int, rows: Sequence[Row]) -> None:
    """Write states, one row each."""
    if rows:
        db.execute(
            S.save,
            {
                "bucket": bucket,
                "keys": [Key(r.key) for r in rows],
                "states": [r.state for r in rows],
                "formats": [r.format for r in rows],
                "programs": [r.program for r in rows],
                "seqs": [r.seq for r in rows],
                "wakes": [at(r.wake_at) for r in rows],
                "forwards": [None if r.forward is None else Key(r.forward) for r in rows],
                "created": [At(r.created_at) for r in rows],
            },
        )


def advance_cursor(db: Db, bucket: int, cursor: int) -> None:
    """Mark a lane's inputs up to `cursor` as applied."""
    db.execute(S.advance_cursor, {"bucket": bucket, "cursor": cursor})


def add_facts(db: Db, facts: Sequence[Recorded]) -> None:
    """Append facts in order."""
    if not facts:
        return
    with db.cursor() as cursor, cursor.copy(S.copy_facts) as copy:
        copy.set_types(["int2", "uuid", "int8", "text", "text", "timestamptz", "jsonb"])
        for one in facts:
            fact = one.fact
            copy.write_row(
                (
                    bucket_of(one.person),
                    Key(one.person),
                    one.seq,
                    fact.kind,
                    fact.name,
                    At(fact.at),
                    Json(fact.body),
                )
            )


def facts_of(db: Db, person: str) -> list[Fact]:
    """All facts of a person, oldest first."""
    rows = db.execute(S.facts_of, {"bucket": bucket_of(person), "person": Key(person)})
    return [Fact(kind, name, when, body) for kind, name, when, body in rows]


def pasts(db: Db, people: Sequence[tuple[str, int]]) -> dict[str, tuple[Sequence[Input], Sequence[Fact]]]:
    """Inputs up to a seq and all facts of each person (key, seq), oldest first, in one round trip."""
    with db.pipeline():
        cursors = []
        for person, until in people:
            one = {"bucket": bucket_of(person), "person": Key(person), "until": until}
            cursors.append((person, db.execute(S.past, one), db.execute(S.facts_of, one)))
        return {
            person: (
                [read_row(row)[1] for row in inputs.fetchall()],
                [Fact(kind, name, when, body) for kind, name, when, body in facts.fetchall()],
            )
            for person, inputs, facts in cursors
        }


def next_due(db: Db) -> Instant | None:
    """The earliest wake-up of anybody."""
    return db.execute(S.next_due).fetchone()[0]  # type: ignore[index]


def behind(db: Db, limit: int = 100_000) -> int:
    """How many accepted inputs are not applied yet, up to `limit`."""
    return db.execute(S.behind, {"limit": limit}).fetchone()[0]  # type: ignore[index]


def program_number(db: Db) -> int:
    """The number of the program in force; 0 before the first."""
    return db.execute(S.program_number).fetchone()[0]  # type: ignore[index]


def program_parts(db: Db, number: int) -> tuple[str, list[dict[str, Any]]]:
    """(zone, parts) of a program; an unknown number has none."""
    row = db.execute(S.program, {"number": number}).fetchone()
    return (row[1], row[2]) if row else ("", [])


def program_documents(db: Db, number: int) -> list[tuple[str, str, int, dict[str, Any]]]:
    """(kind, key, version, document) of every definition in a program."""
    return db.execute(S.program_documents, {"number": number}).fetchall()


def lock_programs(db: Db) -> None:
    """Serialise publishing until the transaction ends."""
    db.execute(S.lock_programs)


def latest_document(db: Db, kind: str, key: str) -> tuple[int, dict[str, Any] | None]:
    """(version, document) last published; (0, None) for a new definition."""
    row = db.execute(S.latest_document, {"kind": kind, "key": key}).fetchone()
    return (row[0], row[1]) if row else (0, None)


def add_definition(db: Db, kind: str, key: str, version: int, document: dict[str, Any], by: str) -> None:
    """Store one immutable version."""
    db.execute(
        S.add_definition,
        {"kind": kind, "key": key, "version": version, "document": Json(document), "by": by},
    )


def add_program(db: Db, number: int, zone: str, parts: list[dict[str, Any]]) -> None:
    """Store a new program."""
    db.execute(S.add_program, {"number": number, "zone": zone, "parts": Json(parts)})
