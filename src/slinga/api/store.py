"""The questions of the admin API: read-only, over projections, the log, facts and messages.

In: a connection. Out: rows.
Always true: nothing here writes; each list is bounded; filters are put together from the pieces below and
no other text.
"""

from collections.abc import Sequence
from typing import Any

from slinga.kernel.clock import Instant
from slinga.kernel.ids import BUCKETS, bucket_of
from slinga.runtime.db import At, Db, Key, statements

S = statements(__file__)
END: Instant = 4_000_000_000_000_000
_LAST = "f" * 32
ACTS = (
    "n", "person", "channel", "topic", "action", "basis", "source", "actor", "message", "evidence"
)  # fmt: skip

_LIST = """
SELECT p.key, p.created_at, coalesce(f.identified, false), coalesce(f.traits, '{{}}'),
    coalesce(f.tags, '{{}}')
FROM {driver}
LEFT JOIN profile f ON f.bucket = p.bucket AND f.person = p.key
WHERE p.forward IS NULL AND (p.bucket, p.key) > (%(bucket)s, %(key)s){filters}
ORDER BY p.bucket, p.key LIMIT %(limit)s
"""
_FILTERS = {
    "segment": " AND EXISTS (SELECT FROM membership m WHERE m.bucket = p.bucket AND m.person = p.key"
    " AND m.segment = %(segment)s)",
    "stage": " AND s.stage = %(stage)s",
    "status": " AND s.status = %(status)s",
    "tag": " AND %(tag)s = ANY(f.tags)",
}
_MODEL = " JOIN position s ON s.bucket = p.bucket AND s.person = p.key AND s.model = %(model)s"


def _whom(key: str) -> dict[str, Any]:
    return {"bucket": bucket_of(key), "key": Key(key)}


def survivor(db: Db, key: str) -> str:
    """Who a key lives on as; itself when it was never merged."""
    for _ in range(64):
        row = db.execute(S.forward, _whom(key)).fetchone()
        if row is None or row[0] is None:
            return key
        key = row[0]
    return key


def logged(db: Db, key: str) -> bool:
    """Whether the log holds anything about a key."""
    return bool((db.execute(S.logged, _whom(key)).fetchone() or (False,))[0])


def person(db: Db, key: str) -> tuple[Any, ...] | None:
    """A person as a list shows them."""
    return db.execute(S.person, _whom(key)).fetchone()


def people(
    db: Db, *, after: tuple[int, str] | None, limit: int, model: str, **filters: str
) -> list[tuple[Any, ...]]:
    """A page of people for whom all the filters hold, in the order of their keys."""
    place = {"bucket": -1, "key": Key("0" * 32)} if after is None else _whom(after[1])
    driver = "person p" + (_MODEL if model else "")
    pieces = "".join(_FILTERS[name] for name, value in filters.items() if value)
    text = _LIST.format(driver=driver, filters=pieces)
    return db.execute(text, {**place, "limit": limit, "model": model, **filters}).fetchall()


def merged(db: Db, key: str) -> list[str]:
    """Keys that became this one."""
    return [row[0] for row in db.execute(S.merged, {"key": Key(key)})]


def timeline(db: Db, key: str, *, before: tuple[int, int, int] | None, limit: int) -> list[tuple[Any, ...]]:
    """(at, of, id, kind, name, body) of a life before a place, newest first."""
    at, of, number = before or (END, 2, 0)
    place = {"at": At(_bounded(at)), "of": of, "id": number}
    return db.execute(S.timeline, {**_whom(key), **place, "limit": limit}).fetchall()


def _bounded(at: Instant) -> Instant:
    return max(0, min(at, END))


def messages(db: Db, key: str, *, before: tuple[int, str] | None, limit: int) -> list[tuple[Any, ...]]:
    """A page of somebody's messages, newest first."""
    at, number = before or (END, _LAST)
    values = {**_whom(key), "at": At(_bounded(at)), "id": Key(number), "limit": limit}
    return db.execute(S.messages, values).fetchall()


def message(db: Db, number: str) -> tuple[Any, ...] | None:
    """A message by its id."""
    values = {"buckets": list(range(BUCKETS)), "id": Key(number)}
    return db.execute(S.message, values).fetchone()


def attempts(db: Db, bucket: int, number: str) -> list[tuple[Any, ...]]:
    """What was tried for a message."""
    return db.execute(S.attempts, {"bucket": bucket, "id": Key(number)}).fetchall()


def decided(db: Db, key: str, send_key: str) -> tuple[Any, ...] | None:
    """The last word about a send of somebody's that was not planned."""
    return db.execute(S.decided, {**_whom(key), "send_key": send_key}).fetchone()


def asked(db: Db, key: str, send_key: str) -> tuple[Any, ...] | None:
    """(template, at) of a request for a send."""
    return db.execute(S.asked, {**_whom(key), "send_key": send_key}).fetchone()


def things_of(
    db: Db, key: str, *, type: str, after: tuple[str, str] | None, limit: int
) -> list[tuple[Any, ...]]:
    """A page of somebody's things."""
    kind, number = after or ("", "")
    values = {**_whom(key), "type": type, "after_type": kind, "after": number, "limit": limit}
    return db.execute(S.things_of, values).fetchall()


def things(db: Db, type: str, *, after: tuple[str, str] | None, limit: int) -> list[tuple[Any, ...]]:
    """A page of all things of a type."""
    key, number = after or ("", "")
    place = _whom(key) if key else {"bucket": -1, "key": Key("0" * 32)}
    return db.execute(S.things, {**place, "type": type, "after": number, "limit": limit}).fetchall()


def stages(db: Db, model: str) -> list[tuple[str, str, str, int]]:
    """(model, stage, status, people)."""
    return db.execute(S.stages, {"model": model}).fetchall()


def segments(db: Db) -> dict[str, int]:
    """How many people are in each segment."""
    return dict(db.execute(S.segments).fetchall())


def everybody(db: Db) -> tuple[int, int]:
    """(everybody, those of whom we know who they are)."""
    row = db.execute(S.everybody).fetchone() or (0, 0)
    return row[0], row[1]


def versions(db: Db, kind: str, key: str) -> Sequence[tuple[int, Instant, str]]:
    """(version, published at, by) of a definition, newest first."""
    return db.execute(S.versions, {"kind": kind, "key": key}).fetchall()


def version(db: Db, kind: str, key: str, number: int) -> tuple[Any, ...] | None:
    """(version, document, published at, by) of one version."""
    return db.execute(S.version, {"kind": kind, "key": key, "version": number}).fetchone()
