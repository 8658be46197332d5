"""How large a person's state may become.

In: a person after a batch. Out: the state as stored, below LARGEST bytes.
Always true: what is let go of is what decisions miss least, oldest first, and a fact says so: products
looked at, things, orders, then what runs remember of the event that started them, the largest value first,
then the older half of the largest aggregate, whereupon everything is asked anew. Traits, consents,
memberships, positions, scores and runs themselves are never cut.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from slinga.engine.model import Batch, Person, encode
from slinga.journeys.runs import Run
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


def _size(value: Any) -> int:
    return len(msgspec.msgpack.encode(value))


SMALL = 64
"""Bytes of a value or an aggregate that is not worth cutting."""


def _largest_value(run: Run) -> tuple[int, str]:
    properties = run.trigger.get("properties") or {}
    return max(((_size(value), name) for name, value in properties.items()), default=(0, ""))


def _snapshots(person: Person) -> int:
    sizes = [_largest_value(run)[0] for run in (*person.runs, *person.closing)]
    return max(sizes, default=0) // SMALL + 1


def _snapshot(person: Person) -> None:
    """Of all values that runs keep of the events that started them, the largest."""
    several = person.runs if person.runs else person.closing
    for runs in (person.runs, person.closing):
        if max(map(_largest_value, runs), default=(0, "")) > max(map(_largest_value, several)):
            several = runs
    place = max(range(len(several)), key=lambda n: _largest_value(several[n]))
    run = several[place]
    _, gone = _largest_value(run)
    kept = {name: value for name, value in run.trigger["properties"].items() if name != gone}
    several[place] = msgspec.structs.replace(run, trigger={**run.trigger, "properties": kept})


def _largest_aggregate(person: Person) -> tuple[int, str]:
    return max(((_size(person.feature(id)), id) for id in person.features), default=(0, ""))


def _aggregates(person: Person) -> int:
    size, id = _largest_aggregate(person)
    return size // SMALL + 1 if id and _halved(person.feature(id)) is not None else 0


def _aggregate(person: Person) -> None:
    """The older half of the largest aggregate; what it answered is not known any more."""
    _, id = _largest_aggregate(person)
    person.features[id] = _halved(person.feature(id))
    person.rests = []


def _halved(state: Any) -> Any:
    """An aggregate without its older half, entries ascending by instant; None where nothing can be halved."""
    if isinstance(state, dict):
        kept = sorted(state.items(), key=lambda each: (_last(each[1]), each[0]))
        return dict(kept[len(kept) // 2 :]) if len(kept) > 1 else None
    if not isinstance(state, list) or not state:
        return None
    if len(state) > 3:
        return state[len(state) // 2 :]
    place = max(range(len(state)), key=lambda n: _size(state[n]))
    part = _halved(state[place])
    return None if part is None else [*state[:place], part, *state[place + 1 :]]


def _last(value: Any) -> Any:
    return value[-1] if isinstance(value, list) else value


_CUTS: tuple[tuple[str, Callable[[Person], int], Callable[[Person], None]], ...] = (
    ("products looked at", lambda person: len(person.visits.viewed), _viewed),
    (
        "things",
        lambda person: max((len(each) for each in person.profile.things.values()), default=0),
        _things,
    ),
    ("orders remembered", lambda person: len(person.once), _once),
    ("what started runs", _snapshots, _snapshot),
    ("aggregates", _aggregates, _aggregate),
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
