"""Whom nobody writes to: suppressions of a person's own addresses.

In: a person, a scope. Out: what is suppressed and why.
Always true: an address stands only as its keyed hash; lifting one is in the audit log, because it undoes
what a receiver or a person said.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from slinga.api import whom
from slinga.api.changes import Asked
from slinga.api.frame import Call, operation
from slinga.api.people import Out
from slinga.engine.model import Person
from slinga.ingest import log
from slinga.ingest.model import PROVEN, New
from slinga.kernel.errors import Conflict, Invalid
from slinga.runtime.db import Db

CHANNELS = {"email": "email", "sms": "phone"}
"""The trait that holds the address of a channel."""


class Book(msgspec.Struct, frozen=True):
    """What delivery remembers of addresses, by keyed hash; wired by `app`."""

    suppress: Callable[..., Any]
    """(db, key, scope, reason)"""
    unsuppress: Callable[[Db, bytes, str], bool]
    found: Callable[[Db, list[bytes]], dict[bytes, dict[str, str]]]
    """(db, keys) -> {key: {scope: reason}}"""


class Which(Asked):
    """Which channel, and how much."""

    channel: Literal["email", "sms"] = "email"
    scope: Literal["global", "marketing", "topic"] = "marketing"
    """global: nothing at all; marketing: no marketing; topic: no marketing of one topic."""
    topic: str = ""


class Suppressed(Out):
    """What stands for the address of a channel: scope by scope, and why."""

    person: str
    channel: str
    scopes: dict[str, str]


def _address(call: Call, person: Person, channel: str) -> bytes:
    said = person.profile.traits.get(CHANNELS[channel])
    if said is None or not isinstance(said.value, str) or not said.value:
        raise Conflict("This person has no address for %(channel)s.", field="channel", channel=channel)
    found: bytes = call.state.address_key(said.value)
    return found


def _scope(asked: Any) -> str:
    if (asked.scope == "topic") != bool(asked.topic):
        raise Invalid("a topic goes with the scope topic, and only with it", field="topic")
    return f"topic:{asked.topic}" if asked.topic else str(asked.scope)


def _told(call: Call, person: Person, channel: str, key: bytes) -> Suppressed:
    call.about = person.key
    scopes = call.state.book.found(call.db, [key]).get(key, {})
    return Suppressed(person=person.key, channel=channel, scopes=scopes)


@operation("PUT", "/people/{person}/suppression", Suppressed, body=Which)
def suppress_person(call: Call) -> Suppressed:
    """Write no more to a person's address: nothing at all, no marketing, or no marketing of a topic."""
    asked: Which = call.body
    scope = _scope(asked)
    person = whom.person(call.db, call.path["person"])
    key = _address(call, person, asked.channel)
    call.state.book.suppress(call.db, key, scope, "member")
    call.detail = {"channel": asked.channel, "scope": scope}
    return _told(call, person, asked.channel, key)


class Lift(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which channel, and what to lift."""

    channel: Literal["email", "sms"] = "email"
    scope: Literal["global", "marketing", "topic"] = "marketing"
    topic: str = ""


@operation("DELETE", "/people/{person}/suppression", Suppressed, query=Lift)
def unsuppress_person(call: Call) -> Suppressed:
    """Lift a suppression, because the address works again. Consent is asked for as always."""
    asked: Lift = call.query
    scope = _scope(asked)
    person = whom.person(call.db, call.path["person"])
    key = _address(call, person, asked.channel)
    call.state.book.unsuppress(call.db, key, scope)
    call.detail = {"channel": asked.channel, "scope": scope}
    found = _told(call, person, asked.channel, key)
    if scope == "global" and asked.channel in person.dead:
        body = {"channel": asked.channel, "by": call.actor}
        log.append(call.db, [New(person.key, "command", "revive", body, PROVEN, "api")])
    return found


OPERATIONS = [suppress_person, unsuppress_person]
