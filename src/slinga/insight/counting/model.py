"""What counting reads of facts and events, what it keeps of orders, and the rows it writes.

In: nothing. Out: the structs. Always true: values of properties are what a sender said, of any type.
"""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from slinga.kernel.clock import Instant

NOTHING = Decimal(0)


class Line(NamedTuple):
    """A row of `tally` without its sums."""

    what: str
    key: str
    day: date
    version: int = 0
    part: str = ""
    other: str = ""
    detail: str = ""
    extra: str = ""


class Stay(NamedTuple):
    """A row of `stay` without its count."""

    what: str
    key: str
    day: date
    version: int
    part: str
    bin: int


class Body(msgspec.Struct, rename={"message_class": "class"}):
    """What the fold reads of a fact's body; all else, the witness above all, is skipped unread."""

    from_stage: Any = None
    to_stage: Any = None
    from_status: Any = None
    to_status: Any = None
    direction: Any = None
    cause: Any = None
    stayed_for: Any = None
    status_for: Any = None
    into: Any = None
    stood: Any = None
    members: Any = None
    reason: Any = None
    outcome: Any = None
    node: Any = None
    to: Any = None
    version: Any = 0
    goal: Any = None
    template: Any = None
    channel: Any = None
    message: Any = None
    entered_at: Any = None
    entry: Any = None
    source: Any = None
    medium: Any = None
    campaign: Any = None
    first: Any = None
    action: Any = None
    message_class: Any = None


class Fact(NamedTuple):
    """A fact to be counted; `person` is a key, `at` UTC."""

    bucket: int
    id: int
    seq: int
    person: str
    kind: str
    name: str
    at: Instant
    body: Body


class Sent(NamedTuple):
    """What is known of a settled message."""

    journey: str
    version: int
    node: str
    template: str
    channel: str
    state: str


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
