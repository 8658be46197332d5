"""What a definition reads, and how long its last answer holds: so that most inputs ask little.

In: conditions; what changed in a turn. Out: which answers must be asked for again.
Always true: an answer stands while nothing it reads has changed and the instant until which it holds has
not come; an engine that asks everything at every turn comes to the same facts and sends.

Names of what can change: "trait:NAME", "thing:TYPE", "identifiers", "tags", "segment:KEY", "model:KEY",
"score:KEY", and the ids of features. Consents and reachability are always asked anew: many things make them.
"""

from collections.abc import Iterable

from slinga.engine.model import Person, Program
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
        case terms.Stage() | terms.Status() | terms.InStageFor():
            return f"model:{leaf.model}"
        case terms.Score():
            return f"score:{leaf.name}"
        case terms.Event() | terms.Sequence() | terms.Reaction() | terms.Everyone():
            return ""
    return None


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
    if person.rests_of != program.number or len(person.rests) != len(program.reads):
        person.rests, person.rests_of = [UNKNOWN] * len(program.reads), program.number
    return person.rests


def end(person: Person, program: Program, dirty: set[str], *, dates: bool) -> None:
    """What changed after the turn's last look is asked about at the next one."""
    if not (dirty or dates):
        return
    rests, dated = begin(person, program), len(program.order)
    for place, read in enumerate(program.reads):
        if (dates and place >= dated) or (read is not None and not dirty.isdisjoint(read)):
            rests[place] = UNKNOWN
    dirty.clear()


def kept(until: Instant | None) -> Instant:
    """A deadline as `Person.rests` keeps it."""
    return NEVER if until is None else until
