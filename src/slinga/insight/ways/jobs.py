"""Count what led to first purchases.

In: orders that count now, facts of one portion; inside the transaction that counts. Out: added to `Sums`.
Always true: somebody who buys first and is known as an earlier visitor soon after has come by that visitor's
way, whether the order or the merge is counted first.
"""

from collections.abc import Iterable, Sequence

from slinga.insight.counting.model import Event, Fact
from slinga.insight.tally import Sums
from slinga.insight.ways import steps, store
from slinga.insight.ways.steps import First
from slinga.runtime.db import Db


def count(db: Db, sums: Sums, bought: Iterable[Event], models: Sequence[str]) -> None:
    """Add the ways to those orders that are their person's first."""
    first = [
        First(event.bucket, event.person, event.seq, event.at, event.accepted_at)
        for event in bought
        if not event.bought_before
    ]
    found = store.led_to(db, first, models, [order.accepted_at for order in first])
    for order, way in zip(first, found, strict=True):
        steps.count(sums, order.at, models, way)


def become_one(db: Db, sums: Sums, found: Iterable[Fact], models: Sequence[str]) -> None:
    """Tell the ways of those anew who became one with another soon after their first order."""
    merged = {(fact.person, fact.at): fact for fact in found if fact.kind == "merged" and not fact.body.into}
    bought = store.first_orders(db, list(merged.values())) if merged else []
    orders = [order for _, order in bought]
    for later, times in ((0, -1), (1, 1)):  # as it was told until then, and with them together
        told = store.led_to(db, orders, models, [fact.at + later for fact, _ in bought])
        for order, way in zip(orders, told, strict=True):
            steps.count(sums, order.at, models, way, times=times)
