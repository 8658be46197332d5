"""The engine's statements over `person`, `fact`, `lane`, `parked`, `program` and `definition`.

Always true: every function runs in the caller's transaction; a batch asks for all its lanes at once, and each
hot statement names their buckets.
"""

from collections.abc import Container, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from slinga.engine.model import FORMAT
from slinga.engine.rows import fact_rows
from slinga.ingest.log import read_rows
from slinga.ingest.model import Input
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.people.model import Fact, Recorded
from slinga.runtime.db import At, Ats, Blobs, Db, Ints, Json, Key, Keys, Shorts, statements

S = statements(__file__)

PAST = 100
"""Inputs and visits of a person's past that are read at once for many people."""

PORTION = 2_000
"""Inputs and visits of one person's long past that are read at a time."""


class Row(msgspec.Struct, frozen=True):
    """One person as stored, in the format of this release."""

    key: str
    state: bytes
    program: int
    seq: int
    wake_at: Instant | None
    forward: str | None
    created_at: Instant


class Claimed(NamedTuple):
    """A locked lane and what it has to do."""

    bucket: int
    cursor: int
    unread: bool
    due: bool
    """Whether a wake-up has come."""


def claim(db: Db, now: Instant, lanes: int, *, live_first: bool = True) -> list[Claimed]:
    """Lock up to `lanes` free lanes with work, those first that wait longest.

    `live_first`: those whose next input is neither of an import nor of a broadcast go before all others.
    """
    asked = {"now": At(now), "lanes": lanes, "live_first": live_first}
    return [Claimed(*row) for row in db.execute(S.claim, asked).fetchall()]


def lock_lanes(db: Db, buckets: Sequence[int]) -> list[tuple[int, int, Instant | None]]:
    """Lock those of these lanes that are free; bucket, cursor and the instant of the first unread input."""
    return db.execute(S.lock_lanes, {"buckets": list(buckets)}).fetchall()


def read(
    db: Db, lanes: Sequence[tuple[int, int]], parked: Sequence[str], limit: int
) -> list[tuple[str, Input]]:
    """The next inputs of these lanes (bucket, cursor), `limit` of each, but for those of people parked.

    As (person, input), by lane in the order of the log.
    """
    asked = {
        "buckets": Shorts([bucket for bucket, _ in lanes]),
        "after": Ints([after for _, after in lanes]),
        "limit": limit,
        "parked": Keys(parked),
    }
    return read_rows(db.execute(S.read, asked))


def read_person(db: Db, person: str, after: int, limit: int) -> list[Input]:
    """The next inputs of one person."""
    asked = {"bucket": bucket_of(person), "person": Key(person), "after": after, "limit": limit}
    return [item for _, item in read_rows(db.execute(S.read_person, asked))]


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


def due(db: Db, lanes: Sequence[tuple[int, Instant]], limit: int) -> list[str]:
    """People of these lanes (bucket, until) whose wake-up is due, `limit` of each, earliest first."""
    asked = {
        "buckets": Shorts([bucket for bucket, _ in lanes]),
        "until": Ats([until for _, until in lanes]),
        "limit": limit,
    }
    return [row[0] for row in db.execute(S.due, asked).fetchall()]


def outdated(db: Db, bucket: int, program: int, limit: int) -> list[str]:
    """People of a lane still built under an older program."""
    return [r[0] for r in db.execute(S.outdated, {"bucket": bucket, "program": program, "limit": limit})]


def unknown(db: Db, bucket: int, limit: int) -> list[str]:
    """People of a lane of whom an earlier release has not told how they moved."""
    return [r[0] for r in db.execute(S.unknown, {"bucket": bucket, "limit": limit})]


def outdated_lanes(db: Db, program: int, limit: int) -> list[int]:
    """Lanes that hold such people, or those who are still built under an older program."""
    return [r[0] for r in db.execute(S.outdated_lanes, {"program": program, "limit": limit})]


class Stored(NamedTuple):
    """What a person's row holds."""

    state: bytes
    format: int
    seq: int
    program: int


def states(db: Db, keys: Sequence[str]) -> dict[str, Stored]:
    """The rows of those of these people who have one, by key."""
    asked = {"buckets": Shorts(map(bucket_of, keys)), "keys": Keys(keys)}
    return {keys[row[0] - 1]: Stored(*row[1:]) for row in db.execute(S.states, asked).fetchall()}


def save(db: Db, rows: Sequence[Row], known: Container[str]) -> None:
    """Write states, one row each; `known` are the keys that have a row."""
    old = [row for row in rows if row.key in known]
    if old:
        db.execute(S.update_states, _columns(old))
    if len(old) < len(rows):
        new = [row for row in rows if row.key not in known]
        db.execute(S.insert_states, _columns(new) | {"created": Ats([row.created_at for row in new])})


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    keys = [row.key for row in rows]
    return {
        "buckets": Shorts(map(bucket_of, keys)),
        "keys": Keys(keys),
        "states": Blobs([row.state for row in rows]),
        "format": FORMAT,
        "programs": Ints([row.program for row in rows]),
        "seqs": Ints([row.seq for row in rows]),
        "wakes": Ats([row.wake_at for row in rows]),
        "forwards": Keys([row.forward for row in rows]),
    }


def unwaited(db: Db) -> None:
    """Let this transaction's commit return before it is on disk."""
    db.execute(S.unwaited)


def advance_cursors(db: Db, cursors: dict[int, int]) -> None:
    """Mark the inputs of lanes that this transaction holds as applied, {bucket: seq}."""
    db.execute(S.advance_cursors, {"buckets": list(cursors), "cursors": Ints(list(cursors.values()))})


def add_facts(db: Db, facts: Sequence[Recorded]) -> None:
    """Append facts in order."""
    if facts:
        with db.cursor() as cursor, cursor.copy(S.copy_facts) as copy:
            copy.write(fact_rows(facts))


def facts_of(db: Db, person: str) -> list[Fact]:
    """All facts of a person, oldest first."""
    rows = db.execute(S.facts_of, {"bucket": bucket_of(person), "person": Key(person)})
    return [Fact(kind, name, when, body) for kind, name, when, body in rows]


def pasts(db: Db, people: Sequence[tuple[str, int]]) -> dict[str, tuple[Iterator[Input], Iterator[Fact]]]:
    """Inputs up to a seq and visit facts of each person (key, seq), oldest first.

    What most people have comes in one round trip; of longer pasts the rest is read in portions as it is asked
    for, so that nobody's past is ever held whole.
    """
    with db.pipeline():
        cursors = []
        for person, until in people:
            one = {"bucket": bucket_of(person), "person": Key(person), "until": until, "after": 0}
            first = {"at": At(0), "id": 0, "limit": PAST}
            cursors.append((one, db.execute(S.past, one | first), db.execute(S.visits_of, one | first)))
    return {
        str(one["person"]): (_inputs(db, one, read_rows(inputs)), _visits(db, one, facts.fetchall()))
        for one, inputs, facts in cursors
    }


def moves_of(db: Db, person: str, *, own: bool = True) -> list[Fact]:
    """The moves of a person between stages and statuses, also under the keys that became them, oldest first;
    without their `own`, under those alone.
    """
    one = {"bucket": bucket_of(person), "person": Key(person), "own": own}
    rows = db.execute(S.moves_of, one).fetchall()
    return [Fact(kind, name, when, body) for kind, name, when, body in rows]


def _inputs(db: Db, one: dict[str, Any], rows: list[tuple[str, Input]]) -> Iterator[Input]:
    limit = PAST
    while rows:
        for _, item in rows:
            yield item
        if len(rows) < limit:
            return
        limit = PORTION
        rows = read_rows(db.execute(S.past, one | {"after": rows[-1][1].seq, "limit": limit}))


def _visits(db: Db, one: dict[str, Any], rows: list[Any]) -> Iterator[Fact]:
    limit = PAST
    while rows:
        for kind, name, when, body, _ in rows:
            yield Fact(kind, name, when, body)
        if len(rows) < limit:
            return
        limit = PORTION
        behind = {"at": At(rows[-1][2]), "id": rows[-1][4], "limit": limit}
        rows = db.execute(S.visits_of, one | behind).fetchall()


def handed_over(
    db: Db, people: Sequence[tuple[str, int]]
) -> dict[str, tuple[int, Iterator[Input], Iterator[Fact]]]:
    """Merged people's pasts up to a seq each: how many events and visits, the inputs, the visits."""
    with db.pipeline():
        cursors = [
            db.execute(S.handed_over, {"bucket": bucket_of(key), "person": Key(key), "until": until})
            for key, until in people
        ]
        counts = [(cursor.fetchone() or (0,))[0] for cursor in cursors]
    found = pasts(db, people)
    return {key: (count, *found[key]) for (key, _), count in zip(people, counts, strict=True)}


def next_due(db: Db) -> Instant | None:
    """The earliest wake-up of anybody."""
    return db.execute(S.next_due).fetchone()[0]  # type: ignore[index]


def behind(db: Db, limit: int = 100_000) -> int:
    """How many accepted inputs are not applied yet, up to `limit`."""
    return db.execute(S.behind, {"limit": limit}).fetchone()[0]  # type: ignore[index]


def applied(db: Db, ends: dict[int, int]) -> bool:
    """Whether each of these lanes has been applied up to its place, {bucket: seq}."""
    lanes = {"buckets": list(ends), "seqs": Ints(list(ends.values()))}
    return bool((db.execute(S.applied, lanes).fetchone() or (True,))[0])


def program_number(db: Db) -> int:
    """The number of the program in force; 0 before the first."""
    return db.execute(S.program_number).fetchone()[0]  # type: ignore[index]


def program_basis(db: Db, number: int) -> int:
    """The last program, up to this one, that changed anything people's states rest on."""
    row = db.execute(S.program_basis, {"number": number}).fetchone()
    return row[0] if row else 0


def events_kept(db: Db) -> str:
    """For how long events are kept, such as 25mo; `never` where nobody has said."""
    row = db.execute(S.events_kept).fetchone()
    return str(row[0]) if row else "never"


def set_basis(db: Db, number: int, basis: int) -> None:
    """Say so of a program just added."""
    db.execute(S.set_basis, {"number": number, "basis": basis})


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
