"""What a program listens to, so that the rest of the past need not be read.

In: compiled programs; a person and an event. Out: the events that can change a decision, whether visits can,
and whether this very event does.
Always true: leaving out the other events changes no decision; where that cannot be known (a node type of an
extension) everything is listened to.
"""

from collections.abc import Iterable, Iterator

import msgspec

from slinga.engine.model import Person, Program
from slinga.ingest.model import Input
from slinga.journeys.compiled import Compiled as Journey
from slinga.journeys.nodes import NODES
from slinga.journeys.triggers import OnThingDate
from slinga.people.visits import ENDED, STARTED
from slinga.segments import terms

ORDERS = ("Order Completed", "Order Updated", "Order Shipped", "Order Delivered", "Order Refunded",
          "Order Cancelled")  # fmt: skip
CARTS = ("Product Added", "Product Removed", "Cart Viewed", "Cart Updated", "Checkout Started")
SUBSCRIPTIONS = ("Subscription Started", "Subscription Renewed", "Subscription Updated",
                 "Subscription Cancelled", "Subscription Ended")  # fmt: skip
THINGS = {"order": ORDERS, "cart": (*CARTS, "Order Completed"), "subscription": SUBSCRIPTIONS}
"""The events that make or change the things a shop knows without being told; see `people.profile`."""
ALWAYS = ("Thing Updated", "Thing Removed", "Order Completed", "Message Bounced", "Message Complained")
"""Heard whatever the program says: rare, or read outside conditions."""


class Heard(msgspec.Struct, frozen=True):
    """What has to be read of the past. `names` None: every event."""

    names: frozenset[str] | None
    """Events that aggregates, triggers, waits, scores or things listen to."""
    visits: bool
    """Whether anything listens to visits, which all events may begin, prolong or change."""

    @property
    def bodies(self) -> list[str] | None:
        """The events whose bodies have to be read; None is all."""
        return None if self.names is None or self.visits else sorted(self.names)


def listening(programs: Iterable[Program]) -> Heard:
    """What any of these programs listens to."""
    names: set[str] = set(ALWAYS)
    known = True
    for program in programs:
        names.update(program.listening)
        for score in program.scores.values():
            names.update(score.names)
        for journey in program.versions.values():
            names.update(_of(journey))
            known &= all(type(node) in NODES for node in journey.journey.nodes.values())
        for type_ in things_read(program):
            names.update(THINGS.get(type_, ()))
    visits = not names.isdisjoint((STARTED, ENDED))
    return Heard(frozenset(names) if known else None, visits or not known)


def _of(journey: Journey) -> Iterator[str]:
    """The events that start a journey, that its waits are for, and that its runs count."""
    for several in journey.events.values():
        for feature in several:
            yield from feature.names
    for feature in journey.run_features.values():
        yield from feature.names


def things_read(program: Program) -> set[str]:
    """The types of things that conditions and triggers ask for."""
    predicates = [*program.segments.values()]
    for model in program.models.values():
        predicates += model.predicates.values()
    for journey in program.versions.values():
        predicates += journey.predicates.values()
    found = {
        leaf.type
        for predicate in predicates
        for leaf in terms.leaves(predicate.condition)
        if isinstance(leaf, terms.Thing)
    }
    triggers = [journey.journey.trigger for journey in program.versions.values()]
    return found | {trigger.type for trigger in triggers if isinstance(trigger, OnThingDate)}


class Ears:
    """One program's ears: does an event, by what it says, touch anything at all?

    What listens to an event's name may still not mean this one: another category, too small a sum. Then the
    event changes no aggregate, starts nothing and ends no wait, and asking everything again is of no use.
    """

    def __init__(self, program: Program) -> None:
        versions = program.versions.values()
        self._known = all(type(node) in NODES for one in versions for node in one.journey.nodes.values())
        self._in_runs = {(one.journey.key, one.version): frozenset(_in_run(one)) for one in versions}
        self._waited = frozenset(name for names in self._in_runs.values() for name in names)
        things = {name for type_ in things_read(program) for name in THINGS.get(type_, ())}
        scored = {name for score in program.scores.values() for name in score.names}
        self._always = frozenset({*ALWAYS, *things, *scored})
        self._features = program.listening
        self._triggers: dict[str, list[Journey]] = {}
        for journey in program.journeys.values():
            for feature in journey.events.get("trigger", ()):
                for name in feature.names:
                    self._triggers.setdefault(name, []).append(journey)

    def touches(self, person: Person, item: Input) -> bool:
        """Whether the event may change anything but a visit. Only for events; errs towards yes."""
        name = item.name
        if name in self._always or not self._known:
            return True
        for feature in self._features.get(name, ()):
            state = person.feature(feature.id)
            if state is None or feature.fold(state, item) is not state:
                return True
        for journey in self._triggers.get(name, ()):
            if journey.matches("trigger", item, {}):
                return True
        if name in self._waited:
            for run in (*person.runs, *person.closing):
                if name in self._in_runs.get((run.journey, run.version), ()):
                    return True
        return False


def _in_run(journey: Journey) -> Iterator[str]:
    """The events that runs of a journey wait for or count."""
    for path, several in journey.events.items():
        if path != "trigger":
            for feature in several:
                yield from feature.names
    for feature in journey.run_features.values():
        yield from feature.names
