"""Events as sums: how often each happened, how people reacted to messages.

In: counts by name and hour, events worth a look. Out: added to `Sums`.
Always true: pure; hits of machines stay apart; `orders` counts what is bought.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from slinga.insight.counting.model import Event
from slinga.insight.counting.orders import ORDERS
from slinga.insight.tally import Sums, text
from slinga.kernel.clock import Instant

CLICKED = "Message Clicked"
REACTIONS = {
    "Message Opened": "react_opened",
    CLICKED: "react_clicked",
    "Message Bounced": "react_bounced",
    "Message Complained": "react_complained",
    "Unsubscribed": "react_unsubscribed",
}
LOOKED_AT = (*ORDERS, *REACTIONS)
"""Events whose properties are read; of all others only the name counts."""


def count_names(sums: Sums, rows: Iterable[tuple[str, Instant, int]]) -> None:
    """Add (name, an instant within the hour, how many)."""
    for name, at, number in rows:
        sums.add("event", name, sums.moment(at)[0], count=number)
        sums.hourly("events", at, number)


def count(sums: Sums, event: Event) -> None:
    """Add one reaction to a message."""
    what, said = REACTIONS[event.name], event.properties
    why = text(said.bounce) if event.name == "Message Bounced" else ""
    if event.name in ("Message Opened", CLICKED):
        why = text(said.class_of_hit) or ("machine" if said.machine is True else "human")
    day, hour = sums.moment(event.at)
    if why == "human":
        sums.add("hour", said.journey, day, hour, what.removeprefix("react_"))
        if said.url:
            sums.add("link", said.journey, day, said.node, _bare(said.url), said.template)
    sums.add(what, said.journey, day, said.node, said.template, said.channel, why)
    if event.name == CLICKED and said.machine is not True:
        for model, stage in event.stages:
            sums.add("touch_click", model, day, stage, "message", said.channel)


def _bare(url: Any) -> str:
    """An address without the marks that tell sources apart, which each message adds."""
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return text(url)
    kept = [each for each in parts.query.split("&") if not each.startswith("utm_")]
    return urlunsplit(parts._replace(query="&".join(kept)))
