"""Statements over messages in `unknown`, for the operator who looks into the receiver's log.

In: message ids, or None for all. Out: what lies there; how many were moved.
Always true: nothing here touches a message that is not in `unknown`; sending again is marked on the message.
"""

from collections.abc import Sequence

import msgspec

from slinga.kernel.clock import Instant
from slinga.runtime.db import Db, Key, statements

S = statements(__file__)


class Doubt(msgspec.Struct, frozen=True):
    """A message that may have arrived. `changed_at` is when the doubt began."""

    id: str
    message_class: str
    journey: str
    template: str
    address: str
    reason: str
    attempts: int
    changed_at: Instant
    expires_at: Instant


def uncertain(db: Db, limit: int = 100) -> list[Doubt]:
    """Messages in doubt, newest first."""
    return [Doubt(*row) for row in db.execute(S.uncertain, {"limit": limit}).fetchall()]


def find(db: Db, ids: Sequence[str] | None) -> list[tuple[int, str]]:
    """(bucket, id) of those of these messages that are in doubt."""
    return db.execute(S.find, {"ids": _keys(ids)}).fetchall()


def resend(db: Db, ids: Sequence[str] | None) -> int:
    """Send messages in doubt once more, at the risk that they arrive twice; how many."""
    return db.execute(S.resend, {"ids": _keys(ids)}).rowcount


def _keys(ids: Sequence[str] | None) -> list[Key] | None:
    return None if ids is None else [Key(each) for each in ids]
