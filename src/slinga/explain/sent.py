"""A message as delivery holds it, and the tries to hand it over.

In: rows. Out: frozen values. Always true: pure.
"""

from typing import Any

import msgspec

from slinga.kernel.clock import Instant


class Sent(msgspec.Struct, frozen=True):
    """A message as it stands."""

    id: str
    send_key: str
    person: str
    message_class: str
    channel: str
    topic: str
    journey: str
    version: int
    run: str
    node: str
    template: str
    priority: int
    address: str
    witness: dict[str, Any]
    quiet_hours: str
    planned_at: Instant
    not_before: Instant
    expires_at: Instant
    state: str
    reason: str
    due_at: Instant
    changed_at: Instant
    attempts: int
    accepted_at: Instant | None
    response: str
    variables: dict[str, Any]


class Attempt(msgspec.Struct, frozen=True):
    """One try to hand a message over."""

    no: int
    started_at: Instant
    ended_at: Instant | None
    outcome: str
    code: int
    enhanced: str
    text: str
