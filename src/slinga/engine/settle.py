"""Bring a person to rest at an instant: derive, step runs, let in, send, and again until nothing moves.

In: a turn whose input has been folded. Out: the person at rest, and the next wake-up.
Always true: the order is segments, scores and stages (each after what it reads), exits and goals, runs,
entries, sends by priority; the number of rounds is bounded.
"""

from collections.abc import Iterable, Sequence

import msgspec

from slinga.engine import rest, sending
from slinga.engine.effects import carry_out, remember, tell_move
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
from slinga.segments.live import witness

MOST_ROUNDS = 24
"""Rounds at one instant; journeys that start each other for ever are cut here and say so."""

NO_MEMORY = JourneyMemory()


def settle(turn: Turn) -> None:
    """Run rounds until the person rests; sets `wake_at`."""
    for number in range(MOST_ROUNDS):
        turn.until = None
        derive(turn)
        if turn.stops:
            halt(turn)
        requests = step_runs(turn) if turn.person.runs else []
        if turn.happenings or turn.program.dated:
            requests += let_in(turn)
        turn.events.clear()
        moved = bool(requests) and sending.decide_sends(turn, requests, _go_on)
        if not moved and not turn.happenings:
            break
        if number == MOST_ROUNDS - 1:
            turn.fact("run_refused", "", reason="too_many_rounds")
            turn.happenings.clear()
    person = turn.person
    if person.closing:
        sending.watch_closing(turn)
    turn.note(rest.soonest(person))
    if person.visits.current is not None:
        turn.note(visit_due(person))
    person.wake_at = turn.until
    if turn.dirty or turn.dates:
        rest.end(person, turn.program, turn.dirty, dates=turn.dates)


def derive(turn: Turn) -> None:
    """Segments, scores and lifecycle models, each after what it reads; only those that may have changed."""
    person, program, dirty, now = turn.person, turn.program, turn.dirty, turn.now
    rest.begin(person, program)
    todo = program.always
    if person.soonest <= now:
        todo |= rest.ended(person, now)
    if todo >> len(program.reads) - 1:  # time alone may have changed what is permitted
        dirty.add("consents")
        turn.touch("consents", "profile")
    if dirty:
        rest.spread(dirty)
        if "consents" in dirty:
            rest.keep(person, len(program.reads) - 1, _consents_change(turn))
    readers = program.readers
    for name in dirty:
        todo |= readers.get(name, 0)
    todo &= (1 << len(program.order)) - 1
    if todo:
        _ask(turn, todo)
    if dirty:
        rest.stir(person, program, dirty)
        dirty.clear()


def _ask(turn: Turn, todo: int) -> None:
    """Ask what stands at these places, and at those later ones that read what changes by it."""
    person, program, dirty, view = turn.person, turn.program, turn.dirty, turn.view
    rests, members, order, asks = person.rests, person.members, program.order, program.asks
    while todo:
        bit = todo & -todo
        todo ^= bit
        place = bit.bit_length() - 1
        kind, key = order[place]
        ask = asks[place]
        if ask is not None:
            value, until, seen = ask(view)
            rests[place] = rest.NEVER if until is None else until
            if value == (key in members):
                continue
            _change_segment(turn, key, witness(seen))
        else:
            before = len(dirty)
            until = _ask_score(turn, key) if kind == "score" else _ask_model(turn, key)
            rests[place] = rest.NEVER if until is None else until
            if len(dirty) == before:
                continue
        todo |= program.readers.get(f"{kind}:{key}", 0) & -bit << 1  # only what comes later reads it
    person.soonest = rest.UNKNOWN


def _consents_change(turn: Turn) -> Instant | None:
    """When time alone may next change a consent that anybody asks for."""
    consents = turn.person.consents
    found = [changes_at(consents, channel, topic, turn.now) for channel, topic in turn.program.consents]
    return min((at for at in found if at is not None), default=None)


def _change_segment(turn: Turn, key: str, witness: object) -> None:
    members = turn.person.members
    entered = key not in members
    turn.dirty.add(f"segment:{key}")
    if entered:
        members[key] = turn.now
        turn.fact("segment_entered", key, witness=witness)
    else:
        turn.fact("segment_left", key, witness=witness, stayed_for=turn.now - members.pop(key))
    turn.batch.moves.setdefault(turn.person.key, {})[key] = members.get(key)
    turn.happened(SegmentChanged(key=key, entered=entered))


def _ask_score(turn: Turn, key: str) -> Instant | None:
    """A score fades between its deadlines, and says so whenever somebody looks."""
    compiled = turn.program.scores[key]
    advanced = scores.advance(compiled, turn.person.scores.get(key), None, turn.now)
    if advanced.state is not None:
        turn.person.scores[key] = advanced.state
    if advanced.changed is not None:
        before, after = advanced.changed.before, advanced.changed.after
        turn.fact("score_moved", key, before=before, after=after)
        turn.dirty.add(f"score:{key}")
        turn.touch("scores")
        turn.happened(advanced.changed)
    return advanced.reading.until


def _ask_model(turn: Turn, key: str) -> Instant | None:
    positions = turn.person.positions
    decided = decide.decide(turn.program.models[key], positions.get(key), turn.view)
    remember(turn, key, decided)
    for move in decided.moves:
        tell_move(turn, move)
    return decided.until


def step_runs(turn: Turn) -> list[SendRequest]:
    """Step every run that may move, the event being applied in hand; what they ask to send."""
    requests: list[SendRequest] = []
    person = turn.person
    for run in list(person.runs):
        journey = turn.program.versions.get((run.journey, run.version))
        if journey is None:  # its version is gone from the program: nothing can be decided any more
            person.runs.remove(run)
            turn.fact("run_ended", run.journey, run=run.id, key=run.key, reason="removed", node=run.node)
            continue
        if run not in person.runs:  # an effect of an earlier run stopped it
            continue
        if rest.stays(person, run.id, turn.now) and not journey.hears(run.node, turn.events):
            turn.note(person.still[run.id] or None)
            continue
        memory = person.memory.get(run.journey, NO_MEMORY)
        for event in turn.events or (None,):
            result = runs.step_run(journey, memory, run, turn.view, person=person.key, event=event)
            requests += take(turn, journey, run, result, whole=True)
            found = next((each for each in person.runs if each.id == run.id), None)
            if found is None:
                break
            run, memory = found, person.memory.get(run.journey, NO_MEMORY)
    return requests


def let_in(turn: Turn) -> list[SendRequest]:
    """Ask the live journeys that what happened may start, and those whose dates may be due."""
    requests: list[SendRequest] = []
    program, happenings, turn.happenings = turn.program, turn.happenings, []
    dated = _dated(turn)
    for key in _asked(program, happenings, dated) if happenings or dated else ():
        journey = program.journeys[key]
        for happening in happenings:
            if not entries.triggered(journey, happening):
                continue
            memory = turn.person.memory.get(key, NO_MEMORY)
            mine = [run for run in turn.person.runs if run.journey == key]
            entered = entries.admit(journey, memory, mine, happening, turn.view, person=turn.person.key)
            requests += _enter(turn, journey, entered.memory, (entered.run,), entered.facts)
        if key in dated:
            requests += _let_in_by_date(turn, journey, dated[key])
    return requests


def _dated(turn: Turn) -> dict[str, int]:
    """The dated journeys, with their places, of which an occurrence may have come."""
    program, first = turn.program, len(turn.program.order)
    if not program.dated:
        return {}
    changed, turn.dates = turn.dates, False
    places = rest.every(program) if changed else program.always | rest.ended(turn.person, turn.now)
    return {key: first + n for n, key in enumerate(program.dated) if places >> first + n & 1}


def _asked(program: Program, happenings: Sequence[Happening], dated: Iterable[str]) -> Iterable[str]:
    """The journeys, in their order, that these happenings or a date could start."""
    if not dated and len(happenings) == 1 and type(happenings[0]) is Input:  # the usual case
        return program.starting.get(happenings[0].name, ())
    found = set(dated)
    for happening in happenings:
        name = happening.name if type(happening) is Input else entries.named(happening)
        found.update(program.starting.get(name, ()))
    return sorted(found, key=program.rank.__getitem__) if len(found) > 1 else found


def _let_in_by_date(turn: Turn, journey: Journey, place: int) -> list[SendRequest]:
    """Ask a dated journey whether an occurrence has come."""
    person, key = turn.person, journey.journey.key
    memory = person.memory.get(key, NO_MEMORY)
    mine = [run for run in person.runs if run.journey == key]
    due = entries.enter_due(journey, memory, mine, turn.view, person=person.key)
    rest.keep(person, place, due.until)
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
        requests += take(turn, journey, run, result, whole=True)
    return requests


def take(
    turn: Turn, journey: Journey, run: Run, result: StepResult, *, whole: bool = False
) -> list[SendRequest]:
    """Store a step's result, carry out its effects, and step again while they change the person.

    `whole`: the run was asked everything, so that until the result's deadline it need not be asked again.
    """
    requests: list[SendRequest] = []
    person = turn.person
    while True:
        person.still.pop(run.id, None)
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
            if whole and not result.again:  # before the effects: what they change may concern this run
                person.still[run.id] = rest.kept(result.until)
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
        memory, whole = person.memory.get(run.journey, NO_MEMORY), True
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
