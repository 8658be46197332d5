"""The log's two ends: `append` and `read`, for every stage that reports or applies inputs.

Always true: `append` runs inside the caller's transaction and holds the append lock until that commits,
so call it last and commit at once. Readers that need "everything accepted before now" use `horizon`.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Any

import msgspec
from psycopg import pq
from psycopg.adapt import Dumper

from slinga.ingest.model import Input, New
from slinga.ingest.rows import BEGIN, END, Rows, Shorts, Texts, shorts, texts
from slinga.kernel.clock import Instant, instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import Db, Key, locked, statements
from slinga.runtime.db import at as moment

S = statements(__file__)
LOCK = "slinga.input"
ERASED = -1
"""What `append` answers for an input about somebody who was erased."""
_LATEST = instant("9999-01-01T00:00:00Z")
"""The acceptance of staged rows until they have one."""
PORTION = 64
"""Rows handed to the database at a time, which reads them while the next are made."""


def append(db: Db, items: Sequence[New], *, at: Instant | None = None) -> list[int]:
    """Append inputs in order; the seq of each, 0 for one whose `dedupe` was seen before.

    ERASED for one about somebody who was erased: nothing of it is kept.

    Must run in a transaction. `at` overrides the acceptance instant (imports into virtual time only).
    """
    if not items:
        return []
    drawn = _draw(db, items, {}, at, checked=False)
    gone: set[str] = set()
    if drawn.some_erased:
        gone = erased(db, list({key for item in items for key in _about(item)}))
    out = [ERASED if gone and gone.intersection(_about(item)) else 0 for item in items]
    skipped = {n for n, answer in enumerate(out) if answer}
    if drawn.some_erased:
        drawn = _draw(db, items, skipped, at, checked=True)
    if not drawn.count:
        return out
    skipped |= drawn.repeats
    seq, rows = drawn.last - drawn.count, Rows(drawn.accepted)
    with db.cursor() as cursor, cursor.copy(S.copy_in) as copy:
        parts = [BEGIN]
        for n, item in enumerate(items):
            if n in skipped:
                continue
            seq += 1
            out[n] = seq
            parts.append(rows.row(item, seq))
            if len(parts) >= PORTION:
                copy.write(b"".join(parts))
                parts.clear()
        copy.write(b"".join((*parts, END)))
    return out


def stage(db: Db, items: Iterable[New], after: int) -> int:
    """Make rows ready beside the log, numbered behind `after`; the number of the last one.

    In the transaction that then appends them: so many rows hold the log's lock for moments and not minutes.
    """
    db.execute(S.staging)
    rows, parts, number = Rows(_LATEST), [BEGIN], after
    with db.cursor() as cursor, cursor.copy(S.copy_staged) as copy:
        for item in items:
            number += 1
            parts.append(rows.row(item, number))
            if len(parts) >= PORTION:
                copy.write(b"".join(parts))
                parts.clear()
        copy.write(b"".join((*parts, END)))
    return number


def append_staged(db: Db, person: str, after: int, last: int) -> int:
    """Append the staged rows of one person behind `after` up to `last`, in order; how many.

    0 for somebody who was erased. As `append`, and like it to be called last.
    """
    count = last - after
    drawn = _draw(db, [], {}, None, checked=True, more=count)
    if drawn.some_erased and erased(db, [person]):
        return 0
    place = {"shift": drawn.last - last, "accepted": moment(drawn.accepted), "after": after, "last": last}
    return db.execute(S.append_staged, place).rowcount


class _ShortsDumper(Dumper):
    format, oid = pq.Format.BINARY, 1005

    def dump(self, obj: Shorts) -> bytes:
        return obj


class _TextsDumper(Dumper):
    format, oid = pq.Format.BINARY, 1009

    def dump(self, obj: Texts) -> bytes:
        return obj


class _Drawn(msgspec.Struct):
    """What `slinga_append` answers, and which items are no longer new."""

    accepted: Instant
    some_erased: bool
    count: int
    last: int
    repeats: set[int]


def _draw(
    db: Db, items: Sequence[New], without: Container[int], at: Instant | None, *, checked: bool, more: int = 0
) -> _Drawn:
    """Take the lock, the instant, and numbers for the items that are new and `more` besides."""
    keyed: dict[tuple[int, str], int] = {}
    repeats: set[int] = set()
    unkeyed = more
    for n, item in enumerate(items):
        if n in without:
            continue
        if not item.dedupe:
            unkeyed += 1
        elif keyed.setdefault((bucket_of(item.person), item.dedupe), n) != n:
            repeats.add(n)
    asked: dict[str, Any] = {"unkeyed": unkeyed, "at": moment(at), "checked": checked}
    asked |= {"buckets": shorts([bucket for bucket, _ in keyed]), "ids": texts([text for _, text in keyed])}
    with db.cursor() as cursor:
        cursor.adapters.register_dumper(Shorts, _ShortsDumper)
        cursor.adapters.register_dumper(Texts, _TextsDumper)
        row = cursor.execute(S.begin, asked).fetchone()
    assert row is not None
    accepted, some_erased, count, last, buckets, ids = row
    if count - unkeyed < len(keyed):
        fresh = set(zip(buckets or (), ids or (), strict=True))
        repeats.update(n for key, n in keyed.items() if key not in fresh)
    return _Drawn(accepted, some_erased, count, last or 0, repeats)


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
