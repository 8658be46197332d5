"""The statements that look up what led to first orders, over facts and the log.

Always true: every function runs in the caller's transaction; what is read is named by bucket and person.
"""

from collections.abc import Sequence

from slinga.insight.counting.model import Fact
from slinga.insight.ways.steps import LOOKED_AT, First, Met, Way
from slinga.kernel.clock import Instant
from slinga.runtime.db import Ats, Db, Ints, Keys, statements

S = statements(__file__)


def led_to(db: Db, orders: Sequence[First], models: Sequence[str], merged: Sequence[Instant]) -> list[Way]:
    """What led to each order, also under keys that had become its person before the instant in `merged`."""
    out = [Way([], []) for _ in orders]
    if not orders:
        return out
    asked = {
        "ns": Ints(range(len(orders))),
        "buckets": Ints(one.bucket for one in orders),
        "people": Keys(one.person for one in orders),
        "seqs": Ints(one.seq for one in orders),
        "at": Ats(one.at for one in orders),
        "seen": Ats(one.accepted_at for one in orders),
        "merged": Ats(merged),
    }
    for n, *met in db.execute(S.met, asked | {"models": list(models), "limit": LOOKED_AT}).fetchall():
        out[n].met.append(Met(*met))
    for met, _ in out:
        met.reverse()  # they come with the latest first
        met.sort(key=lambda one: one.at)
        del met[:-LOOKED_AT]
    for n, segment in db.execute(S.inside, asked).fetchall():
        out[n].segments.append(segment)
    return out


def first_orders(db: Db, merged: Sequence[Fact]) -> list[tuple[Fact, First]]:
    """Of people who became one with another, each with the first order they had made not long before."""
    asked = {
        "ns": Ints(range(len(merged))),
        "buckets": Ints(one.bucket for one in merged),
        "people": Keys(one.person for one in merged),
        "others": Keys(one.name for one in merged),
        "at": Ats(one.at for one in merged),
    }
    rows = db.execute(S.first_orders, asked).fetchall()
    return [(merged[n], First(merged[n].bucket, merged[n].person, *order)) for n, *order in rows]
