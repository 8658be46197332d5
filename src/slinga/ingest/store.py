"""Statements over what ingest owns besides the log: the quarantine, and the memory of message ids.

Always true: a refused item is stored with its bytes as they came, its reason and its source, in the same
transaction as the accepted items of its request.
"""

from collections.abc import Sequence

import msgspec

from slinga.ingest import log
from slinga.ingest.model import Drop, Refused, Source
from slinga.ingest.steps import Envelope, Refer, enter, examine
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Conflict, Missing
from slinga.runtime.db import At, Db, at, statements

S = statements(__file__)

PAYLOAD_KEPT = 64 * 1024


class Quarantined(msgspec.Struct, frozen=True):
    """A refused item as it lies in the quarantine. `size` is that of the whole item as received."""

    id: int
    received_at: Instant
    source: str
    trust: int
    call: str
    reason: str
    field: str
    remedy: str
    size: int
    payload: bytes
    sent_at: Instant | None
    replayed_at: Instant | None


def now(db: Db) -> Instant:
    """The database's virtual time."""
    (found,) = db.execute(S.now).fetchone() or (0,)
    return int(found)


def prepare(db: Db) -> None:
    """Set a committer's connection up: durable commits, bounded statements, nothing prepared
    by the driver."""
    db.prepare_threshold = None  # the one statement that is repeated is prepared past the driver
    db.execute(S.durable)
    db.execute(S.patience)
    db.execute(S.planned)


def quarantine(db: Db, items: Sequence[Refused], received: Instant) -> None:
    """Store refused items, within the caller's transaction."""
    if not items:
        return
    with db.cursor() as cursor:
        cursor.executemany(
            S.quarantine,
            [
                {
                    "received_at": At(received),
                    "source": item.source.name,
                    "trust": item.source.trust,
                    "call": item.call,
                    "reason": str(item.drop.reason),
                    "field": _printable(item.drop.field),
                    "remedy": _printable(item.drop.remedy),
                    "size": len(item.payload),
                    "payload": item.payload[:PAYLOAD_KEPT],
                    "sent_at": at(item.sent_at),
                }
                for item in items
            ],
        )


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\\0")[:500]


def quarantined(
    db: Db, *, only_open: bool = True, limit: int = 100, before: int = 2**62
) -> list[Quarantined]:
    """What lies in the quarantine, newest first; `before` is the last id of the page before."""
    rows = db.execute(S.quarantined, {"open": only_open, "limit": limit, "before": before}).fetchall()
    return [Quarantined(*row) for row in rows]


def replay(db: Db, number: int, refer: Refer, *, payload: bytes | None = None) -> Drop | None:
    """Send one quarantined item through the door again, mended if `payload` is given.

    Returns the Drop where it is still refused, None once it is in the log. The time of receipt is that of
    the first time, so skew is corrected as it would have been then. Raises Missing, or Conflict when it
    was replayed before or only its beginning was kept.
    """
    with db.transaction():
        row = db.execute(S.take, {"id": number}).fetchone()
        if row is None:
            raise Missing("nothing with the number %(number)s lies in the quarantine", number=number)
        item = Quarantined(*row)
        if item.replayed_at is not None:
            raise Conflict("item %(number)s was replayed before", number=number)
        if payload is None and item.size > len(item.payload):
            raise Conflict(
                "only the beginning of item %(number)s was kept; give the mended item", number=number
            )
        source = Source(item.source, item.trust)
        call = examine(item.payload if payload is None else payload, Envelope(item.call, item.sent_at))
        if isinstance(call, Drop):
            return call
        entry = enter(call, source, item.received_at, refer)
        if isinstance(entry, Drop):
            return entry
        db.execute(S.replayed, {"id": number})
        log.append(db, entry.news)
    return None


def forget(db: Db, *, seen_before: Instant, quarantine_before: Instant, slice_of: int = 10_000) -> int:
    """Delete message ids and quarantined items that are older; how many went."""
    total = 0
    while True:
        gone = db.execute(S.forget_seen, {"before": At(seen_before), "limit": slice_of}).rowcount
        total += gone
        if gone < slice_of:
            break
    return total + db.execute(S.forget_quarantine, {"before": At(quarantine_before)}).rowcount
