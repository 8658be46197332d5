"""What the checks read.

Always true: every function only reads. The tables belong to the other stages; a checker that asked their
code would believe it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from psycopg import sql

from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.people.ledger import Recorded
from slinga.privacy.tables import Table
from slinga.runtime.db import Db, Key, statements

S = statements(__file__)
MOST = 1_000
"""Broken rows that a check names at most."""


class Left(msgspec.Struct, frozen=True):
    """A marketing message that left, and when its last attempt began."""

    id: str
    person: str
    channel: str
    topic: str
    address: str
    started_at: Instant


def snapshot(db: Db) -> None:
    """Make the transaction just begun read one state of the database, and only read."""
    db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    # Comparing thousands of people between two questions may take longer than a worker may ever be idle.
    db.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")


def now(db: Db) -> Instant:
    """The present instant of virtual time."""
    return int((db.execute(S.now).fetchone() or (0,))[0])


def count(db: Db, name: str, buckets: Sequence[int] = ()) -> int:
    """How many rows `messages`, `inputs`, `waking` or `erased` are about."""
    return int((db.execute(S.texts[name], {"buckets": list(buckets)}).fetchone() or (0,))[0])


def broken(db: Db, name: str, buckets: Sequence[int] = ()) -> list[str]:
    """What breaks the check of this name."""
    return [row[0] for row in db.execute(S.texts[name], {"buckets": list(buckets), "most": MOST}).fetchall()]


def left(db: Db, buckets: Sequence[int]) -> list[Left]:
    """Marketing messages that left."""
    return [Left(*row) for row in db.execute(S.left, {"buckets": list(buckets)}).fetchall()]


def suppressed(db: Db) -> dict[bytes, list[tuple[str, Instant]]]:
    """(scope, since when) of each suppressed address key."""
    out: dict[bytes, list[tuple[str, Instant]]] = defaultdict(list)
    for key, scope, at in db.execute(S.forbidden_at).fetchall():
        out[bytes(key)].append((scope, at))
    return out


def withheld(db: Db, buckets: Sequence[int]) -> set[str]:
    """People who forbade something."""
    return {row[0] for row in db.execute(S.withheld, {"buckets": list(buckets)})}


def chained(db: Db, buckets: Sequence[int]) -> set[str]:
    """People of whom the ledger tells."""
    return {row[0] for row in db.execute(S.chained, {"buckets": list(buckets)})}


def ledgers(db: Db, people: Collection[str]) -> dict[str, list[Recorded]]:
    """The ledger of each of these keys."""
    out: dict[str, list[Recorded]] = defaultdict(list)
    keys = sorted(people)
    buckets = sorted({bucket_of(key) for key in keys})
    for row in db.execute(S.consents, {"people": [Key(key) for key in keys], "buckets": buckets}).fetchall():
        out[row[0]].append(Recorded(*row))
    return out


def resting(db: Db, buckets: Sequence[int]) -> list[tuple[str, bytes, int]]:
    """(key, state, program) of people of whom nothing waits to be applied."""
    rows = db.execute(S.resting, {"buckets": list(buckets)}).fetchall()
    return [(key, bytes(state), program) for key, state, program in rows]


def merged(db: Db) -> dict[str, list[str]]:
    """The keys that were merged into each key, at once or through others."""
    to: dict[str, str] = dict(db.execute(S.forwarders).fetchall())
    out: dict[str, list[str]] = defaultdict(list)
    for key in to:
        end, steps = to[key], 0
        while end in to and steps < len(to):
            end, steps = to[end], steps + 1
        out[end].append(key)
    return out


def remains(db: Db, table: Table) -> list[str]:
    """What stands in a table about erased people, where its rows are found by the person."""
    if table.by not in ("person", "scan") or table.keep:
        return []
    query = sql.SQL("SELECT {text} || t.{column} FROM {table} t JOIN erased e ON {same} LIMIT {most}").format(
        text=sql.Literal(f"{table.name} still holds rows of "),
        column=sql.Identifier(table.column),
        table=sql.Identifier(table.name),
        same=sql.SQL("e.key = t.{}" if table.by == "scan" else "e.bucket = t.bucket AND e.key = t.{}").format(
            sql.Identifier(table.column)
        ),
        most=sql.Literal(MOST),
    )
    return [row[0] for row in db.execute(query).fetchall()]


def rows(db: Db, name: str, buckets: Sequence[int]) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of `profiles`, `memberships`, `positions` or `things`, by person."""
    out: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for person, *rest in db.execute(S.texts[name], {"buckets": list(buckets)}).fetchall():
        out[person].append(tuple(rest))
    return out


def population(db: Db) -> int:
    """About how many people there are."""
    return int((db.execute(S.population).fetchone() or (0,))[0])
