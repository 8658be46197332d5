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

from typing import Any

import msgspec

from slinga.kernel.clock import Instant

KINDS = ("event", "identify", "group", "merge", "handover", "history", "consent", "receipt", "command", "answer")

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
