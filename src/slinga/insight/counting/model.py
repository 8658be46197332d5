"""What counting reads of events, and what it keeps of orders.

In: nothing. Out: the structs. Always true: values of properties are what a sender said, of any type.
"""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from slinga.kernel.clock import Instant

NOTHING = Decimal(0)


class Came(NamedTuple):
    """Somebody came into a journey for the first time, or was held out of it."""

    journey: str
    arm: str
    """treated or held"""
    since: Instant


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
    arms: tuple[Came, ...] = ()
    """Of an order: the journeys its person came into, or was held out of, in the time before it."""
    stages: tuple[tuple[str, str], ...] = ()
    """Of orders and clicks: (model, stage) in which the person stood just before."""


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where an order counts: all that a refund has to find again."""

    day: date
    hour: str
    part: str
    """first or again"""
    clicked: tuple[str, str, str] | None
    stages: tuple[tuple[str, str], ...]
    arms: tuple[tuple[str, str, date], ...]
    """(journey, treated or held, the day of coming in)"""


class Order(NamedTuple):
    """What is known of an order. `place` is None as long as only a refund told of it."""

    total: Decimal
    refunded: Decimal
    currency: str
    cancelled: bool = False
    person: str | None = None
    place: Place | None = None

    @property
    def back(self) -> Decimal:
        """What was given back, never more than was paid."""
        return self.total if self.cancelled else min(self.refunded, max(self.total, NOTHING))

    @property
    def stands(self) -> bool:
        """Whether anything of it is left."""
        return not self.cancelled and not (self.refunded and self.refunded >= self.total)


class Whose(NamedTuple):
    """Somebody in the days after they came into a journey, or were held out of it."""

    person: str
    journey: str
    arm: str


Bought = dict[str, tuple[int, Decimal]]
"""By currency: orders that stand, and what they come to after refunds."""


class Known(NamedTuple):
    """What was counted: orders by `order_key`, and what people of journeys bought. Changed in place."""

    orders: dict[bytes, Order]
    bought: dict[Whose, Bought]
