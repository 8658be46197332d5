"""Forget by age, a small batch at a time, each committed by itself.

In: a connection in autocommit mode, an instant. Out: how many rows went, or would.
Always true: what is not applied yet stays; a person's state stays, for decisions rest on it; nobody waits
longer than one batch takes; a person who is forgotten for age leaves no tombstone and may come again.
"""

from collections.abc import Iterator

from slinga.kernel.clock import Instant
from slinga.privacy import store as people
from slinga.privacy.tables import TABLES
from slinga.runtime.db import At, Db, Key, statements

S = statements(__file__)
BUCKETS = range(256)
BATCH = 2_000
_PEOPLE = 200


def tell(db: Db, what: str, length: str) -> None:
    """Remember how long something is kept, for whoever publishes."""
    db.execute(S.tell, {"what": what, "length": length})


def _edge(db: Db, bucket: int, before: Instant) -> int:
    """The number below which a bucket's inputs are older than an instant and applied."""
    (cursor,) = db.execute(S.cursor, {"bucket": bucket}).fetchone() or (0,)
    low, high = 0, int(cursor) + 1
    while low < high:
        middle = (low + high) // 2
        row = db.execute(S.probe, {"bucket": bucket, "seq": middle}).fetchone()
        if row is None or row[0] >= high or row[1] >= before:
            high = middle
        else:
            low = int(row[0]) + 1
    return low


def forget_events(db: Db, before: Instant) -> int:
    """Delete what people did before an instant; how many events."""
    total = 0
    for bucket in BUCKETS:
        edge, after = _edge(db, bucket, before), 0
        while edge:
            asked = {"bucket": bucket, "before": edge, "after": after, "limit": BATCH}
            gone = [seq for (seq,) in db.execute(S.forget_events, asked).fetchall()]
            total += len(gone)
            if len(gone) < BATCH:
                break
            after = max(gone)
    return total


def count_events(db: Db, before: Instant) -> int:
    """How many events `forget_events` would delete."""
    counts = (
        db.execute(S.count_events, {"bucket": bucket, "before": edge}).fetchone() or (0,)
        for bucket in BUCKETS
        if (edge := _edge(db, bucket, before))
    )
    return sum(count for (count,) in counts)


def _nameless(db: Db, before: Instant) -> Iterator[tuple[int, list[str]]]:
    """Groups of people to forget, by bucket; ask again after a group has gone."""
    for bucket in BUCKETS:
        seen: set[str] = set()
        while True:
            asked = {"bucket": bucket, "before": At(before), "limit": _PEOPLE + len(seen)}
            found = [key for (key,) in db.execute(S.nameless, asked).fetchall() if key not in seen]
            if not found:
                break
            seen |= set(found)
            yield bucket, found


def forget_nameless(db: Db, before: Instant) -> int:
    """Delete people without a name who did nothing since an instant; how many."""
    total = 0
    for bucket, keys in _nameless(db, before):
        with db.transaction():
            people.hold(db, keys)
            asked = {"bucket": bucket, "people": [Key(key) for key in keys]}
            awaited = {key for (key,) in db.execute(S.awaited, asked).fetchall()}
            gone = [key for key in keys if key not in awaited]
            mine = people.messages(db, gone)
            for table in TABLES.values():
                if table.by in ("person", "scan", "message") and not table.keep:
                    people.delete(db, table, gone, mine, ())
        total += len(gone)
    return total


def count_nameless(db: Db, before: Instant) -> int:
    """How many people `forget_nameless` would delete."""
    return sum(len(keys) for _, keys in _nameless(db, before))


def forget_audit(db: Db, before: Instant) -> int:
    """Delete the oldest audit entries, never the last one, behind which the chain goes on; how many."""
    return db.execute(S.forget_audit, {"before": At(before)}).rowcount


def _everywhere(db: Db, statement: str, before: Instant) -> int:
    total = 0
    for bucket in BUCKETS:
        while True:
            done = db.execute(statement, {"bucket": bucket, "before": At(before), "limit": BATCH}).rowcount
            total += done
            if done < BATCH:
                break
    return total


def forget_words(db: Db, before: Instant) -> int:
    """Blank what was filled into messages that ended before an instant; how many."""
    return _everywhere(db, S.forget_words, before)


def count_words(db: Db, before: Instant) -> int:
    """How many messages `forget_words` would blank."""
    return int((db.execute(S.count_words, {"before": At(before)}).fetchone() or (0,))[0])


def forget_replies(db: Db, before: Instant) -> int:
    """Blank what receivers answered before an instant; how many answers."""
    return _everywhere(db, S.forget_replies, before) + _everywhere(db, S.forget_answers, before)


def count_replies(db: Db, before: Instant) -> int:
    """How many answers `forget_replies` would blank."""
    return int((db.execute(S.count_replies, {"before": At(before)}).fetchone() or (0,))[0])
