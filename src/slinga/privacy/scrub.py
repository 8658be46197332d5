"""Make what was erased unreadable in the files too, now and not in the course of time.

In: a connection of the server's owner, outside any transaction. Out: what was rewritten, and its time.
Always true: nothing that stands is lost; a table is locked only while it is rewritten, and no lock is waited
for longer than five seconds at a time.

PostgreSQL marks deleted rows and lets later ones overwrite them: until then their bytes lie in the tables'
files, in indexes, in the planner's statistics (which quote common values) and in segments of the write-ahead
log, also in segments that were renamed for later use. So each table with people is rewritten with its
indexes, its statistics are gathered anew, the statistics' own table is rewritten, and the log is moved on
until every segment that was there is gone.
"""

import time
from collections.abc import Callable

import msgspec

from slinga.privacy.erase import mop
from slinga.privacy.store import rewrite
from slinga.privacy.tables import with_people
from slinga.runtime.db import Db, statements

S = statements(__file__)
TRIES = 60
MOST_SEGMENTS = 1_024
"""Segments that are moved on over; 16 GB, more than any setting of ours keeps."""
BETWEEN = 16
"""Segments between two checkpoints."""

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, steps done, steps in all)."""


class Scrubbed(msgspec.Struct, frozen=True):
    """What was done. `log_gone` is False where the account may not: the server's own retention decides."""

    tables: int
    leftovers: int
    segments: int
    log_gone: bool
    seconds: float


def _quiet(what: str, done: int, of: int) -> None:
    return None


def scrub(db: Db, progress: Progress = _quiet) -> Scrubbed:
    """Rewrite every table that holds people, then let the write-ahead log expire.

    Time: 13 s for a database of 87 MB on a busy machine of two cores, the log included; it grows with both.
    A table cannot be read while it is rewritten. Raises Unavailable when somebody holds one for five minutes.
    """
    began = time.monotonic()
    names = [table.name for table in with_people()] + ["seen"]
    steps = len(names) + 2
    leftovers = mop(db)
    db.execute(S.patience)
    for number, name in enumerate(names):
        progress(name, number, steps)
        rewrite(db, name, TRIES)
    (mine,) = db.execute(S.may).fetchone() or (False,)
    segments = 0
    if mine:
        progress("statistics", steps - 2, steps)
        rewrite(db, "pg_statistic", TRIES)
        progress("write-ahead log", steps - 1, steps)
        segments = _move_on(db)
    progress("done", steps, steps)
    return Scrubbed(len(names), leftovers, segments, bool(mine), time.monotonic() - began)


def _move_on(db: Db) -> int:
    """Move the log on until every segment that is there now is gone; how many went."""
    db.execute(S.keep_no_segment)
    try:
        db.execute(S.reload)
        db.execute("CHECKPOINT")
        there = _segments(db)
        for number in range(MOST_SEGMENTS):
            db.execute(S.next_segment)
            if number % BETWEEN == 1:
                db.execute("CHECKPOINT")
                if not there & _segments(db):
                    break
    finally:
        db.execute(S.keep_segments)
        db.execute(S.reload)
    return len(there - _segments(db))


def _segments(db: Db) -> set[str]:
    return {row[0] for row in db.execute(S.segments)}
