"""The log's two ends: `append` and `read`, for every stage that reports or applies inputs.

Always true: `append` runs inside the caller's transaction and holds the append lock until that commits,
so call it last and commit at once. Readers that need "everything accepted before now" use `horizon`.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from weakref import WeakSet

import msgspec
from msgspec import structs
from psycopg import Cursor, pq
from psycopg.adapt import Dumper

from slinga.ingest import rows as packed
from slinga.ingest.asking import Taken, ask, instant
from slinga.ingest.model import Input, New
from slinga.ingest.rows import ERASED, Packed, Row, Spell, columns, spell
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import PG_EPOCH, At, Db, Key, locked, statements
from slinga.runtime.db import at as moment

__all__ = [
    "ERASED",
    "append",
    "append_staged",
    "erased",
    "flush",
    "history",
    "horizon",
    "read",
    "read_rows",
    "stage",
    "take",
]

S = statements(__file__)
LOCK = "slinga.input"
CHUNK = 4_000_000
"""Bytes of bodies in one statement."""
STAGED = 500_000
"""Bytes of bodies in one statement that stages. A long past is never held whole, and each row is held four
times for a moment: as it is, packed, in a column, on its way to the server."""
OUTSIDE = -1
"""What `Taken.stored` is where the rows rest on another present than that of the acceptance."""
_NAMELESS = -2


def append(db: Db, items: Sequence[New], *, at: Instant | None = None) -> list[int]:
    """Append inputs in order; the seq of each, 0 for one whose `dedupe` was seen before.

    ERASED for one about somebody who was erased: nothing of it is kept.

    Must run in a transaction. `at` overrides the acceptance instant (imports into virtual time only).
    """
    out: list[int] = []
    now = at
    for chunk in _chunks(items):
        if now is None and any(row.key for row in chunk):
            now = _now(db)
        taken = take(db, chunk, spell(now or 0), keyed=now is not None, at=at)
        while taken.stored == OUTSIDE:  # a span ended just now
            taken = take(db, chunk, spell(taken.accepted), at=at)
        out += taken.seqs(len(chunk))
    if out and not any(seq > 0 for seq in out):
        flush(db)  # what is known already may be on its way to the disk still; let this commit wait for it
    return out


def stage(db: Db, items: Iterable[New], after: int) -> int:
    """Make rows ready beside the log, numbered behind `after`; the number of the last one.

    In the transaction that then appends them: so many rows hold the log's lock for moments and not minutes.
    """
    db.execute(S.staging)
    _adapt(db)
    for chunk in _chunks(items, STAGED):
        db.execute(S.stage, {"after": after, **structs.asdict(columns(chunk, spell(0)))})
        after += len(chunk)
    return after


def append_staged(db: Db, person: str, after: int, last: int) -> int:
    """Append the staged rows of one person behind `after` up to `last`, in order; how many.

    0 for somebody who was erased. As `append`, and like it to be called last.
    """
    drawn = db.execute(S.number_staged, {"count": last - after}).fetchone()
    assert drawn is not None
    accepted, some_erased, end = drawn
    if some_erased and erased(db, [person]):
        return 0
    place = {"shift": (end or last) - last, "accepted": moment(accepted), "after": after, "last": last}
    return db.execute(S.append_staged, place).rowcount


def take(
    db: Db,
    rows: Sequence[Row],
    when: Spell,
    *,
    keyed: bool = True,
    at: Instant | None = None,
    ids: bool = False,
    unflushed: bool = False,
) -> Taken:
    """Store rows in order, in one statement, durable by itself where no transaction is open.

    `when` is what the rows rest on; where the acceptance is outside of it nothing is stored. `ids`: whether
    a release before this one left keys that they must be compared with; it is found out where it is False.
    `unflushed`: the lock is not held until the rows are on disk; call `flush` before anybody is told. For a
    connection on which the driver prepares nothing, and outside of transactions.
    """
    told = columns(rows, when, ids=ids)
    if db.prepare_threshold is None:
        low, high = (instant(when.low), instant(when.high)) if keyed else (None, None)
        given = {"low": low, "high": high, "at": None if at is None else instant(at)}
        repeated = b"\1" if told.repeated else b"\0"
        arrays = {name: getattr(array, "data", None) for name, array in structs.asdict(told).items()}
        statement = S.take_before_flush if unflushed else S.take
        taken = ask(db, statement, arrays | given | {"repeated": repeated})
    else:
        first, end = (At(when.low), At(when.high)) if keyed else (None, None)
        _adapt(db)
        asked: dict[str, Any] = {"low": first, "high": end, "at": moment(at), **structs.asdict(told)}
        row = db.execute(S.take, asked, prepare=True).fetchone()
        assert row is not None
        taken = Taken(*row)
    if taken.stored == _NAMELESS:
        return take(db, rows, when, keyed=keyed, at=at, ids=True, unflushed=unflushed)
    return taken


def flush(db: Db) -> None:
    """Return when all that was committed before is on disk."""
    db.execute(S.flush)


def _chunks(items: Iterable[New], most: int = CHUNK) -> Iterator[list[Row]]:
    """Rows in portions that a statement can carry."""
    chunk: list[Row] = []
    size = 0
    for item in items:
        row = packed.row(item)
        if size + len(row.body) > most and chunk:
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += len(row.body)
    if chunk:
        yield chunk


class _PackedDumper(Dumper):
    format = pq.Format.BINARY

    def __init__(self, cls: type[Packed], context: Any = None) -> None:
        super().__init__(cls, context)
        self.oid = cls.oid

    def dump(self, obj: Packed) -> bytes:
        return obj.data


_adapted: WeakSet[Db] = WeakSet()


def _adapt(db: Db) -> None:
    if db not in _adapted:
        _adapted.add(db)
        for each in Packed.__subclasses__():
            db.adapters.register_dumper(each, _PackedDumper)


def _now(db: Db) -> Instant:
    (now,) = db.execute(S.now).fetchone() or (0,)
    return int(now)


def erased(db: Db, keys: Sequence[str]) -> set[str]:
    """Those of these keys that were erased; certain in a transaction that holds the log's lock."""
    if not keys:
        return set()
    whom = {"buckets": [bucket_of(key) for key in keys], "keys": [Key(key) for key in keys]}
    return {key for (key,) in db.execute(S.erased, whom).fetchall()}


def horizon(db: Db) -> Instant:
    """An instant h such that every input accepted before h is visible to the next statement.

    Waits for the appenders in flight, a few milliseconds. Must not run inside a transaction.
    """
    with locked(db, LOCK, shared=True):
        (now,) = db.execute(S.now).fetchone() or (0,)
    return int(now)


def read(db: Db, bucket: int, after: int, limit: int) -> list[tuple[str, Input]]:
    """The next inputs of a bucket in order, as (person key, input)."""
    return read_rows(db.execute(S.read, {"bucket": bucket, "after": after, "limit": limit}))


def history(db: Db, person: str, *, after: int = 0, until: int | None = None) -> list[Input]:
    """All inputs of one person in log order, optionally with after < seq <= until."""
    asked = {"bucket": bucket_of(person), "person": Key(person), "after": after, "until": until or 2**62}
    return [item for _, item in read_rows(db.execute(S.history, asked))]


def read_rows(cursor: Cursor[Any]) -> list[tuple[str, Input]]:
    """(person key, input) of each row of a result, in the column order that `read` selects.

    By hand, from the bytes: a general driver takes each value up by its type, and this is half of reading.
    """
    result = cursor.pgresult
    assert result is not None, "ask outside a pipeline"
    get: Callable[[int, int], bytes] = result.get_value  # type: ignore[assignment]  # no column is ever null
    found = []
    for n in range(result.ntuples):
        seq, trust, at, occurred_at = _NUMBERS(get(n, 1) + get(n, 4) + get(n, 7) + get(n, 8))
        item = Input(
            get(n, 2).decode(),
            at + PG_EPOCH,
            seq,
            get(n, 3).decode(),
            _decode(get(n, 9)[1:]),  # the first byte is jsonb's version
            trust,
            get(n, 5).decode(),
            get(n, 6).decode(),
            occurred_at + PG_EPOCH,
        )
        found.append((get(n, 0).hex(), item))
    return found


_NUMBERS = struct.Struct("!qhqq").unpack
_decode = msgspec.json.Decoder().decode
