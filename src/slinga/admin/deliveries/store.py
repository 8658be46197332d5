"""Questions about messages: read-only.

In: a connection. Out: rows.
Always true: nothing here writes; each list has a limit.
"""

from slinga.kernel.clock import Instant
from slinga.runtime.db import At, Db, statements

S = statements(__file__)

ROWS = 100


def message_counts(db: Db) -> list[tuple[str, str, int]]:
    """(state, reason, messages)."""
    return db.execute(S.message_counts).fetchall()


def messages(db: Db, *, state: str = "", reason: str = "") -> list[tuple]:
    """The newest messages in a state, for a reason, or all."""
    return db.execute(S.messages, {"state": state, "reason": reason, "limit": ROWS}).fetchall()


def blocked_counts(db: Db, since: Instant) -> list[tuple[str, str, int, Instant]]:
    """(kind of fact, reason, how many, latest) of what policy kept back."""
    return db.execute(S.blocked_counts, {"since": At(since)}).fetchall()


def blocked(db: Db, reason: str = "") -> list[tuple]:
    """The newest sends that policy kept back."""
    return db.execute(S.blocked, {"reason": reason, "limit": ROWS}).fetchall()
