"""How people are taken to react to messages that were never sent: a declared, seeded model.

In: a model by name or as a document; a message. Out: what comes back, and how long after.
Always true: the same seed and send key give the same reaction, whatever else is rehearsed; nobody is ever
taken to buy because of a message; the report names the model with all its rates.
"""

from typing import Any

import msgspec

from slinga.kernel.calendar import period
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import chance

NAMES = ("none", "typical", "learned")
QUANTILES = 5
"""Delays are given at the shares 0, 1/4, 1/2, 3/4 and 1 of all reactions, straight lines between them."""

ENOUGH = 1_000
"""Messages of a channel from which its rates may be learned."""

READ = ("1m", "30m", "3h", "14h", "3d")
LEFT = ("1m", "10m", "2h", "1d", "5d")
BACK = ("1s", "5s", "30s", "2m", "12h")


class Rates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What becomes of the accepted messages of one channel; each rate is a share of all of them.

    A click is an open too. `bounced` is for good: the address is dead. `delivered` are those of which the
    far end says so. Opens and clicks become events only where the person allows that they are seen.
    """

    delivered: float = 0.0
    bounced: float = 0.0
    opened: float = 0.0
    clicked: float = 0.0
    unsubscribed: float = 0.0
    complained: float = 0.0
    read_after: tuple[str, ...] = READ
    """How long until an open or a click."""
    left_after: tuple[str, ...] = LEFT
    """How long until an unsubscription or a complaint."""
    back_after: tuple[str, ...] = BACK
    """How long until a delivery notice or a bounce."""


class Reactions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A reaction model. `source` says where the rates come from, in words for the report."""

    name: str
    source: str = ""
    channels: dict[str, Rates] = {}


class Reaction(msgspec.Struct, frozen=True):
    """One thing that comes back."""

    kind: str
    after: Instant


NONE = Reactions("none", "nobody reacts to what was not really sent")
TYPICAL = Reactions(
    "typical",
    "middling rates of permission mail in retail; not measured here",
    {
        "email": Rates(
            bounced=0.003, opened=0.28, clicked=0.025, unsubscribed=0.0025, complained=0.0003, delivered=0.0
        ),
        "push": Rates(opened=0.0, clicked=0.035, read_after=("5s", "5m", "40m", "4h", "1d")),
        "sms": Rates(clicked=0.06, unsubscribed=0.005, read_after=("10s", "3m", "15m", "2h", "1d")),
    },
)


def parse(document: Any) -> Reactions:
    """A model as a document: name, source, and rates by channel. Raises Invalid naming the field."""
    try:
        model = msgspec.convert(document, Reactions)
    except msgspec.ValidationError as fault:
        message, _, path = str(fault).partition(" - at `$")
        raise Invalid(message, field=("reactions" + path.rstrip("`")).rstrip(".")) from fault
    for channel, rates in model.channels.items():
        where = f"reactions.channels.{channel}"
        for name in ("delivered", "bounced", "opened", "clicked", "unsubscribed", "complained"):
            if not 0 <= getattr(rates, name) <= 1:
                raise Invalid("a rate is a share between 0 and 1", field=f"{where}.{name}")
        if rates.clicked > rates.opened and rates.opened:
            raise Invalid("who clicks has opened: clicked cannot exceed opened", field=f"{where}.clicked")
        for name in ("read_after", "left_after", "back_after"):
            _check_delays(getattr(rates, name), f"{where}.{name}")
    return model


def _check_delays(delays: tuple[str, ...], field: str) -> None:
    lengths = [_micros(text, field) for text in delays]
    if len(lengths) != QUANTILES or lengths != sorted(lengths):
        raise Invalid(
            "give %(num)s lengths of time, shortest first, such as %(known)s",
            field=field,
            num=QUANTILES,
            known=", ".join(READ),
        )


def _micros(text: str, field: str) -> int:
    try:
        length = period(text)
    except Invalid as fault:
        raise fault.at(field) from fault
    if length.months:
        raise Invalid("write this length in days or less", field=field)
    return length.micros


def draw(model: Reactions, seed: int, send_key: str, channel: str) -> list[Reaction]:
    """What comes back of one accepted message, soonest first."""
    rates = model.channels.get(channel)
    if rates is None:
        return []

    def happens(kind: str, share: float) -> bool:
        return share > 0 and chance("reaction", seed, kind, send_key) < share

    def delay(kind: str, delays: tuple[str, ...]) -> Instant:
        return spread(delays, chance("reaction delay", seed, kind, send_key))

    if happens("bounced", rates.bounced):
        return [Reaction("bounced", delay("bounced", rates.back_after))]
    found: list[Reaction] = []
    if happens("delivered", rates.delivered):
        found.append(Reaction("delivered", delay("delivered", rates.back_after)))
    # One draw for both: whoever clicks is among those who open.
    reads = chance("reaction", seed, "read", send_key)
    if reads < max(rates.opened, rates.clicked):
        after = delay("read", rates.read_after)
        if rates.opened:
            found.append(Reaction("opened", after))
        if reads < rates.clicked:
            found.append(Reaction("clicked", after + 20_000_000))
    for kind, share in (("unsubscribed", rates.unsubscribed), ("complained", rates.complained)):
        if happens(kind, share):
            found.append(Reaction(kind, delay(kind, rates.left_after)))
    return sorted(found, key=lambda each: (each.after, each.kind))


def spread(delays: tuple[str, ...], share: float) -> Instant:
    """The delay at a share of all, by straight lines between the quantiles."""
    place = share * (len(delays) - 1)
    low = min(int(place), len(delays) - 2)
    first, second = period(delays[low]).micros, period(delays[low + 1]).micros
    return first + int((second - first) * (place - low))


class Counted(msgspec.Struct, frozen=True):
    """What this workspace's log says of one channel's messages."""

    channel: str
    sent: int
    delivered: int
    bounced: int
    opened: int
    clicked: int
    unsubscribed: int
    complained: int


def learned(counts: list[Counted]) -> Reactions:
    """Rates from what was recorded here; where there were too few messages, nobody reacts."""
    enough = [one for one in counts if one.sent >= ENOUGH]
    few = sorted(one.channel for one in counts if one.sent < ENOUGH)
    source = (
        f"counted here: {', '.join(f'{one.sent} messages by {one.channel}' for one in enough) or 'nothing'}"
    )
    if few:
        source += f"; fewer than {ENOUGH} by {', '.join(few)}, where nobody is taken to react"
    return Reactions("learned", source, {one.channel: _rates(one) for one in enough})


def _rates(one: Counted) -> Rates:
    def share(count: int) -> float:
        return round(min(1.0, count / one.sent), 6)

    opened = share(max(one.opened, one.clicked)) if one.opened else 0.0
    return Rates(
        delivered=share(one.delivered),
        bounced=share(one.bounced),
        opened=opened,
        clicked=share(one.clicked),
        unsubscribed=share(one.unsubscribed),
        complained=share(one.complained),
    )
