"""A person as questions see them.

In: a person and the program. Out: the projection the segments' tables hold.
Always true: it says the same, in the same words, as the view of the live reading.
"""

from slinga.engine.model import Person, Program
from slinga.engine.view import PersonView
from slinga.journeys.node import person_zone
from slinga.lifecycle import scores
from slinga.people.consent import permitted
from slinga.segments.projection import OwnedThing, Position, Projection

CHANNELS = ("email", "push", "sms")


def project(person: Person, program: Program) -> Projection:
    """The rows of one living person, as of the last instant applied."""
    view = PersonView(person, program, person.at)
    pairs = [key.partition(":")[::2] for key in person.consents.entries]
    return Projection(
        person=person.key,
        zone=person_zone(view).key,
        traits={name: said.value for name, said in person.profile.traits.items() if said.value is not None},
        tags=sorted(person.profile.tags),
        identified=person.profile.identified,
        reachable=[channel for channel in CHANNELS if view.reachable(channel)],
        segments=dict(person.members),
        positions=[
            Position(key, place.stage, place.status, place.since)
            for key, place in person.positions.items()
            if key in program.models
        ],
        scores={
            key: scores.read(compiled, person.scores.get(key), person.at).value
            for key, compiled in program.scores.items()
            if key in person.scores
        },
        consents={
            (channel, topic): permitted(person.consents, channel, topic, person.at)
            for channel, topic in pairs
        },
        things=[
            OwnedThing(
                thing.type,
                thing.id,
                {name: said.value for name, said in thing.attributes.items() if said.value is not None},
                thing.updated_at,
            )
            for things in person.profile.things.values()
            for thing in things.values()
            if not thing.removed_at
        ],
    )
