"""The questions of the desk: read-only, over projections, facts, the log and messages.

In: a connection. Out: small frozen rows for the pages.
Always true: nothing here writes; each list has a limit.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import At, Db, Key, statements

S = statements(__file__)

ROWS = 100
LIFE = 300
"""How many happenings of a life one page shows."""
END_OF_TIME: Instant = 4_000_000_000_000_000


class Programme(msgspec.Struct, frozen=True):
    """The definitions in force, by kind and key; `versions` counts all that somebody may be inside."""

    number: int
    zone: str
    parts: dict[str, dict[str, dict[str, Any]]]
    live: dict[tuple[str, str], bool]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        return self.parts.get(kind, {})


class Row(msgspec.Struct, frozen=True):
    """A person in a list."""

    key: str
    created_at: Instant
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


def now(db: Db) -> Instant:
    """The database's present."""
    row = db.execute(S.now).fetchone()
    return int(row[0]) if row else 0


def programme(db: Db) -> Programme:
    """The newest published program; number 0 when nothing was published."""
    rows = db.execute(S.program).fetchall()
    number, zone = rows[0][:2] if rows else (0, "UTC")
    parts: dict[str, dict[str, dict[str, Any]]] = {}
    live: dict[tuple[str, str], bool] = {}
    for _number, _zone, kind, key, _version, is_live, document in rows:
        # Versions come in order, so the newest live one stands.
        if is_live or key not in parts.get(kind, {}):
            parts.setdefault(kind, {})[key] = document
        live[kind, key] = live.get((kind, key), False) or bool(is_live)
    return Programme(number, zone, parts, live)


def positions(db: Db, model: str) -> list[tuple[str, str, int]]:
    """(stage, status or '', people) of a model."""
    return db.execute(S.positions, {"model": model}).fetchall()


def people_count(db: Db) -> tuple[int, int]:
    """(everybody, those of whom we know who they are)."""
    row = db.execute(S.people_count).fetchone() or (0, 0)
    return row[0], row[1]


def runs(db: Db) -> dict[str, dict[str, int]]:
    """Journey -> kind of fact -> how many."""
    out: dict[str, dict[str, int]] = {}
    for name, kind, count in db.execute(S.runs).fetchall():
        out.setdefault(name, {})[kind] = count
    return out


def survivor(db: Db, key: str) -> str:
    """Who a key lives on as; itself when it was never merged."""
    for _ in range(10):
        row = db.execute(S.forward, {"bucket": bucket_of(key), "key": Key(key)}).fetchone()
        if row is None or row[1] is None:
            return key
        key = row[1]
    return key


def people(
    db: Db, *, model: str, asked: str = "", keys: Sequence[str] = (), stage: str = "", status: str = ""
) -> list[Row]:
    """The newest people; with `asked`, those with one of `keys` or whose name or address begins like it."""
    escaped = asked.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = db.execute(
        S.people,
        {
            "model": model,
            "everyone": not asked,
            "keys": [Key(key) for key in keys],
            "like": escaped + "%",
            "stage": stage,
            "status": status,
            "limit": ROWS,
        },
    )
    return [Row(*row) for row in found.fetchall()]


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
        }.items()
    }


def life(db: Db, key: str, before: Instant | None = None) -> dict[str, list[tuple]]:
    """Facts, inputs and messages of a person before an instant, newest first, LIFE of each at most."""
    values = _whom(key) | {"before": At(before or END_OF_TIME), "limit": LIFE}
    return {
        "facts": db.execute(S.facts_of, values).fetchall(),
        "inputs": db.execute(S.inputs_of, values).fetchall(),
        "messages": db.execute(S.messages_of, values).fetchall(),
    }


def message_counts(db: Db) -> list[tuple[str, str, int]]:
    """(state, reason, messages)."""
    return db.execute(S.message_counts).fetchall()


def messages(db: Db, *, state: str = "", reason: str = "") -> list[tuple]:
    """The newest messages in a state, for a reason, or all."""
    return db.execute(S.messages, {"state": state, "reason": reason, "limit": ROWS}).fetchall()


def blocked_counts(db: Db, since: Instant) -> list[tuple[str, str, int, Instant]]:
    """(kind of fact, reason, how many, latest) of what policy kept back."""
    return db.execute(S.blocked_counts, {"since": At(since)}).fetchall()


def blocked(db: Db, reason: str = "") -> list[tuple]:
    """The newest sends that policy kept back."""
    return db.execute(S.blocked, {"reason": reason, "limit": ROWS}).fetchall()


def quarantine(db: Db) -> list[tuple]:
    """What was refused at the door and not replayed, newest first."""
    return db.execute(S.quarantine, {"limit": ROWS}).fetchall()


def quarantine_count(db: Db) -> list[tuple[str, int]]:
    """(reason, how many)."""
    return db.execute(S.quarantine_count).fetchall()


def _whom(key: str) -> dict[str, Any]:
    return {"bucket": bucket_of(key), "key": Key(key)}
