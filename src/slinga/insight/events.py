"""Which events there were, by name.

In: a connection, a number of days. Out: counts.
Always true: from daily sums; days are the workspace's.
"""

from datetime import timedelta

from slinga.insight import store
from slinga.insight.journeys import SENT
from slinga.kernel.clock import to_datetime
from slinga.runtime import clock
from slinga.runtime.db import Db


def names(db: Db, days: int) -> dict[str, int]:
    """How often each event happened in the last days, today included."""
    today = to_datetime(clock.now(db)).astimezone(store.programme(db).zone).date()
    found = store.totals(db, ("event",), today - timedelta(days=days), today)
    return {name: count for (_, name), count in found.items()}


def messages(db: Db, days: int) -> dict[str, dict[str, int]]:
    """What became of messages in the last days: what (planned, accepted, blocked ...), then the reason."""
    today = to_datetime(clock.now(db)).astimezone(store.programme(db).zone).date()
    out: dict[str, dict[str, int]] = {}
    for one in store.sums(db, SENT, today - timedelta(days=days), today):
        reasons = out.setdefault(one.what.removeprefix("send_"), {})
        reasons[one.extra] = reasons.get(one.extra, 0) + one.count
    return out
