"""One person as questions see them: what `store.save_projection` writes in rows.

In: the engine's slices. Out: `Projection`. Always true: it holds everything the set reading can ask of a
person besides events, and says it in the same words as the `View` of the live reading.
"""

from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.segments.moves import LastMove


class OwnedThing(msgspec.Struct, frozen=True):
    """A thing as `View.things` gives it."""

    type: str
    id: str
    attributes: dict[str, Any]
    updated_at: Instant


class Position(msgspec.Struct, frozen=True):
    """Where a person stands in a lifecycle model, since when; their last moves, None where not known."""

    model: str
    stage: str
    status: str | None
    entered_at: Instant
    moves: tuple[LastMove, ...] | None = None


class RunAt(msgspec.Struct, frozen=True):
    """A run at the node where it waits: since when, and until when at most."""

    id: str
    journey: str
    version: int
    node: str
    about: str
    entered_at: Instant
    since: Instant
    due_at: Instant | None


class Projection(msgspec.Struct, frozen=True):
    """A whole person. A part that is None is left as it stands; an empty one is emptied."""

    person: str
    zone: str | None = None
    traits: dict[str, Any] | None = {}
    """None leaves zone, tags, identified and reachable as they stand too."""
    tags: list[str] = []
    identified: bool = False
    reachable: list[str] = []
    segments: dict[str, Instant] | None = None
    positions: list[Position] | None = None
    scores: dict[str, float | int] | None = None
    consents: dict[tuple[str, str], str] | None = None
    things: list[OwnedThing] | None = None
    runs: list[RunAt] | None = None
    moves: dict[str, Instant | None] | None = None
    """Instead of all segments: those entered, with the instant, and those left, with None."""
    changed: list[OwnedThing] = []
    """Instead of all things: those that changed, and in `lost` (type, id) of those that went."""
    lost: list[tuple[str, str]] = []
