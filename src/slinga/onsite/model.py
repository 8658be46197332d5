"""The values of this stage.

In: what delivery knows of a message that was sent. Out: the same, under one name here.
Always true: nothing in this file does I/O.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from slinga.kernel.clock import SECOND, Instant
from slinga.onsite.links import Tracking
from slinga.people.consent import Consents

SETTLE_FOR = 90 * SECOND
"""How long a hit waits for what follows it before it counts: most scanners show themselves in that time."""

REPEAT_FOR = 60 * SECOND
"""A second hit on the same thing within this time is the same act."""

HITS_PER_MESSAGE = 200
"""Raw hits kept per message; a page that reloads a pixel for ever fills no disk."""


class Sent(msgspec.Struct, frozen=True):
    """What a reaction is a reaction to. `accepted_at` None: not known to have been accepted."""

    message: str
    person: str
    channel: str
    topic: str = ""
    send_key: str = ""
    journey: str = ""
    run: str = ""
    node: str = ""
    template: str = ""
    message_class: str = ""
    address_hash: str = ""
    address: str = ""
    accepted_at: Instant | None = None


def about(sent: Sent) -> dict[str, str]:
    """The properties that every event about a message has."""
    return {
        "message": sent.message,
        "send_key": sent.send_key,
        "channel": sent.channel,
        "topic": sent.topic,
        "journey": sent.journey,
        "run": sent.run,
        "node": sent.node,
        "template": sent.template,
        "class": sent.message_class,
    }


class Choice(msgspec.Struct, frozen=True):
    """A topic as the preference centre shows it."""

    key: str
    name: str
    description: str = ""
    channels: tuple[str, ...] = ("email",)


FindSent = Callable[[Any, str, str], Sent | None]
"""(db, person key, message id) -> the message, or None where it is no longer kept."""

FindKeys = Callable[[Any, str], Collection[str]]
"""(db, person key) -> the surviving key first, then all keys that merged into it, so far as known."""

FindChoices = Callable[[Any], Collection[Choice]]
"""(db) -> the topics people can choose."""


FindTracking = Callable[[Any], Tracking]
"""(db) -> how far the policy in force lets hits be followed."""

FindConsents = Callable[[Any, Collection[str]], Consents]
"""(db, keys) -> what is known of their permissions beside the ledger; the two are united."""


FindFace = Callable[[], tuple[str, str]]
"""() -> whose pages these are and where its site is; it asks for itself, also while the database is down."""

FindWording = Callable[[Any], str]
"""(db) -> the version of the words in which the topics are offered, such as policy/policy/3; "" for none."""


def nobodys() -> tuple[str, str]:
    """The pages of an installation that says no name."""
    return "Slinga", "/"


def no_wording(db: Any) -> str:
    """No topics are published."""
    return ""


def no_sent(db: Any, person: str, message: str) -> Sent | None:
    """Nothing is kept of any message."""
    return None


def only_key(db: Any, person: str) -> Collection[str]:
    """Nobody was ever merged."""
    return (person,)


def no_consents(db: Any, keys: Collection[str]) -> Consents:
    """Nothing is known beside the ledger."""
    return Consents()


def no_choices(db: Any) -> Collection[Choice]:
    """No topics are published: the preference centre offers the message's own topic and everything."""
    return ()


class Site(msgspec.Struct, frozen=True):
    """What the public pages need; `app` builds it and keeps it as `app.state.site`."""

    key: bytes
    """The link key, derived from the installation's secret for links only."""
    tracking: Tracking = Tracking.CONSENTED
    """Where `find_tracking` is not given."""
    find_face: FindFace = nobodys
    find_sent: FindSent = no_sent
    find_keys: FindKeys = only_key
    find_choices: FindChoices = no_choices
    find_wording: FindWording = no_wording
    find_consents: FindConsents = no_consents
    find_tracking: FindTracking | None = None

    def mode(self, db: Any) -> Tracking:
        """How far hits may be followed now."""
        return self.find_tracking(db) if self.find_tracking else self.tracking
