"""What is forgotten by itself, and when: the table, and the daily round.

In: settings, a connection, virtual time. Out: rows deleted or blanked.
Always true: people's states, facts, consents and identities are kept, for decisions rest on them, and events
for as long as a condition may look back; going round twice does no harm, so each worker goes round by itself.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from slinga.access.jobs import forget_writes
from slinga.channels import mailbox
from slinga.imports import store as imports
from slinga.ingest import store as ingest
from slinga.ingest.jobs import SEEN_FOR
from slinga.kernel.calendar import period
from slinga.kernel.clock import DAY, Instant
from slinga.onsite import store as onsite
from slinga.privacy.aging import store as aging
from slinga.privacy.erase import mop
from slinga.runtime import clock
from slinga.runtime.db import At, Db
from slinga.runtime.settings import NEVER, Settings

EVERY = DAY
log = structlog.get_logger("tidying")

Work = Callable[[Db, Instant], int]


class Kept(msgspec.Struct, frozen=True):
    """One kind of row: how long it is kept in microseconds of virtual time, and how it is forgotten.

    `kept_for` None: for ever. `due` counts what would go now.
    """

    name: str
    kept_for: int | None
    forget: Work
    due: Work
    why: str


def _seen(db: Db, before: Instant) -> int:
    return ingest.forget(db, seen_before=before, quarantine_before=0)


def _quarantine(db: Db, before: Instant) -> int:
    return ingest.forget(db, seen_before=0, quarantine_before=before)


def _older(table: str, column: str) -> Work:
    """Counts a table's rows by a column that tells their age."""

    def count(db: Db, before: Instant) -> int:
        text = f"SELECT count(*) FROM {table} WHERE {column} < %s"
        return int((db.execute(text, (At(before),)).fetchone() or (0,))[0])

    return count


def _length(text: str) -> int | None:
    """Microseconds, never less than the calendar's: a month counts 31 days, a year 372."""
    if text == NEVER:
        return None
    found = period(text)
    return found.months * 31 * DAY + found.micros


def _reports(settings: Settings) -> tuple[Work, Work]:
    """Forget and count reports of rows not taken: those in the data directory; others are their owner's."""
    home = settings.data.resolve()

    def old(db: Db, before: Instant) -> list[tuple[int, Path]]:
        found = [(number, Path(report)) for number, report in imports.old_reports(db, before)]
        return [(number, path) for number, path in found if path.resolve().is_relative_to(home)]

    def forget(db: Db, before: Instant) -> int:
        found = old(db, before)
        for number, path in found:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # the file itself may still lie beside it
                path.parent.rmdir()
            imports.forget_report(db, number)
        return len(found)

    return forget, lambda db, before: len(old(db, before))


def table(settings: Settings) -> tuple[Kept, ...]:
    """Retention, as data; what is listed first is forgotten first."""
    mail, replies = _length(settings.keep_mail), _length(settings.keep_replies)
    return (
        Kept(
            "answers to writes",
            8 * DAY,
            forget_writes,
            _older("idempotent", "at"),
            "a write that comes again within a week happens once",
        ),
        Kept(
            "message ids",
            SEEN_FOR,
            _seen,
            _older("seen", "accepted_at"),
            "a call that comes again within a week counts once",
        ),
        Kept(
            "quarantine",
            _length(settings.keep_quarantine),
            _quarantine,
            _older("quarantine", "received_at"),
            "time to mend the cause and take items in again",
        ),
        Kept(
            "reports of imports",
            _length(settings.keep_quarantine),
            *_reports(settings),
            "rows that were not taken can be mended and imported again",
        ),
        Kept(
            "hits",
            replies,
            onsite.forget_hits,
            _older("hit", "settled_at"),
            "a judgement can be checked; the events stay",
        ),
        Kept("replies", replies, aging.forget_replies, aging.count_replies, "receivers quote addresses"),
        Kept(
            "development mailbox",
            mail,
            mailbox.clear,
            _older("dev_mail", "received_at"),
            "to look at what would have been sent",
        ),
        Kept(
            "audit",
            _length(settings.keep_audit),
            aging.forget_audit,
            _older("audit", "at"),
            "who did what can be asked; the chain is verified from the first entry kept",
        ),
        Kept(
            "words of messages",
            mail,
            aging.forget_words,
            aging.count_words,
            "to see what somebody was sent; that it was sent, and why, stays",
        ),
        Kept(
            "people without a name",
            _length(settings.keep_anonymous),
            aging.forget_nameless,
            aging.count_nameless,
            "who comes again within a year is known again",
        ),
        Kept(
            "events",
            _length(settings.keep_events),
            aging.forget_events,
            aging.count_events,
            "conditions look back as far; what is counted for ever stays counted",
        ),
    )


class Tidier:
    """Goes round once a day of virtual time, the first time at once."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings()
        self._next: Instant = 0

    def turn(self, db: Db) -> bool:
        """Go round if it is time; whether it was."""
        now = clock.now(db)
        if now < self._next:
            return False
        self._next = now + EVERY
        tidy(db, self._settings, now)
        return True


def tidy(db: Db, settings: Settings, now: Instant) -> dict[str, int]:
    """Forget what is older than it may be; rows by kind."""
    aging.tell(db, "events", settings.keep_events)
    aging.tell(db, "anonymous", settings.keep_anonymous)
    counts = {}
    for kept in table(settings):
        gone = kept.forget(db, now - kept.kept_for) if kept.kept_for is not None else 0
        counts[kept.name] = gone
        if gone:
            log.info("forgotten", what=kept.name, rows=gone)
    # What was under way while somebody was erased.
    if left := mop(db, since=now - 3 * EVERY):
        log.info("forgotten", what="leftovers of erasures", rows=left)
    return counts


def due(db: Db, settings: Settings, now: Instant) -> dict[str, int]:
    """What `tidy` would forget now; nothing is changed."""
    return {
        kept.name: kept.due(db, now - kept.kept_for) if kept.kept_for is not None else 0
        for kept in table(settings)
    }
