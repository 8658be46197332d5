"""What a definition reads, and how long its last answer holds: so that most inputs ask little.

In: conditions; what changed in a turn. Out: which answers must be asked for again.
Always true: an answer stands while nothing it reads has changed and the instant until which it holds has
not come; an engine that asks everything at every turn comes to the same facts and sends.

Names of what can change: "trait:NAME", "thing:TYPE", "identifiers", "tags", "segment:KEY", "model:KEY",
"score:KEY", "consents", "reach" (addresses, and what stands in the way of using them), the ids of features.
Places are those of `Program.order`, then of `Program.dated`; several of them are the bits of a number, so
that an event costs nothing for what does not listen to it.
"""

from collections.abc import Iterable, Sequence

import msgspec

from slinga.engine.model import Person, Program
from slinga.engine.view import ADDRESS_TRAITS, PUSH_THING
from slinga.journeys.compiled import Compiled
from slinga.journeys.nodes import NODES
from slinga.journeys.triggers import OnThingDate
from slinga.kernel.clock import Instant
from slinga.segments import terms
from slinga.segments.live import Predicate

UNKNOWN, NEVER = -1, 0
"""In `Person.rests`: the answer is not known; it holds until something changes."""


def reads(predicates: Iterable[Predicate]) -> frozenset[str] | None:
    """What conditions read; None where only asking tells whether the answer changed."""
    found: set[str] = set()
    for predicate in predicates:
        found.update(feature.id for feature in predicate.features)
        for leaf in terms.leaves(predicate.condition):
            name = _read(leaf)
            if name is None:
                return None
            if name:
                found.add(name)
    return frozenset(found)


def _read(leaf: terms.Condition) -> str | None:
    match leaf:
        case terms.Trait() | terms.Date():
            return f"trait:{leaf.name.split('.')[0]}"
        case terms.Thing():
            return f"thing:{leaf.type}"
        case terms.Tag():
            return "tags"
        case terms.Identified():
            return "identifiers"
        case terms.InSegment():
            return f"segment:{leaf.key}"
        case terms.Stage() | terms.Status() | terms.InStageFor() | terms.Moved():
            return f"model:{leaf.model}"
        case terms.Score():
            return f"score:{leaf.name}"
        case terms.Consent():
            return "consents"
        case terms.Reachable():
            return "reach"
        case terms.Event() | terms.Sequence() | terms.Reaction() | terms.Everyone() | terms.Trigger():
            return ""
    return None


REACH = frozenset(
    {"identifiers", "consents", f"thing:{PUSH_THING}", *(f"trait:{t}" for t in ADDRESS_TRAITS.values())}
)
"""What reachability follows from besides dead addresses and who vouched for somebody."""


def spread(dirty: set[str]) -> None:
    """Add what follows from the names of what changed."""
    if not dirty.isdisjoint(REACH):
        dirty.add("reach")


def readers(reads: Sequence[frozenset[str] | None], scores: Sequence[int]) -> tuple[dict[str, int], int]:
    """The places that read each name, and those asked at every turn: scores, and what reads anything."""
    found: dict[str, int] = {}
    always = 0
    for place, names in enumerate(reads):
        if names is None or place in scores:
            always |= 1 << place
        for name in names or ():
            found[name] = found.get(name, 0) | 1 << place
    return found, always


def of_run(compiled: Compiled) -> dict[str, frozenset[str] | None]:
    """What a run reads while it rests at each node: its goal, exit and thing, and the node's conditions."""
    journey = compiled.journey
    header = [compiled.predicates[path] for path in ("goal.condition", "exit") if path in compiled.predicates]
    about = {"trait:timezone"}
    if isinstance(journey.trigger, OnThingDate):
        about.add(f"thing:{journey.trigger.type}")
    found: dict[str, frozenset[str] | None] = {}
    for key, node in journey.nodes.items():
        own = [compiled.predicates[f"nodes.{key}.{slot}"] for slot in node.conditions()]
        read = reads([*header, *own]) if isinstance(node, NODES) else None
        found[key] = None if read is None else read | about
    return found


def consents(predicates: Iterable[Predicate]) -> set[tuple[str, str]]:
    """Channels and topics whose consent conditions ask for."""
    found: set[tuple[str, str]] = set()
    for predicate in predicates:
        for leaf in terms.leaves(predicate.condition):
            if isinstance(leaf, terms.Consent):
                found.add((leaf.channel, leaf.topic))
            elif isinstance(leaf, terms.Reachable):
                found.add((leaf.channel, ""))
    return found


def begin(person: Person, program: Program) -> list[Instant]:
    """The person's rests, all unknown where they were kept for another set of definitions."""
    if person.rests_of != program.basis or len(person.rests) != len(program.reads):
        person.rests, person.rests_of = [UNKNOWN] * len(program.reads), program.basis
        person.still, person.soonest = {}, UNKNOWN
        for gone in [key for key in person.members if key not in program.segments]:
            del person.members[gone]
    return person.rests


def ended(person: Person, now: Instant) -> int:
    """The places whose answers are unknown or hold no longer."""
    if person.soonest > now or person.soonest == NEVER:
        return 0
    found, bit = 0, 1
    for holds in person.rests:
        if holds <= now and holds != NEVER:
            found |= bit
        bit <<= 1
    return found


def keep(person: Person, place: int, until: Instant | None) -> None:
    """Remember how long the answer of a place holds."""
    person.rests[place] = NEVER if until is None else until
    person.soonest = UNKNOWN


def soonest(person: Person) -> Instant | None:
    """How long all answers hold that are known."""
    if person.soonest == UNKNOWN:
        found = min([holds for holds in person.rests if holds > 0], default=NEVER)
        if UNKNOWN in person.rests:
            return found or None
        person.soonest = found
    return person.soonest or None


def stays(person: Person, run: str, now: Instant) -> bool:
    """Whether a run is known to stay where it is, but for an event that it waits for."""
    holds = person.still.get(run, UNKNOWN)
    return holds > now or holds == NEVER


def stir(person: Person, program: Program, names: set[str]) -> None:
    """Runs that read any of this may move, however long they were to stay where they are."""
    for run in (*person.runs, *person.closing) if person.still else ():
        if run.id in person.still:
            journey = program.versions.get((run.journey, run.version))
            read = None if journey is None else journey.reads.get(run.node)
            if read is None or not names.isdisjoint(read):
                del person.still[run.id]


def end(person: Person, program: Program, dirty: set[str], *, dates: bool) -> None:
    """What changed after the turn's last look is asked about at the next one."""
    if not (dirty or dates):
        return
    rests = begin(person, program)
    spread(dirty)
    stir(person, program, dirty)
    places = (
        every(program) >> 1 & -1 << len(program.order) if dates else 0
    )  # the last one, consents, reads none
    for name in dirty:
        places |= program.readers.get(name, 0)
    for place in range(len(rests)):
        if places >> place & 1:
            rests[place] = person.soonest = UNKNOWN
    dirty.clear()


def every(program: Program) -> int:
    """All places."""
    return (1 << len(program.reads)) - 1


def kept(until: Instant | None) -> Instant:
    """A deadline as `Person.still` keeps it."""
    return NEVER if until is None else until


def eager(program: Program) -> Program:
    """The same program, asking everything at every turn: the yardstick, and for whoever watches it think."""
    versions = {name: msgspec.structs.replace(each, reads={}) for name, each in program.versions.items()}
    journeys = {key: versions[key, each.version] for key, each in program.journeys.items()}
    return msgspec.structs.replace(program, always=every(program), versions=versions, journeys=journeys)


def without_journeys(program: Program) -> Program:
    """The same people, with nothing that could start: for a past in which the journeys were not there yet."""
    reads = (*program.reads[: len(program.order)], *program.reads[-1:])
    return msgspec.structs.replace(program, journeys={}, dated=(), starting={}, reads=reads)
