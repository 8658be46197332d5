"""Whether a person's rows are what their state says.

In: states, rows, ledgers. Out: what differs, in words.
Always true: pure; scores are left out, which fade between their deadlines.
"""

from collections.abc import Sequence
from typing import Any

from slinga.engine.model import Person, Program
from slinga.engine.projecting import project
from slinga.kernel.clock import Instant
from slinga.people.consent import Consents, fold, state
from slinga.people.ledger import Recorded, as_input, broken
from slinga.segments.moves import rows as move_rows

Rows = dict[str, list[tuple[Any, ...]]]


def folded(rows: Sequence[Recorded]) -> Consents:
    """The ledger of a person and of those merged into them, folded."""
    held = Consents()
    for row in sorted(rows, key=lambda each: (each.occurred_at, each.recorded_at, each.n)):
        held = fold(held, as_input(row))
    return held


def consents_differ(person: Person, rows: Sequence[Recorded], now: Instant) -> str:
    """Where what the state holds is not what the ledger says; "" where they agree."""
    held = folded(rows)
    for place in sorted({*person.consents.entries, *held.entries}):
        channel, _, topic = place.partition(":")
        ours, theirs = state(person.consents, channel, topic, now), state(held, channel, topic, now)
        if ours != theirs:
            return f"person {person.key}: {place} is {ours}, the ledger says {theirs}"
    return ""


def withheld(rows: Sequence[Recorded], channel: str, topic: str, at: Instant) -> bool:
    """Whether the ledger, as it was recorded before an instant, forbade a channel and topic then."""
    known = [row for row in rows if row.recorded_at < at]
    return state(folded(known), channel, topic, at) in ("withdrawn", "denied")


def chain_broken(person: str, rows: Sequence[Recorded]) -> str:
    """Where a person's chain does not verify; "" where it does."""
    at = broken(rows)
    return f"person {person}: the chain breaks at row {at}" if at else ""


def rows_differ(
    person: Person, program: Program, profiles: Rows, memberships: Rows, positions: Rows, things: Rows
) -> str:
    """Where the rows that questions read are not the projection of the state; "" where they agree."""
    wanted, key = project(person, program), person.key
    pairs: list[tuple[str, Any, Any]] = [
        (
            "profile",
            [(wanted.zone, wanted.traits, wanted.tags, wanted.identified, sorted(wanted.reachable))],
            [
                (zone, traits, tags, known, sorted(reach))
                for zone, traits, tags, known, reach in profiles.get(key, [])
            ],
        ),
        ("segments", sorted((wanted.segments or {}).items()), sorted(memberships.get(key, []))),
        (
            "stages",
            sorted(
                (p.model, p.stage, p.status or "", p.entered_at, move_rows(p.moves))
                for p in wanted.positions or []
            ),
            sorted(
                (model, stage, status or "", *rest) for model, stage, status, *rest in positions.get(key, [])
            ),
        ),
        (
            "things",
            sorted((thing.type, thing.id) for thing in wanted.things or []),
            sorted((type_, id_) for type_, id_, _ in things.get(key, [])),
        ),
    ]
    for name, ours, theirs in pairs:
        if ours != theirs:
            return f"person {key}: {name} are {theirs!r:.200}, the state says {ours!r:.200}"
    return ""
