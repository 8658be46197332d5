"""Questions about the quarantine: read-only.

In: a connection. Out: rows.
Always true: nothing here writes; each list has a limit.
"""

from slinga.runtime.db import Db, statements

S = statements(__file__)

ROWS = 100


def quarantine(db: Db) -> list[tuple]:
    """What was refused at the door and not replayed, newest first."""
    return db.execute(S.quarantine, {"limit": ROWS}).fetchall()


def quarantine_count(db: Db) -> list[tuple[str, int]]:
    """(reason, how many)."""
    return db.execute(S.quarantine_count).fetchall()
