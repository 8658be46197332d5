"""The values of delivery: a message under way, the gate's answers, what came of an attempt.

In: rows. Out: frozen structs. Always true: a `Message` read under a lease carries that lease's epoch,
without which nothing about it can be written.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from slinga.delivery.outcome import Kind, Verdict
from slinga.delivery.states import State
from slinga.kernel.clock import Instant
from slinga.messages.liquid import RenderFailed
from slinga.messages.model import Channel as ChannelName
from slinga.messages.model import Intent, MessageClass
from slinga.messages.policy import Decision


class Message(msgspec.Struct, frozen=True):
    """A message as a worker holds it. `id` and `person` are 32-digit hex keys, instants are UTC."""

    bucket: int
    id: str
    send_key: str
    person: str
    message_class: MessageClass
    channel: ChannelName
    topic: str
    journey: str
    version: int
    run: str
    node: str
    template: str
    priority: int
    lane: str
    address: str
    variables: dict[str, Any]
    witness: dict[str, Any]
    quiet_hours: str
    planned_at: Instant
    not_before: Instant
    expires_at: Instant
    attempts: int
    tries: int
    resends: int
    epoch: int
    message_id: str

    @property
    def name(self) -> tuple[int, str]:
        """What identifies the row."""
        return (self.bucket, self.id)

    @property
    def intent(self) -> Intent:
        """The intent that the message was planned from, for the renderer and the gate."""
        return Intent(**{field: getattr(self, field) for field in Intent.__struct_fields__})


Gate = Callable[[Any, Sequence[Message]], Sequence[Decision]]
"""The last gate: called with the connection in the attempt's transaction; an answer per message, in order."""


Render = Callable[[Message], bytes | RenderFailed]
"""Writes a message out: MIME bytes for e-mail, a JSON document for other channels."""

Writer = Callable[[Any], Render]
"""Called with the connection once per batch: what writes its messages out at this instant."""


class Settled(msgspec.Struct, frozen=True):
    """What came of an attempt: the state it leads to, and the receiver's words."""

    message: Message
    state: State
    reason: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    verdict: Verdict | None = None
    due_at: Instant | None = None
    bounced: bool = False

    @property
    def kind(self) -> Kind | None:
        """What sort of answer it was, where there was one."""
        return self.verdict.kind if self.verdict else None


class Counts(msgspec.Struct, frozen=True):
    """How many were planned, and how many stand in each state: `planned == sum(by_state.values())`."""

    planned: int
    by_state: dict[str, int]

    @property
    def open(self) -> int:
        """How many are still on their way."""
        return sum(self.by_state.get(state, 0) for state in ("planned", "leased", "dialling", "deferred"))
