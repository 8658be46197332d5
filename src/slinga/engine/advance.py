"""`advance`: the pure function everything is built round.

In: a person, an input, a program. Out: the person afterwards, facts, intents, inputs for others, and the
next instant at which time alone can change something.
Always true: no clock, no socket, no database, no chance but hashes; before an input is applied all earlier
wake-ups apply at their own instants; `wake_at` is later than the instant applied, or None.
"""

from collections.abc import Iterable

from slinga.engine import rest
from slinga.engine.apply import apply, take_event
from slinga.engine.merging import handed, pass_on
from slinga.engine.model import PARTS, Batch, Outcome, Person, Program, decode, encode
from slinga.engine.settle import settle
from slinga.engine.turn import Turn
from slinga.engine.visiting import end_visit, visit_due
from slinga.ingest.model import IMPORTED, Input
from slinga.kernel.clock import DAY, SECOND, Instant
from slinga.people.model import Fact, Recorded

MOST_WAKES = 10_000
"""Wake-ups applied at one go for one person; the rest follow in the next batch."""

ROBOT = 20_000
"""Events in 24 h beyond which somebody is a robot: counted, logged, and no longer decided about that day."""


def advance(person: Person, item: Input, program: Program) -> Outcome:
    """Apply one input to a copy of the person, wake-ups before it first."""
    batch = Batch()
    copy = decode(encode(person))
    advance_many(copy, [item], program, item.at, batch)
    return Outcome(
        person=copy,
        facts=tuple(one.fact for one in batch.facts),
        intents=tuple(batch.intents),
        appends=tuple(batch.appends),
        wake_at=copy.wake_at,
    )


def advance_many(
    person: Person, items: Iterable[Input], program: Program, until: Instant, batch: Batch
) -> None:
    """Apply inputs in order to a person the caller owns, then wake-ups up to `until`; results go to `batch`.

    Inputs already applied (by `seq`) are skipped, so applying a batch twice is applying it once.
    """
    if not person.program and person.forward is None:
        person.program = program.number
    for item in items:
        if item.seq and item.seq <= person.seq:
            continue
        if person.wake_at is not None and person.wake_at <= item.at:
            wake_until(person, program, item.at, batch)
        now = max(item.at, person.at)
        if not person.created_at:  # questions see everybody, also whom nothing is known about yet
            person.created_at = now
            batch.changed[person.key] = set(PARTS)
        person.at, person.seq = now, item.seq or person.seq
        if person.forward is not None:
            pass_on(person, item, batch)
            continue
        if item.kind == "event" and _is_robot(person, now, item, batch):
            continue
        imported = item.source.startswith(IMPORTED)
        silent = imported or item.kind in ("history", "handover")
        turn = Turn(person, program, batch, now, seq=item.seq, silent=silent)
        apply(turn, item)
        if person.forward is not None or _waits_for_history(turn):
            continue
        if imported and item.body.get("more") and not handed(item):  # what is true is asked after the last
            rest.end(person, program, turn.dirty, dates=turn.dates)
            continue
        # Once two people are one, what is true of both together only now may start journeys.
        turn.silent &= imported or not (item.kind == "handover" or handed(item))
        settle(turn)
    if person.wake_at is not None and person.wake_at <= until:
        wake_until(person, program, until, batch)
    batch.people.append(person)


def wake_until(person: Person, program: Program, until: Instant, batch: Batch) -> None:
    """Apply every wake-up due at or before `until`, each at its own instant."""
    for _ in range(MOST_WAKES):
        due = person.wake_at
        if due is None or due > until or person.forward is not None:
            return
        person.at = max(person.at, due)
        turn = Turn(person, program, batch, person.at)
        ends = visit_due(person)
        if ends is not None and ends <= person.at:
            for event in end_visit(turn):
                take_event(turn, event)
        settle(turn)
        batch.wakes += 1


def _waits_for_history(turn: Turn) -> bool:
    """Whether a merged person's history is still on its way, so that deciding now would rest on half of it.

    The history follows its handover in the log. Should anything come between, a wake-up decides all the same.
    """
    person = turn.person
    if not (turn.silent and person.owed):
        return False
    person.wake_at = min(person.wake_at or turn.now + SECOND, turn.now + SECOND)
    rest.end(person, turn.program, turn.dirty, dates=turn.dates)
    return True


def _is_robot(person: Person, now: Instant, item: Input, batch: Batch) -> bool:
    if now >= person.day + DAY:
        person.day, person.events = now, 0
    person.events += 1
    if person.events == ROBOT:
        fact = Fact("robot", "", now, {"events": person.events})
        batch.facts.append(Recorded(person.key, item.seq, fact))
    return person.events >= ROBOT
