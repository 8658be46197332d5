"""The consent ledger: what people allowed and withdrew, with the proof, for every stage that asks them.

In: `Consent` entries, in the caller's transaction. Out: ledger rows, and the same as `consent` inputs in the
log, so that the person's state follows. `consents` folds the ledger with the same pure fold.
Always true: rows are only added; each carries the hash of the row before it in the person's chain; an entry
recorded is visible to the next send decision as soon as the transaction commits.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from slinga.ingest.log import append, erased
from slinga.ingest.model import Input, New
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.people.consent import Consents, fold
from slinga.people.ledger import Consent, Recorded, as_input, link_hash, to_input
from slinga.runtime.db import At, Db, Json, Key, at, statements
from slinga.runtime.obligations import WITHDRAWAL, note

S = statements(__file__)
STOPS = ("withdrawn", "denied")


def hold(db: Db, person: str) -> None:
    """Keep others from adding to the person's chain until the transaction ends; call before `consents`."""
    db.execute(S.hold, {"name": f"slinga.consent.{person}"})


def record(db: Db, entries: Sequence[Consent], also: Sequence[New] = ()) -> None:
    """Add entries to the ledger, and append them and `also` to the log.

    Must run in a transaction that commits at once: appending holds the log's lock. Whoever was erased gets
    no entry: there is nothing left that it could permit.
    """
    for person in sorted({entry.person for entry in entries}):
        hold(db, person)
    (now,) = db.execute(S.now).fetchone() or (0,)
    tails: dict[str, tuple[int, bytes]] = {}
    gone = erased(db, [entry.person for entry in entries])  # by now an erasure has ended or waits for us
    for entry in entries:
        if entry.person in gone:
            continue
        n, previous = tails.get(entry.person) or _tail(db, entry.person)
        row = _row(entry, n + 1, now, previous)
        db.execute(S.add, row)
        tails[entry.person] = (n + 1, row["hash"])
        if entry.action in STOPS:
            _oblige(db, entry)
    append(db, [*(to_input(entry) for entry in entries), *also])


def enter(db: Db, entries: Sequence[Consent]) -> None:
    """Add many entries to the ledger, in the caller's transaction; the caller appends the inputs they are.

    Raises psycopg.errors.UniqueViolation where somebody else began a chain at the same moment: try again.
    """
    persons = sorted({entry.person for entry in entries})
    for person in _tails(db, persons):
        hold(db, person)
    tails, gone = _tails(db, persons), erased(db, persons)
    (now,) = db.execute(S.now).fetchone() or (0,)
    rows: list[dict[str, Any]] = []
    for entry in entries:
        if entry.person in gone:
            continue
        n, previous = tails.get(entry.person, (0, b""))
        rows.append(_row(entry, n + 1, now, previous))
        tails[entry.person] = (n + 1, rows[-1]["hash"])
        if entry.action in STOPS:
            _oblige(db, entry)
    if rows:
        with db.cursor() as cursor:
            cursor.executemany(S.add, rows)


def take_back(db: Db, person: str, actor: str) -> int:
    """Remove what `actor` entered in a person's chain, and link the rest anew; how many rows went.

    For an import that is taken back alone: what remains is what people said themselves.
    """
    hold(db, person)
    whose = {"bucket": bucket_of(person), "person": Key(person)}
    rows = [Recorded(*row) for row in db.execute(S.rows, whose).fetchall()]
    kept = [row for row in rows if row.actor != actor]
    if len(kept) == len(rows):
        return 0
    db.execute(S.remove, whose)
    previous = b""
    for n, row in enumerate(kept, 1):
        linked = msgspec.structs.asdict(row) | {"n": n, "prev_hash": previous}
        del linked["hash"]
        linked["hash"] = previous = link_hash(linked)
        db.execute(S.add, _stored(linked))
    return len(rows) - len(kept)


def _tails(db: Db, persons: Sequence[str]) -> dict[str, tuple[int, bytes]]:
    """The last link of each chain that there is."""
    if not persons:
        return {}
    whom = {"buckets": [bucket_of(key) for key in persons], "persons": [Key(key) for key in persons]}
    return {person: (n, bytes(found)) for person, n, found in db.execute(S.tails, whom).fetchall()}


def _oblige(db: Db, entry: Consent) -> None:
    """A no outlives the database."""
    note(
        db,
        WITHDRAWAL,
        occurred_at=entry.occurred_at,
        person=entry.person,
        channel=entry.channel,
        topic=entry.topic,
        action=entry.action,
        source=entry.source,
        address=entry.address_hash,
    )


def ledger(db: Db, persons: Collection[str]) -> list[Recorded]:
    """All rows of these keys (a person and those merged into it), oldest first."""
    rows: list[Recorded] = []
    for person in persons:
        found = db.execute(S.rows, {"bucket": bucket_of(person), "person": Key(person)}).fetchall()
        rows += [Recorded(*row) for row in found]
    return sorted(rows, key=lambda row: (row.occurred_at, row.recorded_at, row.n))


def consents(db: Db, persons: Collection[str]) -> Consents:
    """The ledger of these keys, folded; ask it with `people.consent.state`."""
    held = Consents()
    for row in ledger(db, persons):
        held = fold(held, as_input(row))
    return held


def stops(db: Db, hashes: Collection[str]) -> dict[str, list[Input]]:
    """What anybody forbade at these addresses, by address hash, as inputs that fold like a person's own.

    Two people who share an address share what is said there; their own later grant still wins.
    """
    found: dict[str, list[Input]] = {}
    for row in db.execute(S.stops, {"hashes": sorted(hashes)}).fetchall() if hashes else ():
        recorded = Recorded(*row)
        found.setdefault(recorded.address_hash, []).append(as_input(recorded))
    return found


def _tail(db: Db, person: str) -> tuple[int, bytes]:
    return db.execute(S.tail, {"bucket": bucket_of(person), "person": Key(person)}).fetchone() or (0, b"")


def _row(entry: Consent, n: int, now: Instant, previous: bytes) -> dict[str, Any]:
    row = msgspec.structs.asdict(entry) | {
        "n": n,
        "occurred_at": now if entry.occurred_at is None else min(entry.occurred_at, now),
        "recorded_at": now,
        "prev_hash": previous,
    }
    row["hash"] = link_hash(row)
    return _stored(row)


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "bucket": bucket_of(row["person"]),
        "person": Key(row["person"]),
        "evidence": Json(row["evidence"]),
        "occurred_at": At(row["occurred_at"]),
        "recorded_at": At(row["recorded_at"]),
        "expires_at": at(row["expires_at"]),
    }
