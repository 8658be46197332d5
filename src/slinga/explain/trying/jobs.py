"""Try a journey as one person: what would happen to them from now on, from a later or from a past instant.

In: a connection, drafts, a journey, a person's key, an instant. Out: steps and messages with their instants.
Always true: nothing is written; the drafts are published in a transaction that is always undone; a past
instant finds the person as a replay of their recorded life finds them then.
"""

from collections.abc import Iterable, Sequence

from slinga.engine.adopting import adopt
from slinga.engine.advance import advance_many
from slinga.engine.jobs import Definition, load, person_of, publish
from slinga.engine.model import Batch, Program
from slinga.engine.replay import Point, play
from slinga.engine.tryout import Tried, try_out
from slinga.explain.jobs import case_of
from slinga.ingest.model import Input
from slinga.kernel.calendar import Period, add
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Missing
from slinga.runtime.db import Db


def try_journey(
    db: Db,
    definitions: Sequence[Definition],
    journey: str,
    person: str,
    length: Period,
    *,
    at: Instant | None = None,
) -> Tried:
    """What would happen to a person in a journey, with these drafts in force; nothing is written.

    They come in `at` an instant, or now, and stay silent from then on (up to a later one, too). Where events
    start the journey, their last such event gives its properties. Raises Missing for somebody who is, or was
    then, unknown; Invalid for a draft that would not publish.
    """
    with db.transaction(force_rollback=True):
        known = person_of(db, person)
        case = case_of(db, known.key if known else person)
        at = case.now if at is None else at
        past = [item for item in case.life.inputs if item.at <= at]
        program = load(db, publish(db, definitions))
        if at < case.now:
            played = play(case.life, case.load, Point(at))
            found, facts = played.person, played.facts
        else:
            found, facts = case.person, list(case.life.facts)
            pending = [item for item in past if item.seq > found.seq]
            advance_many(found, pending, case.program, case.now, Batch())
            advance_many(found, [], case.program, at, Batch())
        if not found.at:
            raise Missing("They were not known yet at that time. Choose a later one.", field="at")
        adopt(found, past, [one.fact for one in facts], program, at, Batch())
        last = _last(program, journey, past)
        return try_out(found, program, journey, at, add(at, length, program.zone), last)


def _last(program: Program, journey: str, past: Iterable[Input]) -> Input | None:
    """The person's last event that starts this journey."""
    compiled = program.journeys.get(journey)
    if compiled is None or "trigger" not in compiled.events:
        return None
    several = (item for item in past if item.kind in ("event", "history"))
    fitting = [item for item in several if compiled.matches("trigger", item, {})]
    return max(fitting, key=lambda item: item.occurred_at, default=None)
