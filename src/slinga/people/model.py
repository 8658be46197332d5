"""A person's slice owned by `people`: who they say they are, what they own, what they allow.

Always true: every trait and attribute keeps when it was said and how far that is trusted, so folding the
same facts in any order gives the same profile.
"""

from typing import Any

import msgspec

from slinga.kernel.clock import Instant


class Said(msgspec.Struct, array_like=True):
    """A value with its instant and its trust; the greater (trust, at) wins."""

    value: Any
    at: Instant
    trust: int


class Thing(msgspec.Struct, omit_defaults=True):
    """Something a person owns or holds: a vehicle, a lease, a subscription, a flat, an order, a cart."""

    type: str
    id: str
    created_at: Instant
    updated_at: Instant
    attributes: dict[str, Said] = {}
    removed_at: Instant = 0  # 0: still theirs


class Profile(msgspec.Struct, omit_defaults=True):
    """Identifiers, traits, things and tags of one person."""

    identifiers: dict[str, list[str]] = {}
    traits: dict[str, Said] = {}
    things: dict[str, dict[str, Thing]] = {}
    tags: dict[str, Instant] = {}

    @property
    def identified(self) -> bool:
        """Whether we know who this is: by user id, e-mail address or phone."""
        return any(self.identifiers.get(kind) for kind in ("user", "email", "phone", "external"))


class Fact(msgspec.Struct, frozen=True):
    """A record of what changed. `kind` is one of FACTS; `name` the thing it is about."""

    kind: str
    name: str
    at: Instant
    body: dict[str, Any] = {}


class Recorded(msgspec.Struct, frozen=True):
    """A fact, whose it is, and the input that caused it (0: the passing of time)."""

    person: str
    seq: int
    fact: Fact


FACTS = (
    "visit_started",
    "visit_ended",
    "segment_entered",
    "segment_left",
    "stage_moved",
    "status_moved",
    "score_moved",
    "run_entered",
    "run_refused",
    "run_moved",
    "run_ended",
    "step",
    "goal_reached",
    "send_planned",
    "send_deferred",
    "send_blocked",
    "send_settled",
    "consent_moved",
    "trait_set",
    "tagged",
    "hand_over",
    "merged",
    "merge_refused",
    "program_adopted",
    "robot",
    "state_cut",
)
