"""A broadcast's states, and how far one has come."""

from enum import StrEnum

import msgspec

from slinga.kernel.clock import Instant


class State(StrEnum):
    """Where a broadcast stands (closed)."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    """Its audience is being addressed."""
    PAUSED = "paused"
    """Held by a member: nobody more is addressed, and what is planned waits."""
    TESTING = "testing"
    """Its contents compete on a sample; the rest waits for the winner."""
    ADDRESSED = "addressed"
    """Everybody has been addressed; messages are on their way."""
    DONE = "done"
    """Every message has come to its end."""
    CANCELLED = "cancelled"


OPEN = (State.RUNNING, State.PAUSED, State.TESTING, State.ADDRESSED)
"""States in which it can still send."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a broadcast has come. Always: planned = the sum of `outcomes`.

    Once done: audience = planned + held_out + the sum of `excluded`.
    """

    key: str
    name: str
    state: State
    starts_at: Instant | None
    started_at: Instant | None
    addressed: float
    """Share of the population that was looked at, from 0 to 1."""
    audience: int
    """People found so far."""
    held_out: int
    excluded: dict[str, int]
    """People who get nothing, by reason."""
    planned: int
    outcomes: dict[str, int]
    """Messages by state of delivery, the waiting ones among them."""
    decide_at: Instant | None = None
    """When the sample is judged."""
    winner: str | None = None
    """The content that won; "" where none was clearly ahead, None while it is not decided."""
    ends_at: Instant | None = None
    """While warming up: when the last of those addressed so far is let go."""
