"""Orders as sums, and what refunds and cancellations take away from them.

In: events about orders, in the order of the log, and what was known before. Out: `Sums` and `Known`, changed.
Always true: pure; an order counts once, on the day it was made, whoever reports it and how often. What is
given back is taken away wherever the order counts, on the order's own day, and an order that was cancelled or
wholly given back counts nowhere: the same sums as if it had been told so from the first. A refund may be told
before its order.
"""

from decimal import Decimal
from hashlib import blake2b

from slinga.insight.counting.model import NOTHING, Bought, Event, Known, Order, Place, Properties, Whose
from slinga.insight.tally import Sums, money, text

ORDERED, REFUNDED, CANCELLED = "Order Completed", "Order Refunded", "Order Cancelled"
ORDERS = (ORDERED, REFUNDED, CANCELLED)


def order_key(event: Event) -> bytes:
    """The hash an order is known by; an order without a number is its own."""
    number = event.properties.order_id
    said = f"{event.person}:{event.seq}" if number is None else f"order:{number}"
    return blake2b(said.encode(), digest_size=16).digest()


def whose(event: Event, before: Order | None) -> list[Whose]:
    """Whom an event about an order may concern."""
    if before is not None and before.person and before.place:
        return [Whose(before.person, journey, arm) for journey, arm, _ in before.place.arms]
    return [Whose(event.person, came.journey, came.arm) for came in event.arms]


def count(sums: Sums, event: Event, known: Known) -> bool:
    """Add one event about an order; whether it was an order that is new and stands."""
    key = order_key(event)
    before = known.orders.get(key)
    after = _made(sums, event, before) if event.name == ORDERED else _undone(event, before)
    if after is None or after == before:
        return False
    known.orders[key] = after
    new = before is None or before.place is None
    if after.person is None or after.place is None:
        return False
    _change(sums, after.person, after.place, None if new else before, after, known.bought)
    return new and after.stands


def _made(sums: Sums, event: Event, before: Order | None) -> Order | None:
    """The order as it is told; None where it is known already."""
    if before is not None and (before.place is not None or before.total or before.currency):
        return None
    said = event.properties
    day, hour = sums.moment(event.at)
    journey, node, template = (text(one) for one in event.clicked) if event.clicked else ("", "", "")
    place = Place(
        day,
        hour,
        "again" if event.bought_before else "first",
        (journey, node, template) if event.clicked else None,
        event.stages,
        tuple((came.journey, came.arm, sums.moment(came.since)[0]) for came in event.arms),
    )
    earlier = before or Order(NOTHING, NOTHING, "")
    return Order(_total(said), earlier.refunded, text(said.currency), earlier.cancelled, event.person, place)


def _undone(event: Event, before: Order | None) -> Order | None:
    """The order after a refund, which says what was given back in all, or after its cancellation."""
    if event.properties.order_id is None:
        return None
    found = before or Order(NOTHING, NOTHING, "")
    if event.name == CANCELLED:
        return found._replace(cancelled=True)
    return found._replace(refunded=max(found.refunded, _total(event.properties)))


def _total(said: Properties) -> Decimal:
    return money(said.total if said.total is not None else said.revenue)


def _change(
    sums: Sums, person: str, place: Place, before: Order | None, after: Order, bought: dict[Whose, Bought]
) -> None:
    """Bring every sum in which the order counts from what it was to what it is."""
    day, currency = place.day, after.currency
    if before is None:
        sums.add("order", "", day, place.part, currency, value=after.total)
        before = Order(after.total, NOTHING, currency)
        orders, value = int(after.stands), after.total - after.back
    else:
        orders, value = after.stands - before.stands, before.back - after.back
    undone, back = before.stands - after.stands, after.back - before.back
    sums.add("refund", "", day, place.part, currency, count=undone, value=back)
    sums.add("hourly", "orders", day, place.hour, currency, count=orders, value=value)
    for model, stage in place.stages:
        sums.add("order_in", model, day, stage, currency, count=orders, value=value)
    if place.clicked:
        sums.add("attributed", place.clicked[0], day, *place.clicked[1:], currency, count=orders, value=value)
    for journey, arm, since in place.arms:
        theirs = bought.setdefault(Whose(person, journey, arm), {})
        had, (number, spent) = _orders(theirs), theirs.get(currency, (0, NOTHING))
        theirs[currency] = (number + orders, spent + value)
        sums.add("arm_bought", journey, since, arm, count=(_orders(theirs) > 0) - (had > 0))
        sums.add("arm_spent", journey, since, arm, currency, count=orders, value=value)
        squares = (spent + value) ** 2 - spent**2
        sums.add("arm_squares", journey, since, arm, currency, count=orders, value=squares)


def _orders(theirs: Bought) -> int:
    return sum(number for number, _ in theirs.values())
