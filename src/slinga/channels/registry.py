"""Finds channels by name: the shipped ones and those that installed packages offer.

In: a name such as "email.smtp" and the channel's settings. Out: a `Channel`, not yet open.
Always true: nothing is imported until it is asked for; a plug-in is found through the entry point group
`slinga.channels`, whose value is a class called with keyword settings.
"""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from slinga.channels.model import Channel
from slinga.kernel.errors import Missing

GROUP = "slinga.channels"
SHIPPED = {
    "email.smtp": "slinga.channels.email.smtp:Smtp",
    "email.devbox": "slinga.channels.email.devbox:Devbox",
    "webpush": "slinga.channels.webpush:WebPush",
    "webhook": "slinga.channels.webhook:Webhook",
    "sms.log": "slinga.channels.sms.log:LogSms",
}


def names() -> list[str]:
    """Every channel that can be made, sorted."""
    return sorted({*SHIPPED, *(point.name for point in entry_points(group=GROUP))})


def plugged() -> list[str]:
    """The channels that installed packages offer, sorted."""
    return sorted(point.name for point in entry_points(group=GROUP))


def make(name: str, **settings: Any) -> Channel:
    """A channel by name. Raises Missing when nobody offers it, Invalid when the settings are wrong."""
    if name in SHIPPED:
        module, _, attribute = SHIPPED[name].partition(":")
        factory = getattr(import_module(module), attribute)
    else:
        found = [point for point in entry_points(group=GROUP) if point.name == name]
        if not found:
            raise Missing(
                "no channel is called '%(name)s'; known are %(known)s", name=name, known=", ".join(names())
            )
        factory = found[0].load()
    channel: Channel = factory(**settings)
    return channel
