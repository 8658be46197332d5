"""Bring a person under a newer program.

In: the person, their history where it is needed, the program. Out: the person under that program.
Always true: new aggregates learn the whole past before anything is decided on them; memberships and stages
that follow start nothing; people who already match start a journey only where its publisher said so.
"""

from collections.abc import Iterable, Iterator
from heapq import merge

import msgspec

from slinga.engine.advance import wake_until
from slinga.engine.model import Batch, Person, Program
from slinga.engine.settle import settle
from slinga.engine.turn import Turn
from slinga.engine.visiting import VISIT_EVENTS
from slinga.ingest.model import Input
from slinga.journeys import migrate
from slinga.journeys.entries import Requested
from slinga.journeys.runs import Run
from slinga.journeys.triggers import OnSegment, OnStage
from slinga.kernel.clock import Instant
from slinga.people.model import Fact
from slinga.segments.features import build
from slinga.segments.moves import spoken_of
from slinga.segments.terms import Moved


def missing(person: Person, program: Program) -> bool:
    """Whether the program asks for aggregates this person does not have, so that history is needed."""
    return any(id not in person.features for id in program.features)


def adopt(
    person: Person,
    history: Iterable[Input],
    facts: Iterable[Fact],
    program: Program,
    now: Instant,
    batch: Batch,
) -> None:
    """Apply in place. `history` is the log up to `person.seq`; `facts` give the visits, not in the log.

    Both are oldest first, and are read once and only where they are needed.
    """
    wake_until(person, program, person.at, batch)
    wanted = [feature for id, feature in program.features.items() if id not in person.features]
    if wanted:
        past = merge(history, visits_of(facts), key=lambda each: (each.at, each.seq))
        numbered = (msgspec.structs.replace(each, seq=n + 1) for n, each in enumerate(past))
        person.features.update(build(wanted, numbered))
    for gone in [id for id in person.features if id not in program.features]:
        del person.features[gone]
    before, person.program = person.program, program.number
    person.rests = []
    person.at = max(now, person.at)
    turn = Turn(person, program, batch, person.at, silent=True)
    if any(key not in program.segments for key in person.members):
        turn.touch("segments")
    if any(key not in program.models for key in person.positions):
        turn.touch("positions")
    _migrate(turn)
    settle(turn)
    turn.fact("program_adopted", str(program.number), before=before)
    _start_existing(turn, before)


def visits_of(facts: Iterable[Fact]) -> Iterator[Input]:
    """The visits among facts, as the events that aggregates fold."""
    for fact in facts:
        name = VISIT_EVENTS.get(fact.kind)
        if name is not None:
            yield Input("history", fact.at, name=name, body={"properties": fact.body}, occurred_at=fact.at)


def _migrate(turn: Turn) -> None:
    """Move runs of older versions where the publisher gave a mapping."""
    person, program = turn.person, turn.program
    kept: list[Run] = []
    for run in person.runs:
        mapping = program.migrations.get(run.journey)
        live = program.journeys.get(run.journey)
        if mapping is None or live is None or run.version == live.version:
            kept.append(run)
            continue
        moved, facts = migrate.migrate_run(
            program.versions.get((run.journey, run.version)), live, run, mapping, turn.view
        )
        for fact in facts:
            turn.told(fact)
        if moved is not None:
            kept.append(moved)
    person.runs = kept


def _start_existing(turn: Turn, before: int) -> None:
    """Let people who already match into journeys whose publisher asked for that."""
    asked = False
    for key, version in turn.program.enter_existing:
        journey = turn.program.journeys.get(key)
        if journey is None or journey.version != version or key in turn.person.memory:
            continue
        if _matches(turn, journey.journey.trigger):
            turn.silent = False
            turn.happened(Requested(journey=key, by="publish"))
            asked = True
    if asked:
        settle(turn)


def _matches(turn: Turn, trigger: object) -> bool:
    if isinstance(trigger, OnSegment):
        return (trigger.key in turn.person.members) == (trigger.change == "entered")
    if isinstance(trigger, OnStage):
        position = turn.person.positions.get(trigger.model)
        if position is None or (trigger.to and position.stage not in trigger.to):
            return False
        way = None if trigger.direction == "any" else trigger.direction
        if way is None and not trigger.from_:
            return True
        came = Moved(model=trigger.model, from_=list(trigger.from_), to=[position.stage], direction=way)
        return any(map(spoken_of(came), turn.person.moves.get(trigger.model, ())))
    return False
