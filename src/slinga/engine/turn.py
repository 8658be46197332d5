"""One instant of one person: what is being gathered while an input or a wake-up is applied.

In: the person, the program, the instant. Out: facts, intents and deadlines, in the order they arose.
Always true: a turn changes only the person it was made for, and reads nothing but its arguments.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from slinga.engine.model import PARTS, Batch, Person, Program, decode_feature
from slinga.engine.view import PUSH_THING, PersonView
from slinga.ingest.model import Input, New
from slinga.journeys.entries import Happening
from slinga.kernel.clock import Instant
from slinga.people.model import Fact, Recorded
from slinga.people.profile import owned_of

PUSH = f"thing:{PUSH_THING}"
"""A thing that is an address as well."""

_NEW = object()


class Turn:
    """The instant being applied. `silent`: state is built, nothing is started (history, merges)."""

    __slots__ = (
        "batch", "dates", "dirty", "events", "happenings", "now", "person", "program",
        "seq", "silent", "stops", "until", "view",
    )  # fmt: skip

    def __init__(
        self,
        person: Person,
        program: Program,
        batch: Batch,
        now: Instant,
        *,
        seq: int = 0,
        silent: bool = False,
    ) -> None:
        self.person = person
        self.program = program
        self.batch = batch
        self.now = now
        self.seq = seq
        self.silent = silent
        self.view = PersonView(person, program, now)
        self.events: list[Input] = []
        """Events being applied at this instant, in order; waits for an event look at them."""
        self.happenings: list[Happening] = []
        self.stops: list[tuple[str, str | None]] = []
        """Journeys to stop, wholly or about one thing, once the present step is done."""
        self.until: Instant | None = None
        self.dirty: set[str] = set()
        """What changed since segments, scores and stages were last derived; names as in `engine.rest`."""
        self.dates = False
        """Whether anything changed that a date may be read from, since dated journeys were last asked."""

    def note(self, until: Instant | None) -> None:
        """Remember a deadline: the earliest one becomes the wake-up."""
        if until is not None and (self.until is None or until < self.until):
            self.until = until

    def fact(self, kind: str, name: str, /, **body: Any) -> None:
        """Record what changed."""
        self.batch.facts.append(Recorded(self.person.key, self.seq, Fact(kind, name, self.now, body)))

    def told(self, fact: Any) -> None:
        """Record a fact another stage made; its tag is the kind, its journey or model the name."""
        body = msgspec.to_builtins(fact)
        kind = body.pop("fact")
        body.pop("at", None)
        name = body.get("journey") or body.get("model") or ""
        self.batch.facts.append(Recorded(self.person.key, self.seq, Fact(kind, name, self.now, body)))

    def happened(self, happening: Happening) -> None:
        """Something that may start a journey."""
        if not self.silent:
            self.happenings.append(happening)

    def touch(self, *parts: str) -> None:
        """What questions see of this person changed: these of `model.PARTS`, or without any named, all."""
        self.batch.changed.setdefault(self.person.key, set()).update(parts or PARTS)

    def changed(self, names: Iterable[str]) -> None:
        """Traits, things, tags or identifiers changed."""
        self.dates = True
        for name in names:
            if name.startswith("own:"):
                self.batch.owned.setdefault(self.person.key, set()).add(owned_of(name))
                continue
            self.dirty.add(name)
            if name == PUSH or not name.startswith("thing:"):
                self.touch("profile")

    def anew(self) -> None:
        """So much changed that nothing known about this person holds any more."""
        self.person.rests = []
        self.touch()

    def append(self, item: New) -> None:
        """An input for another person, or a later one for this."""
        self.batch.appends.append(item)

    def fold(self, item: Input) -> None:
        """Feed an event to the aggregates that listen to its name."""
        features = self.person.features
        for feature in self.program.listening.get(item.name, ()):
            id = feature.id
            before: Any = features.get(id, _NEW)
            if type(before) is msgspec.Raw:
                before = decode_feature(before)
            elif before is _NEW:
                features[id] = feature.take(feature.init(), item)
                self.dirty.add(id)
                continue
            after = feature.take(before, item)
            if after is not before:
                features[id] = after
                shown = feature.kind.shown
                if shown is None or shown(after) != shown(before):
                    self.dirty.add(id)
