"""The twin's values: what the shop sells, who lives round it, what they report and what they receive.

Always true: everything here is plain data, so the whole twin can be written down and taken up again.
"""

from collections.abc import Iterable
from typing import Any, Literal, Protocol

import msgspec

from slinga.kernel.clock import Instant


class Category(msgspec.Struct, frozen=True):
    """A shelf of the shop; `colour` is its accent as #rrggbb."""

    key: str
    name: str
    line: str
    colour: str


class Product(msgspec.Struct, frozen=True):
    """One thing for sale. `price` in kronor; `lasts_days` 0: not bought again by need."""

    id: str
    name: str
    category: str
    price: float
    lasts_days: int
    line: str
    story: str
    picture: str


class Call(msgspec.Struct, frozen=True):
    """One report to the tracking API. `body` is a call in Segment's format, `type` included.

    `key` says with which key it is sent: the browser's public one or the secret one of the shop's server.
    """

    at: Instant
    key: Literal["browser", "server"]
    body: dict[str, Any]


class Mail(msgspec.Struct, frozen=True):
    """A message that reached someone's mailbox or screen."""

    id: str
    to: str
    at: Instant
    template: str = ""
    journey: str = ""
    channel: str = "email"
    open_url: str = ""
    links: tuple[str, ...] = ()
    unsubscribe_url: str = ""


class Hit(msgspec.Struct, frozen=True):
    """What someone, or their mail program, does with a message."""

    at: Instant
    kind: Literal["open", "machine_open", "click", "scanner_click", "unsubscribe"]
    url: str
    mail: str


class Line(msgspec.Struct, array_like=True):
    """A product and how many, in a cart or an order."""

    product: str
    quantity: int


class Inhabitant(msgspec.Struct):
    """One invented person with the truth about them, which Slinga never sees."""

    number: int
    born_at: Instant  # first arrival at the shop
    source: str
    character: Literal["passer_by", "reader", "taster", "regular"]
    first_name: str
    last_name: str
    email: str
    country: str
    town: str
    zone: str
    birth_on: str
    taste: str
    second_taste: str
    draws: int = 0  # numbers drawn so far from this person's own stream
    known: bool = False
    signed_up_at: Instant = 0
    unsubscribed_at: Instant = 0
    push_at: Instant = 0
    opens_by_machine: bool = False
    behind_scanner: bool = False
    cart: list[Line] = []
    cart_id: str = ""
    cart_at: Instant = 0
    carts: int = 0
    abandoned: int = 0
    orders: int = 0
    returned: int = 0
    spent: float = 0.0
    last_order_at: Instant = 0
    need_at: Instant = 0  # when the cupboard is empty next
    lapses_at: Instant = 0  # from here on, no need brings them back by itself; 0: never a buyer
    won_back: int = 0
    subscription_at: Instant = 0
    subscription_ends_at: Instant = 0
    machine_at: Instant = 0
    visits: int = 0
    fatigue: float = 0.0  # grows with every message, fades with time; lowers every response
    fatigue_at: Instant = 0


class Truth(msgspec.Struct, frozen=True):
    """What is true of the twin at an instant, to hold any figure of the product against."""

    at: Instant
    visitors: int
    visits: int
    known: int
    signed_up: int
    unsubscribed: int
    carts: int
    abandoned: int
    buyers: int
    repeat_buyers: int
    orders: int
    returned: int
    revenue: float
    lapsed: int
    won_back: int
    subscriptions: int
    by_source: dict[str, int]


class Life(Protocol):
    """What visits and responses may ask of the twin they belong to."""

    seed: int
    lived_to: Instant

    def draw(self, person: Inhabitant) -> float: ...

    def pick(self, person: Inhabitant, weighted: Iterable[tuple[Any, float]]) -> Any: ...

    def schedule(self, at: Instant, kind: str, person: Inhabitant, **detail: Any) -> None: ...

    def waking_time(self, person: Inhabitant, day_at: Instant) -> Instant: ...
