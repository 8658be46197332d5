"""Questions about people: read-only, over projections, facts, the log and messages.

In: a connection. Out: small frozen rows.
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


def _whom(key: str) -> dict[str, Any]:
    return {"bucket": bucket_of(key), "key": Key(key)}
