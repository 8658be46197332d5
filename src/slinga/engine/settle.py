"""Bring a person to rest at an instant: derive, step runs, let in, send, and again until nothing moves.

In: a turn whose input has been folded. Out: the person at rest, and the next wake-up.
Always true: the order is segments, scores and stages (each after what it reads), exits and goals, runs,
entries, sends by priority; the number of rounds is bounded.
"""

from collections.abc import Iterable

import msgspec

from slinga.engine import rest, sending
from slinga.engine.effects import carry_out, tell_move
from slinga.engine.model import Program
from slinga.engine.turn import Turn
from slinga.engine.visiting import visit_due
from slinga.ingest.model import Input
from slinga.journeys import entries, runs
from slinga.journeys.compiled import Compiled as Journey
from slinga.journeys.decision import Effect, SendRequest
from slinga.journeys.entries import Happening, SegmentChanged
from slinga.journeys.runs import JourneyMemory, Run, StepResult
from slinga.kernel.clock import Instant
from slinga.lifecycle import decide, scores
from slinga.people.consent import changes_at

MOST_ROUNDS = 24
"""Rounds at one instant; journeys that start each other for ever are cut here and say so."""

NO_MEMORY = JourneyMemory()


def settle(turn: Turn) -> None:
    """Run rounds until the person rests; sets `wake_at`."""
    for number in range(MOST_ROUNDS):
        turn.until = None
        derive(turn)
        halt(turn)
        requests = step_runs(turn)
        requests += let_in(turn)
        turn.events.clear()
        moved = sending.decide_sends(turn, requests, _go_on)
        if not moved and not turn.happenings:
            break
        if number == MOST_ROUNDS - 1:
            turn.fact("run_refused", "", reason="too_many_rounds")
            turn.happenings.clear()
    sending.watch_closing(turn)
    turn.note(visit_due(turn.person))
    turn.person.wake_at = turn.until
    rest.end(turn.person, turn.program, turn.dirty, dates=turn.dates)


def derive(turn: Turn) -> None:
    """Segments, scores and lifecycle models, each after what it reads."""
    person, program, dirty, now = turn.person, turn.program, turn.dirty, turn.now
    rests = rest.begin(person, program)
    for place, (kind, key) in enumerate(program.order):
        if kind == "score":  # fades between its deadlines, and says so whenever somebody looks
            _change_score(turn, key)
            continue
        read, holds = program.reads[place], rests[place]
        if read is not None and (holds > now or holds == rest.NEVER) and dirty.isdisjoint(read):
            if holds:
                turn.note(holds)
            continue
        if kind == "segment":
            value, until, witness = program.segments[key].ask(turn.view)
            if value != (key in person.members):
                _change_segment(turn, key, witness)
        else:
            until = _change_stage(turn, key)
        turn.note(until)
        rests[place] = rest.kept(until)
    dirty.clear()
    for channel, topic in program.consents:
        turn.note(changes_at(person.consents, channel, topic, now))
    for key in [k for k in person.members if k not in program.segments]:
        del person.members[key]
        dirty.add(f"segment:{key}")


def _change_segment(turn: Turn, key: str, witness: object) -> None:
    members = turn.person.members
    entered = key not in members
    turn.dirty.add(f"segment:{key}")
    if entered:
        members[key] = turn.now
        turn.fact("segment_entered", key, witness=witness)
    else:
        turn.fact("segment_left", key, witness=witness, stayed_for=turn.now - members.pop(key))
    turn.touch()
    turn.happened(SegmentChanged(key=key, entered=entered))


def _change_score(turn: Turn, key: str) -> None:
    compiled = turn.program.scores[key]
    advanced = scores.advance(compiled, turn.person.scores.get(key), None, turn.now)
    turn.note(advanced.reading.until)
    if advanced.state is not None:
        turn.person.scores[key] = advanced.state
    if advanced.changed is not None:
        before, after = advanced.changed.before, advanced.changed.after
        turn.fact("score_moved", key, before=before, after=after)
        turn.dirty.add(f"score:{key}")
        turn.touch()
        turn.happened(advanced.changed)


def _change_stage(turn: Turn, key: str) -> Instant | None:
    positions = turn.person.positions
    decided = decide.decide(turn.program.models[key], positions.get(key), turn.view)
    positions[key] = decided.position
    for move in decided.moves:
        tell_move(turn, move)
    return decided.until


def step_runs(turn: Turn) -> list[SendRequest]:
    """Step every run, the event being applied in hand; what they ask to send."""
    requests: list[SendRequest] = []
    for run in list(turn.person.runs):
        journey = turn.program.versions.get((run.journey, run.version))
        if journey is None:  # its version is gone from the program: nothing can be decided any more
            turn.person.runs.remove(run)
            turn.fact("run_ended", run.journey, run=run.id, key=run.key, reason="removed", node=run.node)
            continue
        if run not in turn.person.runs:  # an effect of an earlier run stopped it
            continue
        memory = turn.person.memory.get(run.journey, NO_MEMORY)
        for event in turn.events or (None,):
            result = runs.step_run(journey, memory, run, turn.view, person=turn.person.key, event=event)
            requests += take(turn, journey, run, result)
            found = next((each for each in turn.person.runs if each.id == run.id), None)
            if found is None:
                break
            run, memory = found, turn.person.memory.get(run.journey, NO_MEMORY)
    return requests


def let_in(turn: Turn) -> list[SendRequest]:
    """Ask every live journey whether what happened starts it, and whether its dates are due."""
    requests: list[SendRequest] = []
    program, happenings, turn.happenings = turn.program, turn.happenings, []
    dates, turn.dates = turn.dates, False
    for key in _asked(program, happenings):
        journey = program.journeys[key]
        for happening in happenings:
            if not entries.triggered(journey, happening):
                continue
            memory = turn.person.memory.get(key, NO_MEMORY)
            mine = [run for run in turn.person.runs if run.journey == key]
            entered = entries.enter(journey, memory, mine, happening, turn.view, person=turn.person.key)
            requests += _enter(turn, journey, entered.memory, (entered.run,), entered.facts)
        if key in program.dated:
            requests += _let_in_by_date(turn, journey, changed=dates)
    return requests


def _asked(program: Program, happenings: Iterable[Happening]) -> Iterable[str]:
    """The journeys, in their order, that these happenings or a date could start."""
    found = set(program.dated)
    for happening in happenings:
        if not isinstance(happening, Input):
            return program.journeys
        found |= program.starting.get(happening.name, frozenset())
    return [key for key in program.journeys if key in found] if found else ()


def _let_in_by_date(turn: Turn, journey: Journey, *, changed: bool) -> list[SendRequest]:
    """Ask a dated journey whether an occurrence has come; not where nothing can have changed."""
    person, program, key = turn.person, turn.program, journey.journey.key
    rests = rest.begin(person, program)
    place = len(program.order) + program.dated.index(key)
    holds = rests[place]
    if program.reads[place] is not None and not changed and (holds > turn.now or holds == rest.NEVER):
        turn.note(holds or None)
        return []
    memory = person.memory.get(key, NO_MEMORY)
    mine = [run for run in person.runs if run.journey == key]
    due = entries.enter_due(journey, memory, mine, turn.view, person=person.key)
    turn.note(due.until)
    rests[place] = rest.kept(due.until)
    if turn.silent:
        if due.memory is not memory:  # what fell due in the past is passed over, and stays so
            person.memory[key] = msgspec.structs.replace(memory, fired=due.memory.fired)
        return []
    return _enter(turn, journey, due.memory, due.runs, due.facts)


def _enter(
    turn: Turn,
    journey: Journey,
    memory: JourneyMemory,
    started: Iterable[Run | None],
    facts: Iterable[object],
) -> list[SendRequest]:
    person, requests = turn.person, []
    if memory is not person.memory.get(journey.journey.key, NO_MEMORY):
        person.memory[journey.journey.key] = memory
    for fact in facts:
        turn.told(fact)
    for run in started:
        if run is None:
            continue
        person.runs[:] = [old for old in person.runs if old.id != run.id]
        person.runs.append(run)
        memory = person.memory.get(run.journey, NO_MEMORY)
        result = runs.step_run(journey, memory, run, turn.view, person=person.key)
        requests += take(turn, journey, run, result)
    return requests


def take(turn: Turn, journey: Journey, run: Run, result: StepResult) -> list[SendRequest]:
    """Store a step's result, carry out its effects, and step again while they change the person."""
    requests: list[SendRequest] = []
    person = turn.person
    while True:
        if result.memory is not person.memory.get(run.journey, NO_MEMORY):
            person.memory[run.journey] = result.memory
        for fact in result.facts:
            turn.told(fact)
        turn.note(result.until)
        place = next((n for n, old in enumerate(person.runs) if old.id == run.id), None)
        if place is None:
            return requests
        if result.run is None:
            del person.runs[place]
            sending.cancel(turn, result.cancel)
            if not result.cancel and result.ended is not None:
                sending.close(turn, result.ended)
        else:
            person.runs[place] = result.run
        effects: list[Effect] = []
        for effect in result.effects:
            if isinstance(effect, SendRequest):
                requests.append(effect)
            else:
                effects.append(effect)
        for effect in effects:
            carry_out(turn, effect)
        halt(turn)
        if effects:  # also those of a run's last node change segments, scores and stages
            derive(turn)
            halt(turn)
        if not result.again or result.run is None:
            return requests
        if not any(old.id == run.id for old in person.runs):
            return requests
        memory = person.memory.get(run.journey, NO_MEMORY)
        result = runs.step_run(journey, memory, result.run, turn.view, person=person.key)


def _go_on(turn: Turn, run: Run, result: StepResult) -> list[SendRequest]:
    return take(turn, turn.program.versions[run.journey, run.version], run, result)


def halt(turn: Turn) -> None:
    """Stop the journeys that effects and stages asked to stop."""
    while turn.stops:
        key, about = turn.stops.pop(0)
        stop(turn, key, about)


def stop(turn: Turn, key: str, about: str | None, reason: str = "stopped") -> None:
    """End the person's runs of a journey, or the one about a thing; what has not left yet never will."""
    for run in [r for r in turn.person.runs if r.journey == key and about in (None, r.key)]:
        journey = turn.program.versions.get((run.journey, run.version))
        if journey is None:
            continue
        memory = turn.person.memory.get(key, NO_MEMORY)
        result = runs.stop_run(
            journey,
            memory,
            run,
            turn.view,
            person=turn.person.key,
            reason=reason,  # type: ignore[arg-type]
        )
        take(turn, journey, run, result)
