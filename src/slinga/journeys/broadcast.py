"""Broadcasts: one message to everybody who is in an audience at one instant.

In: a plain dict. Out: a frozen `Broadcast`, and the journey that carries it to each person. Which content
they get and how many days they wait was settled when they were addressed, and travels with the command.
Always true: a broadcast is a journey of one send that nothing starts but a command, so consent, caps, quiet
hours, arbitration and the last gate are the ones of every other message; nobody comes in twice.
"""

import re
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


_CONTENT = re.compile(r"[a-z0-9][a-z0-9_]{0,23}\Z")
DAYS_AT_MOST = 60
"""Days that a plan for warming up can take."""


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of several messages that a broadcast can send."""

    key: str
    template: str
    share: float = 1.0
    """Weight among the contents where chance decides."""
    when: Document | None = None
    """Who gets it: the first content whose condition is true of a person; the last one has none."""


class Contest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Contents compete on a sample; the rest gets the winner, or is divided where none is clearly ahead."""

    sample: float = 0.2
    """Share of the audience, from 0 to 1, among whom the contents are divided first."""
    by: Literal["clicks", "opens", "conversions", "revenue"] = "clicks"
    """What decides, per recipient."""
    after: str = "4h"
    """How long after the sample was addressed."""
    event: str = "Order Completed"
    """What a conversion is."""


class WarmUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many messages a day each receiver is given, so that a new sender gets known."""

    start: int = 200
    growth: float = 1.5
    most: int = 50_000


class Broadcast(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A broadcast as published."""

    key: str
    name: str
    description: str = ""
    audience: Document
    """Who gets it: a condition, asked once, at the instant the broadcast starts."""
    serves: tuple[str, ...] = ()
    """Stages it is for, as "model/stage": the plan of messages to phases."""
    message_class: Literal["marketing", "transactional"] = msgspec.field(default="marketing", name="class")
    channel: str = "email"
    template: str = ""
    """What everybody gets; left out where there are `contents`."""
    contents: tuple[Content, ...] = ()
    """Several messages instead of one: by chance, or by what is true of each person."""
    test: Contest | None = None
    """Let the contents compete first; without it each goes to its share for good."""
    warm_up: WarmUp | None = None
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


def templates(broadcast: Broadcast) -> tuple[str, ...]:
    """The templates that it can send."""
    return tuple(each.template for each in broadcast.contents) or (broadcast.template,)


def chooses(broadcast: Broadcast) -> bool:
    """Whether what is true of a person decides what they get."""
    return any(each.when is not None for each in broadcast.contents)


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
    _check_contents(found)
    if found.warm_up is not None:
        _check_warm_up(found)
    journey_of(found)
    return found


def _check_contents(found: Broadcast) -> None:
    if bool(found.template) == bool(found.contents):
        raise Invalid("give one template, or several contents", field="template")
    if len({each.key for each in found.contents}) < len(found.contents):
        raise Invalid("two contents have the same key", field="contents")
    for n, each in enumerate(found.contents):
        if not _CONTENT.match(each.key):
            raise Invalid("use small letters, digits and '_'", field=f"contents.{n}.key")
        if not each.template:
            raise Invalid("say which template to send", field=f"contents.{n}.template")
        if not each.share > 0:
            raise Invalid("a share is more than nothing", field=f"contents.{n}.share")
        if chooses(found) and (each.when is None) != (n == len(found.contents) - 1):
            raise Invalid("each content but the last says who gets it", field=f"contents.{n}.when")
        if (
            each.when is not None
            and grammar.references(grammar.parse(each.when, path=f"contents.{n}.when")).run
        ):
            raise Invalid("a condition here cannot look at a trigger", field=f"contents.{n}.when")
    if found.test is None:
        return
    if len(found.contents) < 2 or chooses(found):
        raise Invalid("a test needs at least two contents without conditions", field="test")
    if not 0 < found.test.sample < 1:
        raise Invalid("a sample is more than 0 and less than 1", field="test.sample")
    check_length(found.test.after, "test.after")


def _check_warm_up(found: Broadcast) -> None:
    assert found.warm_up is not None
    plan = found.warm_up
    if found.channel != "email":
        raise Invalid("only mail is warmed up", field="warm_up")
    if not 1 <= plan.start <= plan.most:
        raise Invalid("begin with at least 1 a day, and at most as many as the most", field="warm_up.start")
    if not 1 <= plan.growth <= 4:
        raise Invalid("growth from day to day is 1 to 4", field="warm_up.growth")


def journey_of(broadcast: Broadcast) -> Journey:
    """The journey that carries a broadcast; it has no condition, the audience is settled before."""
    nodes: dict[str, Document] = {}
    if broadcast.contents:
        arms = [
            {"when": _told("content", each.key), "next": f"send_{each.key}"} for each in broadcast.contents
        ]
        nodes["pick"] = {"type": "branch", "arms": arms, "otherwise": arms[-1]["next"]}
        nodes |= {f"send_{each.key}": _send(broadcast, each.template) for each in broadcast.contents}
    else:
        nodes["send"] = _send(broadcast, broadcast.template)
    start = next(iter(nodes))
    hour = {} if broadcast.at_local is None else {"until_time": broadcast.at_local}
    later = start
    if hour:
        nodes["wait"] = {"type": "wait", **hour, "next": start}
        start = "wait"
    if broadcast.warm_up is not None:
        days = range(1, DAYS_AT_MOST + 1)
        nodes |= {f"wait_{n}": {"type": "wait", "for": f"{n}d", **hour, "next": later} for n in days}
        arms = [{"when": _told("day", n), "next": f"wait_{n}"} for n in days]
        nodes["day"] = {"type": "branch", "arms": arms, "otherwise": start}
        start = "day"
    header = {
        "key": broadcast.key,
        "name": broadcast.name,
        "class": broadcast.message_class,
        "serves": list(broadcast.serves),
        "topic": broadcast.topic,
        "priority": broadcast.priority,
        "holdout": broadcast.holdout,
        "quiet_hours": msgspec.to_builtins(broadcast.quiet_hours),
        "trigger": {"on": "manual"},
        "reentry": "once",
        "start": start,
        "nodes": nodes,
    }
    journey = parse_journey(header)
    return msgspec.structs.replace(journey, key=journey_key(broadcast.key))


def _told(name: str, value: Any) -> Document:
    """A condition on what travels with the command."""
    return {"op": "trigger", "path": f"properties.{name}", "cmp": "eq", "value": value}


def _send(broadcast: Broadcast, template: str) -> Document:
    return {
        "type": "send",
        "channel": broadcast.channel,
        "template": template,
        "expires": broadcast.expires,
        "variables": broadcast.variables,
    }
