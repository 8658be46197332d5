"""The people behind the counts of a step, and their names.

In: a journey's step, keys. Out: who moved on and how, names. Always true: nothing here writes.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.insight.journeys import FAILED, SKIPPED
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import At, Db, Key, statements

S = statements(__file__)


def names(db: Db, people: Sequence[str]) -> dict[str, str]:
    """What to call each of these people; an address, a name, or "" for somebody unknown."""
    asked = {"buckets": [bucket_of(key) for key in people], "people": [Key(key) for key in people]}
    found = {}
    for key, email, first, last, _identified in db.execute(S.names, asked).fetchall():
        found[str(key)] = email or " ".join(filter(None, (first, last)))
    return found


class Left(msgspec.Struct, frozen=True):
    """Somebody who is no longer at a step: when they moved on, how, where to, and why where it failed."""

    person: str
    at: Instant
    outcome: str
    to: str
    reason: str


def left(
    db: Db, journey: str, versions: Sequence[int], node: str, what: str, before: Instant, limit: int
) -> list[Left]:
    """Who passed a step, was skipped or failed at it, newest first; of the latest steps."""
    given: dict[str, Any] = {"journey": journey, "node": node, "what": what, "limit": limit}
    given |= {"before": At(before), "skipped": SKIPPED, "failed": FAILED, "versions": list(versions)}
    rows = db.execute(S.moved, given).fetchall()
    if what == "failed":
        rows += db.execute(S.broken, given).fetchall()
    found = [Left(str(person), at, outcome, to, reason) for person, at, outcome, to, reason in rows]
    return sorted(found, key=lambda one: -one.at)[:limit]
