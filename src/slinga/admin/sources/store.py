"""Questions about what arrives and what was refused: read-only, each over a bounded stretch.

In: a connection. Out: rows.
Always true: nothing here writes; each list has a limit.
"""

from typing import NamedTuple

from slinga.kernel.clock import Instant
from slinga.runtime.db import Db, statements

S = statements(__file__)

ROWS = 100
STRETCH = 3_000
"""The newest inputs of the log among which a source's are looked for."""
REFUSED = 2_000
"""The newest refused items that are counted."""


class Arrived(NamedTuple):
    """An accepted call."""

    seq: int
    at: Instant
    kind: str
    name: str
    person: str
    source: str
    trust: int


class Item(NamedTuple):
    """A refused item; `payload` is as it came, its first 64 kB."""

    id: int
    received_at: Instant
    source: str
    call: str
    reason: str
    field: str
    remedy: str
    size: int
    payload: bytes = b""
    replayed_at: Instant | None = None


def live(db: Db, source: str, limit: int = 20) -> list[Arrived]:
    """The newest accepted calls of a source, among the newest `STRETCH` inputs."""
    asked = {"source": source, "stretch": STRETCH, "limit": limit}
    return [Arrived(*row) for row in db.execute(S.live, asked).fetchall()]


def refused(db: Db, source: str, limit: int = 10) -> list[tuple[int, Instant, str, str, str, str]]:
    """(number, received, call, reason, field, remedy) of a source's newest refused items."""
    return db.execute(S.refused, {"source": source, "stretch": REFUSED, "limit": limit}).fetchall()


def quarantine(db: Db, *, reason: str = "", before: int = 2**62) -> list[Item]:
    """What was refused at the door and not taken in since, newest first."""
    asked = {"limit": ROWS, "reason": reason, "before": before}
    return [Item(*row) for row in db.execute(S.quarantine, asked).fetchall()]


def quarantine_count(db: Db) -> list[tuple[str, int]]:
    """(reason, how many) among the newest `REFUSED`."""
    return db.execute(S.quarantine_count, {"stretch": REFUSED}).fetchall()


def item(db: Db, number: int) -> Item | None:
    """One refused item."""
    row = db.execute(S.item, {"id": number}).fetchone()
    return Item(*row) if row else None


def waiting(db: Db, reason: str, limit: int) -> list[int]:
    """Numbers of items that wait, refused for one reason, oldest first."""
    return [row[0] for row in db.execute(S.waiting, {"reason": reason, "limit": limit}).fetchall()]
