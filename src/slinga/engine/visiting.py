"""Visits inside the engine: their events feed aggregates and start journeys like any other.

In: inputs, or the instant at which a visit ends by itself. Out: visit facts and visit events.
Always true: a visit's event carries the instant it happened at, which may lie before the turn's.
"""

from collections.abc import Iterable

from slinga.engine.model import Person
from slinga.engine.turn import Turn
from slinga.ingest.model import PROVEN, Input
from slinga.kernel.clock import Instant
from slinga.people import visits
from slinga.people.model import Fact, Recorded

VISIT_EVENTS = {"visit_started": visits.STARTED, "visit_ended": visits.ENDED}
"""Fact kinds of visits and the events they are."""

_KINDS = {event: kind for kind, event in VISIT_EVENTS.items()}


def visit_due(person: Person) -> Instant | None:
    """When the present visit ends if nothing more happens."""
    return visits.due(person.visits)


def produced_by(turn: Turn, item: Input) -> list[Input]:
    """Let an event act on the visit; the visit events that follow, already recorded as facts."""
    turn.person.visits, produced = visits.fold(turn.person.visits, item)
    return _recorded(turn, produced)


def end_visit(turn: Turn) -> list[Input]:
    """End the visit that time has ended."""
    turn.person.visits, produced = visits.end(turn.person.visits, turn.now)
    return _recorded(turn, produced)


def _recorded(turn: Turn, produced: Iterable[visits.Produced]) -> list[Input]:
    events: list[Input] = []
    for one in produced:
        fact = Fact(_KINDS[one.name], "", one.at, one.properties)
        turn.batch.facts.append(Recorded(turn.person.key, turn.seq, fact))
        events.append(
            Input(
                "event",
                turn.now,
                seq=turn.seq,
                name=one.name,
                body={"properties": one.properties},
                trust=PROVEN,
                occurred_at=one.at,
            )
        )
    return events
