"""A person as questions see them.

In: a person and the program. Out: the projection the segments' tables hold.
Always true: it says the same, in the same words, as the view of the live reading.
"""

from collections.abc import Container, Mapping
from typing import Any

from slinga.engine.model import PARTS, Person, Program
from slinga.engine.view import PersonView
from slinga.journeys.node import person_zone
from slinga.kernel.clock import Instant
from slinga.lifecycle import scores
from slinga.people.consent import permitted
from slinga.segments.projection import OwnedThing, Position, Projection

CHANNELS = ("email", "push", "sms")


def project(
    person: Person,
    program: Program,
    parts: Container[str] = PARTS,
    moves: Mapping[str, Instant | None] | None = None,
) -> Projection:
    """The rows of one living person, as of the last instant applied; `parts` are those that changed.

    `moves` are the segments entered and left, where not all of them are written anew.
    """
    view = PersonView(person, program, person.at)
    profile = person.profile
    found: dict[str, Any] = {"traits": None}
    if "profile" in parts:
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
            Position(key, place.stage, place.status, place.since)
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
            OwnedThing(
                thing.type,
                thing.id,
                {name: said.value for name, said in thing.attributes.items() if said.value is not None},
                thing.updated_at,
            )
            for things in profile.things.values()
            for thing in things.values()
            if not thing.removed_at
        ]
    return Projection(person=person.key, **found)
