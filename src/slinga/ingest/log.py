"""The log's two ends: `append` and `read`, for every stage that reports or applies inputs.

Always true: `append` runs inside the caller's transaction and holds the append lock until that commits,
so call it last and commit at once. Readers that need "everything accepted before now" use `horizon`.
"""

from collections.abc import Sequence

from slinga.ingest.model import Input, New
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import At, Db, Json, Key, locked, statements

S = statements(__file__)
LOCK = "slinga.input"
ERASED = -1
"""What `append` answers for an input about somebody who was erased."""


def append(db: Db, items: Sequence[New], *, at: Instant | None = None) -> list[int]:
    """Append inputs in order; the seq of each, 0 for one whose `dedupe` was seen before.

    ERASED for one about somebody who was erased: nothing of it is kept.

    Must run in a transaction. `at` overrides the acceptance instant (imports into virtual time only).
    """
    if not items:
        return []
    db.execute(S.lock, {"lock": LOCK})
    now, some_erased = db.execute(S.present).fetchone() or (0, False)
    now = at or now
    gone = erased(db, [key for item in items for key in _about(item)]) if some_erased else set()
    alive = [item for item in items if not gone.intersection(_about(item))] if gone else items
    fresh = _fresh(db, alive, now)
    if gone:
        answers = iter(fresh)
        fresh = [not gone.intersection(_about(item)) and next(answers) for item in items]
    count = sum(fresh)
    if not count:
        return [ERASED if gone and gone.intersection(_about(item)) else 0 for item in items]
    (last,) = db.execute(S.take_seqs, {"count": count}).fetchone() or (0,)
    seq = last - count
    out: list[int] = []
    with db.cursor() as cursor, cursor.copy(S.copy_in) as copy:
        copy.set_types(
            [
                "int2",
                "int8",
                "uuid",
                "text",
                "text",
                "int2",
                "text",
                "text",
                "timestamptz",
                "timestamptz",
                "jsonb",
            ]
        )
        for item, new in zip(items, fresh, strict=True):
            if not new:
                out.append(ERASED if gone and gone.intersection(_about(item)) else 0)
                continue
            seq += 1
            out.append(seq)
            occurred = now if item.occurred_at is None else min(item.occurred_at, now)
            copy.write_row(
                (
                    bucket_of(item.person),
                    seq,
                    Key(item.person),
                    item.kind,
                    item.name,
                    item.trust,
                    item.source,
                    item.message_id,
                    At(now),
                    At(occurred),
                    Json(item.body),
                )
            )
    db.execute(S.notify)
    return out


def erased(db: Db, keys: Sequence[str]) -> set[str]:
    """Those of these keys that were erased; certain in a transaction that holds the log's lock."""
    if not keys:
        return set()
    whom = {"buckets": [bucket_of(key) for key in keys], "keys": [Key(key) for key in keys]}
    return {key for (key,) in db.execute(S.erased, whom).fetchall()}


def _about(item: New) -> tuple[str, ...]:
    """Whom an input concerns: whose log it goes to, and who shall be one with them."""
    if item.kind == "merge":
        return (item.person, str(item.body.get("other", "")))
    return (item.person,)


def _fresh(db: Db, items: Sequence[New], now: Instant) -> list[bool]:
    """Which items are to be stored: those without a de-duplication key, and the first of each new key."""
    keyed = {(bucket_of(i.person), i.dedupe): n for n, i in reversed(list(enumerate(items))) if i.dedupe}
    if not keyed:
        return [True] * len(items)
    rows = db.execute(
        S.first_seen,
        {"buckets": [k[0] for k in keyed], "ids": [k[1] for k in keyed], "now": At(now)},
    ).fetchall()
    first = {keyed[bucket, dedupe] for bucket, dedupe in rows}
    return [not item.dedupe or n in first for n, item in enumerate(items)]


def horizon(db: Db) -> Instant:
    """An instant h such that every input accepted before h is visible to the next statement.

    Waits for the appenders in flight, a few milliseconds. Must not run inside a transaction.
    """
    with locked(db, LOCK, shared=True):
        (now,) = db.execute(S.now).fetchone() or (0,)
    return int(now)


def read(db: Db, bucket: int, after: int, limit: int) -> list[tuple[str, Input]]:
    """The next inputs of a bucket in order, as (person key, input)."""
    rows = db.execute(S.read, {"bucket": bucket, "after": after, "limit": limit}).fetchall()
    return [read_row(row) for row in rows]


def history(db: Db, person: str, *, after: int = 0, until: int | None = None) -> list[Input]:
    """All inputs of one person in log order, optionally with after < seq <= until."""
    rows = db.execute(
        S.history,
        {"bucket": bucket_of(person), "person": Key(person), "after": after, "until": until or 2**62},
    ).fetchall()
    return [read_row(row)[1] for row in rows]


def read_row(row: tuple) -> tuple[str, Input]:
    """(person key, input) of a row in the column order that `read` selects."""
    person, seq, kind, name, trust, source, message_id, accepted_at, occurred_at, body = row
    return person, Input(
        kind=kind,
        at=accepted_at,
        seq=seq,
        name=name,
        body=body,
        trust=trust,
        source=source,
        message_id=message_id,
        occurred_at=occurred_at,
    )
