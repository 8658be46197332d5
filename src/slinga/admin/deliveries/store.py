"""Questions about messages: read-only, each over a bounded stretch of the newest.

In: a connection. Out: rows.
Always true: nothing here writes; no question looks at more than `STRETCH` messages.
"""

from typing import NamedTuple

from slinga.kernel.clock import Instant
from slinga.runtime.db import At, Db, statements

S = statements(__file__)

ROWS = 100
STRETCH = 2_000
"""The newest messages among which those of a state are looked for."""


class Row(NamedTuple):
    """A message of the list."""

    id: str
    person: str
    address: str
    channel: str
    sort: str
    journey: str
    template: str
    state: str
    reason: str
    planned_at: Instant
    due_at: Instant
    attempts: int


def messages(
    db: Db, before: Instant, *, state: str = "", reason: str = "", channel: str = "", journey: str = ""
) -> list[Row]:
    """The newest messages planned up to an instant, of a state, a reason, a channel, a journey, or all."""
    asked = {"state": state, "reason": reason, "channel": channel, "journey": journey}
    more = {"before": At(before), "stretch": STRETCH, "limit": ROWS}
    return [Row(*row) for row in db.execute(S.messages, asked | more).fetchall()]


def blocked(db: Db, reason: str = "") -> list[tuple]:
    """The newest sends that policy kept back."""
    return db.execute(S.blocked, {"reason": reason, "stretch": STRETCH, "limit": ROWS}).fetchall()
