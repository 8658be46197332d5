"""A person as questions see them.

In: a person and the program. Out: the projection the segments' tables hold.
Always true: it says the same, in the same words, as the view of the live reading.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from operator import is_
from typing import Any

from slinga.engine.model import PARTS, Person, Program
from slinga.engine.view import PersonView
from slinga.journeys.node import person_zone
from slinga.journeys.runs import Run
from slinga.kernel.clock import Instant
from slinga.lifecycle import scores
from slinga.people.consent import permitted
from slinga.people.model import Thing
from slinga.segments.projection import OwnedThing, Position, Projection, RunAt

CHANNELS = ("email", "push", "sms")


def project(
    person: Person,
    program: Program,
    parts: Container[str] = PARTS,
    moves: Mapping[str, Instant | None] | None = None,
    owned: Iterable[tuple[str, str]] = (),
) -> Projection:
    """The rows of one living person, as of the last instant applied; `parts` are those that changed.

    Where not all of them are written anew, `moves` are the segments entered and left, `owned` (type, id)
    of the things that changed or went.
    """
    found: dict[str, Any] = {"traits": None}
    if "profile" in parts:
        view, profile = PersonView(person, program, person.at), person.profile
        found |= {
            "zone": person_zone(view).key,
            "traits": {name: said.value for name, said in profile.traits.items() if said.value is not None},
            "tags": sorted(profile.tags),
            "identified": profile.identified,
            "reachable": [channel for channel in CHANNELS if view.reachable(channel)],
        }
    if "segments" in parts:
        found["segments"] = dict(person.members)
    elif moves:
        found["moves"] = dict(moves)
    if "positions" in parts:
        found["positions"] = [
            Position(
                key,
                place.stage,
                place.status,
                place.since,
                person.moves.get(key, ()) if person.knows_moves else None,
            )
            for key, place in person.positions.items()
            if key in program.models
        ]
    if "scores" in parts:
        found["scores"] = {
            key: scores.read(compiled, person.scores.get(key), person.at).value
            for key, compiled in program.scores.items()
            if key in person.scores
        }
    if "consents" in parts:
        found["consents"] = {
            (channel, topic): permitted(person.consents, channel, topic, person.at)
            for channel, _, topic in (key.partition(":") for key in person.consents.entries)
        }
    if "things" in parts:
        found["things"] = [
            _owned(t) for several in person.profile.things.values() for t in several.values() if _has(t)
        ]
    elif owned:
        things = person.profile.things
        those = [(kind, id, things.get(kind, {}).get(id)) for kind, id in owned]
        found["changed"] = [_owned(thing) for _, _, thing in those if thing is not None and _has(thing)]
        found["lost"] = [(kind, id) for kind, id, thing in those if thing is None or not _has(thing)]
    if "runs" in parts:
        found["runs"] = project_runs(person)
    return Projection(person=person.key, **found)


def project_runs(person: Person) -> list[RunAt]:
    """The runs that go on, each at the node where it waits."""
    return [
        RunAt(run.id, run.journey, run.version, run.node, run.key, run.entered_at, run.since, run.due)
        for run in person.runs
    ]


def moved(before: Sequence[Run], after: Sequence[Run]) -> bool:
    """Whether the rows of somebody's runs say something else than before; most runs are the same objects."""
    if len(before) == len(after) and all(map(is_, before, after)):
        return False
    return [_told(run) for run in before] != [_told(run) for run in after]


def _told(run: Run) -> tuple[Any, ...]:
    return run.id, run.version, run.node, run.since, run.due


def _has(thing: Thing) -> bool:
    return not thing.removed_at


def _owned(thing: Thing) -> OwnedThing:
    said = {name: each.value for name, each in thing.attributes.items() if each.value is not None}
    return OwnedThing(thing.type, thing.id, said, thing.updated_at)
