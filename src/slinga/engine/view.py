"""What conditions may ask about a person: the one implementation of `segments.model.View`.

In: a person, the program, an instant. Out: answers.
Always true: reading changes nothing; the same person at the same instant gives the same answers.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from slinga.engine.model import Person, Program
from slinga.ingest.model import CLAIMED
from slinga.kernel.clock import Instant
from slinga.kernel.ids import kind_of
from slinga.lifecycle import scores
from slinga.people.consent import permitted
from slinga.segments.moves import LastMove

ADDRESS_TRAITS = {"email": "email", "sms": "phone"}
"""The trait that holds the address of a channel."""

PUSH_THING = "push_subscription"
"""Web push addresses are things: a person may have several browsers."""


def address_of(person: Person, channel: str, *, claimed: bool = False) -> str | None:
    """Where to send on a channel, or None.

    An address that only a browser claimed is none until its owner confirmed it; `claimed` lifts that for
    the confirmation itself (double opt-in).
    """
    if channel == "push":
        things = person.profile.things.get(PUSH_THING, {}).values()
        alive = [t for t in things if not t.removed_at]
        return max(alive, key=lambda t: (t.updated_at, t.id)).id if alive else None
    if channel == "webhook":
        return "webhook"
    said = person.profile.traits.get(ADDRESS_TRAITS.get(channel, channel))
    if said is None or not isinstance(said.value, str) or not said.value:
        return None
    # Nor may a browser that merely says a known person's id have an address of its own put to that name.
    if said.trust == CLAIMED and (not claimed or (person.proven and kind_of(person.key) == "user")):
        return None
    return said.value


class PersonView:
    """A person at an instant. `zone` is the workspace's: windows and dates of all people agree on it."""

    __slots__ = ("feature", "now", "person", "program", "zone")

    def __init__(self, person: Person, program: Program, now: Instant) -> None:
        self.person = person
        self.program = program
        self.now = now
        self.zone: ZoneInfo = program.zone
        self.feature: Callable[[str], Any] = person.feature

    @property
    def identified(self) -> bool:
        return self.person.profile.identified

    @property
    def entered_at(self) -> Instant | None:
        return None

    def trait(self, name: str) -> Any:
        said = self.person.profile.traits.get(name)
        return None if said is None else said.value

    def things(self, type: str) -> Iterable[Mapping[str, Any]]:
        return [
            {
                "id": thing.id,
                "type": thing.type,
                "created_at": thing.created_at,
                "updated_at": thing.updated_at,
                "attributes": {name: said.value for name, said in thing.attributes.items()},
            }
            for thing in self.person.profile.things.get(type, {}).values()
            if not thing.removed_at
        ]

    def stage(self, model: str) -> str | None:
        position = self.person.positions.get(model)
        return position.stage if position else None

    def status(self, model: str) -> str | None:
        position = self.person.positions.get(model)
        return position.status if position else None

    def since(self, model: str) -> Instant | None:
        position = self.person.positions.get(model)
        return position.since if position else None

    def moves(self, model: str) -> Iterable[LastMove] | None:
        return self.person.moves.get(model, ()) if self.person.knows_moves else None

    def score(self, name: str) -> float | int | None:
        compiled = self.program.scores.get(name)
        return (
            None if compiled is None else scores.read(compiled, self.person.scores.get(name), self.now).value
        )

    def in_segment(self, key: str) -> bool:
        return key in self.person.members

    def consent(self, channel: str, topic: str) -> str:
        return permitted(self.person.consents, channel, topic, self.now)

    def reachable(self, channel: str) -> bool:
        if channel in self.person.dead or address_of(self.person, channel) is None:
            return False
        return permitted(self.person.consents, channel, "", self.now) not in ("withdrawn", "denied")

    def tag(self, name: str) -> bool:
        return name in self.person.profile.tags

    def trigger(self, path: str) -> Any:
        return None
