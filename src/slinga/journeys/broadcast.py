"""Broadcasts: one message to everybody who is in an audience at one instant.

In: a plain dict. Out: a frozen `Broadcast`, and the journey that carries it to each person.
Always true: a broadcast is a journey of one send that nothing starts but a command, so consent, caps, quiet
hours, arbitration and the last gate are the ones of every other message; nobody comes in twice.
"""

from typing import Any, Literal

import msgspec

from slinga.journeys.model import Journey, QuietHours, located
from slinga.journeys.model import parse as parse_journey
from slinga.journeys.node import Document, check_length, clock_time
from slinga.kernel.errors import Invalid
from slinga.messages.model import BROADCAST
from slinga.segments import grammar

PREFIX = BROADCAST
"""Journey keys never hold a dot, so no journey can be mistaken for a broadcast."""


class Broadcast(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A broadcast as published."""

    key: str
    name: str
    description: str = ""
    audience: Document
    """Who gets it: a condition, asked once, at the instant the broadcast starts."""
    message_class: Literal["marketing", "transactional"] = msgspec.field(default="marketing", name="class")
    channel: str = "email"
    template: str
    topic: str | None = None
    priority: int = 0
    """Higher goes first when the pressure budget is short."""
    at_local: str | None = None
    """A time of day, such as 09:00: each person gets it at the next such time where they live."""
    expires: str = "72h"
    """A message that could not go for so long is dropped."""
    holdout: float = 0.0
    """Share of the audience, from 0 to 1, who get nothing, for comparison."""
    quiet_hours: QuietHours | Literal["none"] | None = None
    variables: dict[str, Any] = {}
    """Extra values for the template, the same for everybody."""


def journey_key(key: str) -> str:
    """The key under which runs, messages and facts of a broadcast stand."""
    return PREFIX + key


def parse(document: Document) -> Broadcast:
    """The broadcast of a document. Raises Invalid whose `field` is the path of the first fault."""
    try:
        found = msgspec.convert(document, Broadcast)
    except msgspec.ValidationError as fault:
        raise located(fault) from fault
    condition = grammar.parse(found.audience, path="audience")
    if grammar.references(condition).run:
        raise Invalid("an audience cannot look at a trigger or an entry: there is none", field="audience")
    if found.at_local is not None:
        clock_time(found.at_local, "at_local")
    check_length(found.expires, "expires")
    journey_of(found)
    return found


def journey_of(broadcast: Broadcast) -> Journey:
    """The journey that carries a broadcast; it has no condition, the audience is settled before."""
    send = {
        "type": "send",
        "channel": broadcast.channel,
        "template": broadcast.template,
        "expires": broadcast.expires,
        "variables": broadcast.variables,
    }
    nodes: dict[str, Document] = {"send": send}
    if broadcast.at_local is not None:
        nodes["wait"] = {"type": "wait", "until_time": broadcast.at_local, "next": "send"}
    header = {
        "key": broadcast.key,
        "name": broadcast.name,
        "class": broadcast.message_class,
        "topic": broadcast.topic,
        "priority": broadcast.priority,
        "holdout": broadcast.holdout,
        "quiet_hours": msgspec.to_builtins(broadcast.quiet_hours),
        "trigger": {"on": "manual"},
        "reentry": "once",
        "start": "wait" if broadcast.at_local is not None else "send",
        "nodes": nodes,
    }
    journey = parse_journey(header)
    return msgspec.structs.replace(journey, key=journey_key(broadcast.key))
