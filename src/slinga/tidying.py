"""What is forgotten by itself, and when: the table, and the daily round.

In: a connection, virtual time. Out: rows deleted.
Always true: nothing that a decision can still rest on is in the table: the log, facts, messages and consents
are kept; going round twice does no harm, so each worker goes round by itself.
"""

from collections.abc import Callable

import msgspec
import structlog

from slinga.access.jobs import forget_writes
from slinga.channels import mailbox
from slinga.ingest import store as ingest
from slinga.ingest.jobs import QUARANTINE_FOR, SEEN_FOR
from slinga.kernel.clock import DAY, Instant
from slinga.onsite import store as onsite
from slinga.privacy.erase import mop
from slinga.runtime import clock
from slinga.runtime.db import Db

EVERY = DAY
log = structlog.get_logger("tidying")


class Kept(msgspec.Struct, frozen=True):
    """One kind of row: how long it is kept in microseconds of virtual time, and how it is forgotten."""

    name: str
    kept_for: int
    forget: Callable[[Db, Instant], int]
    why: str


def _seen(db: Db, before: Instant) -> int:
    return ingest.forget(db, seen_before=before, quarantine_before=0)


def _quarantine(db: Db, before: Instant) -> int:
    return ingest.forget(db, seen_before=0, quarantine_before=before)


TABLE = (
    Kept("answers to writes", 8 * DAY, forget_writes, "a write that comes again within a week happens once"),
    Kept("message ids", SEEN_FOR, _seen, "a call that comes again within a week counts once"),
    Kept("quarantine", QUARANTINE_FOR, _quarantine, "time to mend the cause and take items in again"),
    Kept("hits", 90 * DAY, onsite.forget_hits, "a judgement can be checked; the events stay"),
    Kept("development mailbox", 400 * DAY, mailbox.clear, "a year of the demo, to look at"),
)
"""Retention, as data; the first that is due is forgotten first."""


class Tidier:
    """Goes round once a day of virtual time, the first time at once."""

    def __init__(self) -> None:
        self._next: Instant = 0

    def turn(self, db: Db) -> bool:
        """Go round if it is time; whether it was."""
        now = clock.now(db)
        if now < self._next:
            return False
        self._next = now + EVERY
        for kept in TABLE:
            gone = kept.forget(db, now - kept.kept_for)
            if gone:
                log.info("forgotten", what=kept.name, rows=gone)
        # What was under way while somebody was erased.
        if left := mop(db, since=now - 3 * EVERY):
            log.info("forgotten", what="leftovers of erasures", rows=left)
        return True
