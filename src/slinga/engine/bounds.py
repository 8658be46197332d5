"""How large a person's state may become.

In: a person after a batch. Out: the state as stored, below LARGEST bytes.
Always true: what is let go of is what decisions miss least, oldest first, and a fact says so; traits,
consents, memberships, positions, scores and runs are never cut.
"""

from collections.abc import Callable

from slinga.engine.model import Batch, Person, encode
from slinga.people.model import Fact, Recorded

LARGEST = 64_000
"""Bytes of a state, encoded."""


def _viewed(person: Person) -> None:
    kept = sorted(person.visits.viewed.items(), key=lambda each: (each[1].last_at, each[0]))
    person.visits.viewed = dict(kept[len(kept) // 2 + 1 :])


def _once(person: Person) -> None:
    del person.once[: len(person.once) // 2 + 1]


def _things(person: Person) -> None:
    """Half of the things of the most numerous type: those that were touched longest ago."""
    things = person.profile.things
    kind = max(things, key=lambda each: (len(things[each]), each))
    kept = sorted(things[kind].values(), key=lambda thing: (thing.updated_at, thing.id))
    things[kind] = {thing.id: thing for thing in kept[len(kept) // 2 + 1 :]}


_CUTS: tuple[tuple[str, Callable[[Person], int], Callable[[Person], None]], ...] = (
    ("products looked at", lambda person: len(person.visits.viewed), _viewed),
    (
        "things",
        lambda person: max((len(each) for each in person.profile.things.values()), default=0),
        _things,
    ),
    ("orders remembered", lambda person: len(person.once), _once),
)


def bounded(person: Person, batch: Batch) -> bytes:
    """The state as stored; what it no longer holds is in a fact of `batch`."""
    state = encode(person)
    if len(state) <= LARGEST:
        return state
    before, cut = len(state), []
    for name, size, halve in _CUTS:
        while len(state) > LARGEST and size(person) > 1:
            halve(person)
            state = encode(person)
            if name not in cut:
                cut.append(name)
    body = {"bytes": before, "kept": len(state), "cut": cut}
    batch.facts.append(Recorded(person.key, person.seq, Fact("state_cut", "", person.at, body)))
    return state
