"""The log's values: `New` before it is appended, `Input` as it is read back.

Kinds of input (closed):
    event      something the person did or that happened to one of our messages; `name` is the event's
    identify   traits in body["traits"]
    group      account membership: body["groupId"], body["traits"]
    merge      this person and body["other"] are one; see identity
    handover   body carries the state of a person that merged into this one
    history    an event that happened in the past and must build state but fire nothing
    consent    body: {channel, topic, action: granted|withdrawn|denied|confirmed, basis, evidence...}
    receipt    delivery reports on a message; name is the outcome, body: {send_key, message, ...}
    command    a member of the team asked: name is the verb, body its arguments
    answer     the answer to something a decision asked for; body: {ask, value | timeout}
"""

from enum import StrEnum
from typing import Any

import msgspec

from slinga.access.proofs import IdentityKey
from slinga.kernel.clock import Instant

KINDS = (
    "event",
    "identify",
    "group",
    "merge",
    "handover",
    "history",
    "consent",
    "receipt",
    "command",
    "answer",
)

IMPORTED = "import:"
"""Inputs whose source begins with this build state and start nothing, whatever their kind.

One that others of the same person follow in the same transaction says so in body["more"]: rules are asked
after the last.
"""

CLAIMED, SIGNED, PROVEN = 0, 1, 2
"""Trust of a fact: said by a browser, said by a browser with a signed identity, said by a server."""


class New(msgspec.Struct, frozen=True):
    """One input about to be appended. `occurred_at` None means: at acceptance."""

    person: str
    kind: str
    name: str = ""
    body: dict[str, Any] = {}
    trust: int = PROVEN
    source: str = ""
    message_id: str = ""
    occurred_at: Instant | None = None
    dedupe: str = ""
    """Where not empty: the key to de-duplicate on, within the bucket of `person`."""


class Input(msgspec.Struct, frozen=True):
    """One input as the engine sees it.

    `at` is its acceptance in the database, never decreasing with `seq`; `occurred_at` is the corrected
    time of the happening, never later than `at`.
    """

    kind: str
    at: Instant
    seq: int = 0
    name: str = ""
    body: dict[str, Any] = {}
    trust: int = PROVEN
    source: str = ""
    message_id: str = ""
    occurred_at: Instant = 0


class Source(msgspec.Struct, frozen=True):
    """Who sends: a write key's name, how far its facts are trusted, and where browsers may send from.

    Empty `origins` means any origin for a public (claimed) key. A key of trust PROVEN is secret: a
    request that carries it from a browser is refused.
    """

    name: str
    trust: int = CLAIMED
    origins: tuple[str, ...] = ()
    proofs: tuple[IdentityKey, ...] = ()
    """The keys that check this source's identity tokens."""


class Call(msgspec.Struct, frozen=True):
    """One call of the tracking API after its shape was checked: identifiers are text or None."""

    type: str
    message_id: str = ""
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    event: str = ""
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    context: dict[str, Any] = {}
    happened_at: Instant | None = None
    sent_at: Instant | None = None
    relayed: bool = False
    """Already stamped by another collector (it carries receivedAt): its time needs no correction."""


class Link(msgspec.Struct, frozen=True):
    """A merge to append: addressed to `person`, the key of lower rank, which is one with `other`."""

    person: str
    other: str
    why: str


class Reference(msgspec.Struct, frozen=True):
    """Whom a call is about: the key it is appended under and what else it says about identity.

    `key` is empty where the call names nobody. `identifiers` are (kind, value), strongest first.
    `warnings` are (field, message).
    """

    key: str
    links: tuple[Link, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()


class DropReason(StrEnum):
    """Why an item was not accepted (closed)."""

    NOT_JSON = "not_json"
    NUMBER = "number"
    TEXT = "text"
    TOO_DEEP = "too_deep"
    TOO_WIDE = "too_wide"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_CALL = "unknown_call"
    MISSING = "missing"
    TIME = "time"
    NOBODY = "nobody"
    IDENTITY = "identity"
    STORE = "store"
    ERASED = "erased"


class Drop(msgspec.Struct, frozen=True):
    """An item refused: the reason, the field at fault and what the sender can do about it."""

    reason: DropReason
    field: str
    remedy: str


class Refused(msgspec.Struct, frozen=True):
    """An item on its way into the quarantine."""

    source: Source
    call: str
    drop: Drop
    payload: bytes
    sent_at: Instant | None = None
