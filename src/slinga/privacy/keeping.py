"""The worker's part in the obligations journal: drain, catch up, notice a database that went back in time.

In: a connection, now and then. Out: lines in the file; a hold where the database is older than its journal.
Always true: mail is held before the missing lines are replayed, and stays held until a person confirms; a
file that cannot be written loses nothing and stops nobody.
"""

import time
from itertools import islice
from pathlib import Path

import structlog

from slinga.kernel.errors import Conflict
from slinga.privacy import journal
from slinga.privacy.erase import KeyOf
from slinga.privacy.replay import missing, replay
from slinga.runtime import instance, obligations
from slinga.runtime.db import Db
from slinga.runtime.obligations import MARK

EVERY_S = 0.5
MARK_EVERY_S = 3600.0
"""How often a line is written though nobody said anything, in real time."""
_RETRY_S = 30.0
_MANY = 10_000

log = structlog.get_logger("journal")


class Keeper:
    """Call `turn` often; it looks twice a second."""

    def __init__(self, path: Path, key_of: KeyOf) -> None:
        self._path, self._key_of = path, key_of
        self._next = 0.0
        self._mark_at = time.monotonic() + MARK_EVERY_S

    def turn(self, db: Db) -> None:
        """Bring file and database together. Faults of the file are logged and tried again."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY_S
        try:
            if now >= self._mark_at:
                self._mark_at = now + MARK_EVERY_S
                obligations.note(db, MARK)
            keep(db, self._path, self._key_of)
        except (OSError, Conflict) as fault:
            self._next = now + _RETRY_S
            log.error("the obligations journal cannot be kept", fault=str(fault), waiting=obligations.lag(db))


def keep(db: Db, path: Path, key_of: KeyOf) -> None:
    """Drain what waits; where the file knows more than the database, hold the mail and replay."""
    with db.transaction():
        if not obligations.try_alone(db):
            return
        behind = missing(db, path) and not _ours(db, path)
        if behind:
            instance.hold(
                db, "the database is older than its obligations journal: it was put back from a copy"
            )
    if behind:
        count = replay(db, path, key_of)
        log.warning("the database went back in time; nothing is sent until `slinga confirm`", replayed=count)
    journal.drain(db, path)


def _ours(db: Db, path: Path) -> bool:
    """Whether the lines too many are those of a drain that died after writing: their rows still wait here."""
    end = journal.tail(path)
    from_n, _ = obligations.known(db, end.name)
    rows = obligations.waiting(db, _MANY)
    if end.n < from_n or end.n - from_n > len(rows):
        return False
    lines = list(islice(journal.read(path), from_n, None))
    same = rows[: len(lines)]
    if [(line.kind, line.body, line.at) for line in lines] != [(r.kind, r.body, r.at) for r in same]:
        return False
    obligations.drained(db, same)
    obligations.know(db, end.name, end.n, end.hash)
    return True
