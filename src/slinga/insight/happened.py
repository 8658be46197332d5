"""Events as sums: how often each happened, what was bought, how people reacted to messages.

In: counts by name and hour, events worth a look, what was known before. Out: added to `Sums`.
Always true: pure; an order counts once, on the day it was made, whoever reports it and how often; a refund
counts on its own day, and only what it gives back more than was known; hits of machines stay apart.
"""

from collections.abc import Iterable
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import msgspec

from slinga.insight.tally import Sums, money, text
from slinga.kernel.clock import Instant

ORDERED, REFUNDED, CANCELLED = "Order Completed", "Order Refunded", "Order Cancelled"
ORDERS = (ORDERED, REFUNDED, CANCELLED)
REACTIONS = {
    "Message Opened": "react_opened",
    "Message Clicked": "react_clicked",
    "Message Bounced": "react_bounced",
    "Message Complained": "react_complained",
    "Unsubscribed": "react_unsubscribed",
}
LOOKED_AT = (*ORDERS, *REACTIONS)
"""Events whose properties are read; of all others only the name counts."""


class Properties(msgspec.Struct):
    """What is read of an event."""

    order_id: Any = None
    total: Any = None
    revenue: Any = None
    currency: Any = None
    journey: Any = None
    node: Any = None
    template: Any = None
    channel: Any = None
    class_of_hit: Any = None
    machine: Any = None
    bounce: Any = None
    url: Any = None
    products: Any = None


class Came(NamedTuple):
    """Somebody came into a journey for the first time, or was held out of it."""

    journey: str
    arm: str
    """treated or held"""
    since: Instant
    orders: tuple[Properties, ...] = ()
    """What they ordered since, as far as it was taken in before."""


class Event(NamedTuple):
    """An event to be looked at. `at` is when it happened, `accepted_at` when the log took it in."""

    bucket: int
    seq: int
    person: str
    name: str
    at: Instant
    accepted_at: Instant
    properties: Properties
    bought_before: bool
    """Whether another order of the person was known before it."""
    clicked: tuple[Any, ...] = ()
    """Of an order: (journey, node, template) of the person's last click in the days before it."""
    arms: tuple["Came", ...] = ()
    """Of an order: the journeys its person came into, or was held out of, in the time before it."""


class Order(NamedTuple):
    """What is known of an order."""

    total: Decimal
    refunded: Decimal
    currency: str


def order_key(event: Event) -> bytes:
    """The hash an order is known by; an order without a number is its own."""
    number = event.properties.order_id
    said = f"{event.person}:{event.seq}" if number is None else f"order:{number}"
    return blake2b(said.encode(), digest_size=16).digest()


def count_names(sums: Sums, rows: Iterable[tuple[str, Instant, int]]) -> None:
    """Add (name, an instant within the hour, how many)."""
    for name, at, number in rows:
        sums.add("event", name, sums.moment(at)[0], count=number)
        sums.hourly("events", at, number)


def count(sums: Sums, event: Event, known: dict[bytes, Order]) -> bool:
    """Add one event that is looked at; `known` are orders by `order_key`, changed in place.

    Answers whether it was an order that counts now.
    """
    if event.name in ORDERS:
        return _order(sums, event, known)
    what, said = REACTIONS[event.name], event.properties
    why = text(said.bounce) if event.name == "Message Bounced" else ""
    if event.name in ("Message Opened", "Message Clicked"):
        why = text(said.class_of_hit) or ("machine" if said.machine is True else "human")
    day, hour = sums.moment(event.at)
    if why == "human":
        sums.add("hour", said.journey, day, hour, what.removeprefix("react_"))
        if said.url:
            sums.add("link", said.journey, day, said.node, _bare(said.url), said.template)
    sums.add(what, said.journey, day, said.node, said.template, said.channel, why)
    return False


def _bare(url: Any) -> str:
    """An address without the marks that tell sources apart, which each message adds."""
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return text(url)
    kept = [each for each in parts.query.split("&") if not each.startswith("utm_")]
    return urlunsplit(parts._replace(query="&".join(kept)))


def _order(sums: Sums, event: Event, known: dict[bytes, Order]) -> bool:
    key, said = order_key(event), event.properties
    day, _ = sums.moment(event.at)
    before = known.get(key)
    if event.name == ORDERED:
        if before is not None:
            return False
        total = _total(said)
        currency = text(said.currency)
        known[key] = Order(total, Decimal(0), currency)
        sums.add("order", "", day, "again" if event.bought_before else "first", currency, value=total)
        sums.hourly("orders", event.at, 1, total, currency)
        if event.clicked:
            journey, node, template = event.clicked
            sums.add("attributed", journey, day, node, template, currency, value=total)
        for came in event.arms:
            _arm(sums, came, total, currency)
        return True
    if before is None or said.order_id is None:
        return False  # of an order that nobody told us of
    # A refund says what was given back in all; a cancelled order gives back what is left.
    told = said.total if said.total is not None else said.revenue
    given = before.total if told is None and event.name == CANCELLED else money(told)
    more = given - before.refunded
    if more > 0:
        known[key] = before._replace(refunded=given)
        sums.add("refund", "", day, "", before.currency, value=more)
    return False


def _total(said: Properties) -> Decimal:
    return money(said.total if said.total is not None else said.revenue)


def _arm(sums: Sums, came: Came, total: Decimal, currency: str) -> None:
    """Add an order to what its person spent since they came in; their square grows by what it adds."""
    day = sums.moment(came.since)[0]
    if not came.orders:
        sums.add("arm_bought", came.journey, day, came.arm)
    numbered = {one.order_id: one for one in came.orders if isinstance(one.order_id, int | str)}
    others = [one for one in came.orders if not isinstance(one.order_id, int | str)]
    earlier = [_total(one) for one in (*numbered.values(), *others) if text(one.currency) == currency]
    so_far = sum(earlier, Decimal(0))
    sums.add("arm_spent", came.journey, day, came.arm, currency, value=total)
    squares = total * (total + 2 * so_far)
    sums.add("arm_squares", came.journey, day, came.arm, currency, value=squares)
