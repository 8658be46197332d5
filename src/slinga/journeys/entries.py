"""Entries: what has just happened, and whether it lets the person into a journey.

In: a compiled journey, its memory, its present runs and a happening. Out: a new (or restarted) run, the
memory, and facts that also say why not.
Always true: one happening starts at most one run about one thing; people held out stay held out.

The order of the questions, which is also the order of the reasons: does the trigger match; is it fresh
enough; what is it about; is a run about that already going (restart it, if it may and has sent nothing);
may the person come in again; does the condition hold; is the person held out.
The cap is not asked here: it counts runs that send, so it is asked at a run's first send (`model.Cap`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.ingest.model import Input
from slinga.journeys.compiled import Compiled
from slinga.journeys.decision import EntryRefused, Fact, HeldOut, RefusedReason, RunEntered, RunRestarted
from slinga.journeys.model import Every
from slinga.journeys.node import dig
from slinga.journeys.occurrences import Occurrence, due
from slinga.journeys.runs import arrive, newest
from slinga.journeys.state import JourneyMemory, Run, RunView
from slinga.journeys.triggers import (
    DATED,
    OnSchedule,
    OnScore,
    OnSegment,
    OnStage,
    OnStatus,
)
from slinga.kernel.calendar import add, period
from slinga.kernel.clock import Instant, iso
from slinga.kernel.ids import chance, digest
from slinga.lifecycle.model import Move
from slinga.lifecycle.scores import ScoreChanged

MOST_RUNS = 50
"""Runs of one journey that one person may have at a time."""


class SegmentChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The person came into a segment or left it."""

    key: str
    entered: bool


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody asked for this very journey: another journey, a member of the team, or a programme."""

    journey: str
    by: str
    """journey, manual or api."""
    properties: dict[str, Any] = {}


Happening = Input | Move | SegmentChanged | ScoreChanged | Requested | Occurrence


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a happening for one journey."""

    memory: JourneyMemory
    run: Run | None = None
    """The new run, or the restarted one under its old id; step it next."""
    facts: tuple[Fact, ...] = ()


class DueEntries(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a journey's dated trigger, and when it is due next."""

    memory: JourneyMemory
    runs: tuple[Run, ...] = ()
    facts: tuple[Fact, ...] = ()
    until: Instant | None = None


def enter(
    compiled: Compiled,
    memory: JourneyMemory,
    runs: Sequence[Run],
    happening: Happening,
    view: Any,
    *,
    person: str,
) -> Entered:
    """Whether a happening starts a run now (`view.now`). `runs` are the person's runs of this journey."""
    if not triggered(compiled, happening):
        return Entered(memory=memory)
    return admit(compiled, memory, runs, happening, view, person=person)


def admit(
    compiled: Compiled,
    memory: JourneyMemory,
    runs: Sequence[Run],
    happening: Happening,
    view: Any,
    *,
    person: str,
) -> Entered:
    """The same of a happening that is known to be what the trigger waits for."""
    journey, now = compiled.journey, view.now
    trigger = snapshot(happening, now)
    key, keyed = key_of(compiled, happening, trigger)
    about: dict[str, Any] = {"journey": journey.key, "version": compiled.version, "at": now, "key": key}

    def refused(reason: RefusedReason, *, until: Instant | None = None, witness: Any = None) -> Entered:
        fact = EntryRefused(**about, reason=reason, until=until, witness=witness)
        return Entered(memory=memory, facts=(fact,))

    happened_at = trigger["occurred_at_us"]
    if add(happened_at, period(journey.max_event_age), compiled.zone) < now:
        return refused("too_old", witness={"occurred_at": iso(happened_at)})
    if keyed and not key:
        return refused("no_key", witness={"key_by": journey.key_by})
    present = next((run for run in runs if run.key == key), None)
    may_restart = journey.restart_on_trigger and present is not None and not present.sends
    if present is not None and not may_restart:
        return refused("already_inside", witness={"run": present.id, "node": present.node})
    if present is None and len(runs) >= MOST_RUNS:
        return refused("too_many_runs", witness={"runs": len(runs)})
    if present is None:
        free_at = reentry_at(compiled, memory, key)
        if free_at is not None and (free_at < 0 or free_at > now):
            return refused("reentry", until=None if free_at < 0 else free_at)
    entry = memory.entries + 1
    run = Run(
        id=digest("run", person, journey.key, key, entry),
        journey=journey.key,
        version=compiled.version,
        key=key,
        entry=entry,
        entered_at=now,
        node=journey.start,
        since=now,
        trigger={name: value for name, value in trigger.items() if name != "occurred_at_us"},
    )
    features = compiled.start_features(run.trigger, happened_at)
    run = msgspec.structs.replace(run, features=features)
    witness = None
    if journey.condition is not None:
        truth = compiled.predicates["condition"].test(RunView(view, run, compiled.run_features))
        witness = truth.witness
        if not truth.value:
            return refused("condition", until=truth.until, witness=witness)
    if present is not None:
        restarted = msgspec.structs.replace(run, id=present.id, entry=present.entry, visits=present.visits)
        fact: Fact = RunRestarted(**about, run=present.id, trigger=run.trigger)
        return Entered(memory=memory, run=arrive(restarted, journey.start, now), facts=(fact,))
    held = memory.held_out
    if held is None:
        held = chance("holdout", journey.key, person) < journey.holdout
    remembered = msgspec.structs.replace(
        memory, entries=entry, last=newest({**memory.last, key: now}), held_out=held
    )
    if held:
        return Entered(memory=remembered, facts=(HeldOut(**about, entry=entry, share=journey.holdout),))
    fact = RunEntered(**about, run=run.id, entry=entry, trigger=run.trigger, witness=witness)
    return Entered(memory=remembered, run=arrive(run, journey.start, now), facts=(fact,))


def enter_due(
    compiled: Compiled, memory: JourneyMemory, runs: Sequence[Run], view: Any, *, person: str
) -> DueEntries:
    """Entries by the journey's dated trigger at `view.now`. Ask at every input and at `until`.

    An occurrence is considered once, at its instant. A date that becomes known late still counts for
    `max_event_age`, but never from before the journey's publication. A schedule takes only people who are
    there at its instant: nobody gets this morning's newsletter for signing up at noon.
    """
    journey, now = compiled.journey, view.now
    if not isinstance(journey.trigger, DATED):
        return DueEntries(memory=memory)
    oldest = max(add(now, _back(journey.max_event_age), compiled.zone), compiled.live_from - 1)
    if isinstance(journey.trigger, OnSchedule):
        oldest = max(oldest, now - 1)
    coming = due(journey.trigger, view, oldest)
    started: list[Run] = []
    facts: list[Fact] = []
    for occurrence in coming.now:
        if memory.fired.get(occurrence.key, -1) >= occurrence.at:
            continue
        memory = msgspec.structs.replace(
            memory, fired=newest({**memory.fired, occurrence.key: occurrence.at})
        )
        result = enter(compiled, memory, [*runs, *started], occurrence, view, person=person)
        memory = result.memory
        facts += result.facts
        if result.run is not None:
            started.append(result.run)
    return DueEntries(memory=memory, runs=tuple(started), facts=tuple(facts), until=coming.next_at)


def named(happening: Happening) -> str:
    """The name under which journeys that a happening may start are found; see `started_by`."""
    if isinstance(happening, Input):
        return happening.name
    if isinstance(happening, SegmentChanged):
        return f"segment:{happening.key}"
    if isinstance(happening, ScoreChanged):
        return f"score:{happening.name}"
    if isinstance(happening, Requested):
        return f"journey:{happening.journey}"
    return f"model:{happening.model}" if isinstance(happening, Move) else "date"


def started_by(compiled: Compiled) -> list[str]:
    """Every name, as `named` gives it, of what may start a journey."""
    trigger, found = compiled.journey.trigger, [f"journey:{compiled.journey.key}"]
    if isinstance(trigger, OnSegment):
        found.append(f"segment:{trigger.key}")
    elif isinstance(trigger, OnScore):
        found.append(f"score:{trigger.name}")
    elif isinstance(trigger, OnStage | OnStatus):
        found.append(f"model:{trigger.model}")
    return found + [name for feature in compiled.events.get("trigger", ()) for name in feature.names]


def triggered(compiled: Compiled, happening: Happening) -> bool:
    """Whether a happening is what the journey's trigger waits for."""
    trigger = compiled.journey.trigger
    if isinstance(happening, Input):
        wanted = "trigger" in compiled.events and happening.kind == "event"
        return wanted and compiled.matches("trigger", happening, {})
    if isinstance(happening, Requested):
        return happening.journey == compiled.journey.key
    if isinstance(happening, Occurrence):
        return isinstance(trigger, DATED)
    if isinstance(happening, SegmentChanged):
        if not isinstance(trigger, OnSegment) or trigger.key != happening.key:
            return False
        return happening.entered == (trigger.change == "entered")
    if isinstance(happening, ScoreChanged):
        if not isinstance(trigger, OnScore) or trigger.name != happening.name:
            return False
        if trigger.change == "fell_below":
            return happening.before >= trigger.value > happening.after
        return happening.before <= trigger.value < happening.after
    return _moved(trigger, happening)


def _moved(trigger: Any, move: Move) -> bool:
    if isinstance(trigger, OnStage):
        if trigger.model != move.model or move.from_stage == move.to_stage:
            return False
        if trigger.direction != "any" and trigger.direction != move.direction:
            return False
        return _among(move.to_stage, trigger.to) and _among(move.from_stage, trigger.from_)
    if isinstance(trigger, OnStatus):
        if trigger.model != move.model or move.from_status == move.to_status:
            return False
        return _among(move.to_status, trigger.to) and _among(move.from_status, trigger.from_)
    return False


def _among(value: str | None, wanted: tuple[str, ...]) -> bool:
    return not wanted or value in wanted


def snapshot(happening: Happening, now: Instant) -> dict[str, Any]:
    """What `trigger.*` means inside the run: name, properties, occurred_at; of a thing also thing, date."""
    found: dict[str, Any] = {"occurred_at_us": now}
    if isinstance(happening, Input):
        properties = happening.body.get("properties") or {}
        found |= {"name": happening.name, "properties": properties, "occurred_at_us": happening.occurred_at}
    elif isinstance(happening, SegmentChanged):
        change = "entered" if happening.entered else "left"
        found |= {"name": f"segment {change}", "properties": {"segment": happening.key}}
    elif isinstance(happening, ScoreChanged):
        values = {"score": happening.name, "before": happening.before, "after": happening.after}
        found |= {"name": "score changed", "properties": values}
    elif isinstance(happening, Requested):
        found |= {"name": f"requested by {happening.by}", "properties": happening.properties}
    elif isinstance(happening, Occurrence):
        found |= {"name": "date", "properties": {"on": happening.on}, "occurred_at_us": happening.at}
        if happening.thing is not None:
            found |= {"thing": happening.thing, "date": happening.on}
    else:
        values = {
            "model": happening.model,
            "from": happening.from_stage,
            "to": happening.to_stage,
            "from_status": happening.from_status,
            "to_status": happening.to_status,
            "cause": happening.cause,
        }
        found |= {"name": "stage changed", "properties": values}
    found["occurred_at"] = iso(found["occurred_at_us"])
    return found


def key_of(compiled: Compiled, happening: Happening, trigger: dict[str, Any]) -> tuple[str, bool]:
    """What the run would be about, and whether the journey asks for that at all."""
    if isinstance(happening, Occurrence):
        return happening.key, bool(happening.key)
    path = compiled.journey.key_by
    if path is None:
        return "", False
    value = dig(trigger, path)
    return ("" if value is None or isinstance(value, dict | list) else str(value)), True


def reentry_at(compiled: Compiled, memory: JourneyMemory, key: str) -> Instant | None:
    """When the person may come in again about a thing: None at once, -1 never."""
    last = memory.last.get(key)
    reentry = compiled.journey.reentry
    if last is None or reentry == "always":
        return None
    if isinstance(reentry, Every):
        return add(last, period(reentry.every), compiled.zone)
    return -1


def _back(text: str) -> Any:
    length = period(text)
    return msgspec.structs.replace(length, months=-length.months, micros=-length.micros)
