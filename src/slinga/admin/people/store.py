"""Questions about people: read-only, over projections, facts, the log and messages.

In: a connection. Out: small frozen rows.
Always true: nothing here writes; each list has a limit.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from slinga.admin.people.mails import Mail
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import At, Db, Key, statements

S = statements(__file__)

ROWS = 100
LIFE = 150
"""How many happenings of a life one page shows."""
Told = dict[str, list[tuple]]
END_OF_TIME: Instant = 4_000_000_000_000_000


class Row(msgspec.Struct, frozen=True):
    """A person in a list; `at` is when they were last active, first seen, or came there."""

    key: str
    at: Instant
    identified: bool
    traits: dict[str, Any]
    stage: str | None


class Profile(msgspec.Struct, frozen=True):
    """A person's page, the part that stands."""

    key: str
    created_at: Instant
    forward: str | None
    wake_at: Instant | None
    zone: str | None
    traits: dict[str, Any]
    tags: list[str]
    identified: bool
    reachable: list[str]


def survivor(db: Db, key: str) -> str:
    """Who a key lives on as; itself when it was never merged."""
    for _ in range(10):
        row = db.execute(S.forward, {"bucket": bucket_of(key), "key": Key(key)}).fetchone()
        if row is None or row[1] is None:
            return key
        key = row[1]
    return key


def recent(db: Db, model: str) -> list[Row]:
    """Who did something last, newest first; where nothing was done yet, some people."""
    values = {"model": model, "limit": ROWS}
    rows = db.execute(S.recent, values).fetchall() or db.execute(S.first, values).fetchall()
    return [Row(*row) for row in rows]


def found(db: Db, model: str, asked: str, keys: Sequence[str]) -> list[Row]:
    """Those with one of `keys`, or whose address or name begins like `asked`."""
    escaped = asked.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values = {
        "model": model,
        "buckets": [bucket_of(key) for key in keys],
        "keys": [Key(key) for key in keys],
        "like": escaped + "%",
        "limit": ROWS,
    }
    return [Row(*row) for row in db.execute(S.found, values).fetchall()]


def in_stage(db: Db, model: str, stage: str, status: str = "") -> list[Row]:
    """Some of those in a stage of a model, or in a status of it; `at` is since when."""
    values = {"model": model, "stage": stage, "status": status, "limit": ROWS}
    return [Row(*row) for row in db.execute(S.standing, values).fetchall()]


def person(db: Db, key: str) -> Profile | None:
    """One person, or None."""
    row = db.execute(S.person, _whom(key)).fetchone()
    return Profile(*row) if row else None


def standing(db: Db, key: str) -> dict[str, list[tuple]]:
    """Stages, segments, scores and things of a person."""
    return {
        name: db.execute(statement, _whom(key)).fetchall()
        for name, statement in {
            "positions": S.positions_of,
            "segments": S.segments_of,
            "scores": S.scores_of,
            "things": S.things_of,
            "runs": S.runs_of,
            "consents": S.consents_of,
        }.items()
    }


def life(db: Db, key: str, before: Instant | None = None) -> tuple[list[tuple], list[tuple], list[Mail]]:
    """(inputs, facts, messages) of a person before an instant, newest first, LIFE of each at most."""
    values = _whom(key) | {"before": At(before or END_OF_TIME), "limit": LIFE}
    mails = db.execute(S.messages_of, values).fetchall()
    return (
        db.execute(S.inputs_of, values).fetchall(),
        db.execute(S.facts_of, values).fetchall(),
        [Mail(row[0], _hex(row[1]), *row[2:]) for row in mails],
    )


def known(db: Db, key: str, sends: Sequence[str]) -> set[str]:
    """Those of the send keys that became messages."""
    return {row[0] for row in db.execute(S.known_of, _whom(key) | {"keys": list(sends)})}


def about(db: Db, key: str, sends: Sequence[str], since: Instant) -> tuple[Told, Told]:
    """What was decided since an instant, and heard, about sends: (at, kind or event, body) by send key."""
    values = _whom(key) | {"keys": list(sends), "since": At(since)}
    found: list[Told] = []
    for statement in (S.decided_of, S.heard_of):
        told: Told = {}
        for send, *row in db.execute(statement, values):
            told.setdefault(send, []).append(tuple(row))
        found.append(told)
    return found[0], found[1]


def worded(db: Db, key: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What messages were planned with, by id."""
    values = _whom(key) | {"ids": [Key(id) for id in ids]}
    return {_hex(id): variables for id, variables in db.execute(S.worded_of, values)}


def templates(
    db: Db, keys: Sequence[str]
) -> tuple[dict[str, list[tuple[Instant, int]]], dict[tuple[str, int], dict[str, Any]]]:
    """(versions with the instants since which they are in force, documents by key and version)."""
    since: dict[str, list[tuple[Instant, int]]] = {}
    for key, at, version in db.execute(S.versions_of, {"keys": list(keys)}):
        since.setdefault(key, []).append((at, version))
    wanted = list({(key, version) for key, several in since.items() for _, version in several})
    values = {"keys": [key for key, _ in wanted], "versions": [version for _, version in wanted]}
    documents = db.execute(S.documents_of, values)
    return since, {(key, version): document for key, version, document in documents}


def _hex(id: Any) -> str:
    return str(id).replace("-", "")


def _whom(key: str) -> dict[str, Any]:
    return {"bucket": bucket_of(key), "key": Key(key)}


def seen(db: Db, key: str) -> Instant | None:
    """When somebody last did something."""
    row = db.execute(S.seen_of, _whom(key)).fetchone()
    return row[0] if row else None


def orders(db: Db, key: str) -> list[tuple[str, dict[str, Any], Instant, Decimal | None]]:
    """(id, attributes, when changed, total) of the newest orders."""
    return db.execute(S.orders_of, _whom(key)).fetchall()


def merges(db: Db, key: str) -> list[tuple[Instant, dict[str, Any]]]:
    """(when, what the fact says) of profiles that became this one."""
    return db.execute(S.merges_of, _whom(key)).fetchall()


def raw(db: Db, key: str, before: int | None) -> list[tuple]:
    """Inputs as the log holds them, newest first, before a number of the log."""
    return db.execute(S.raw_of, _whom(key) | {"before": before or 2**62}).fetchall()


def message(db: Db, key: str, id: str) -> dict[str, Any] | None:
    """One message of somebody, by its columns."""
    cursor = db.execute(S.message_of, _whom(key) | {"id": Key(id)})
    row = cursor.fetchone()
    return None if row is None else dict(zip([c.name for c in cursor.description or ()], row, strict=True))


def attempts(db: Db, key: str, id: str) -> list[tuple]:
    """(no, started, ended, outcome, code, enhanced, text) of the tries to hand it over."""
    return db.execute(S.attempts_of, {"bucket": bucket_of(key), "id": Key(id)}).fetchall()


def program_at(db: Db, at: Instant) -> int:
    """The number of the program in force at an instant; 0 before the first."""
    row = db.execute(S.program_at, {"at": At(at)}).fetchone()
    return int(row[0] or 0) if row else 0


def policy(db: Db, key: str, version: int) -> dict[str, Any] | None:
    """A policy as it was published; None where there was no such version."""
    row = db.execute(S.policy_of, {"key": key, "version": version}).fetchone()
    return row[0] if row else None
