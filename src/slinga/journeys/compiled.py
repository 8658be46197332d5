"""A journey made executable: its conditions compiled, its event filters ready, its aggregates listed.

In: a parsed journey, its version and the workspace's zone. Out: `Compiled`, immutable and shared.
Always true: everything the person's state must keep for this journey is in `features` (kept once for the
person) or `run_features` (kept in each run).
"""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.ingest.model import Input
from slinga.journeys.model import Journey, header_conditions
from slinga.journeys.node import Node, dig
from slinga.journeys.triggers import OnEvent, OnVisit
from slinga.kernel.clock import Instant
from slinga.segments import grammar, live, terms
from slinga.segments.features import Feature, feature_of

VISIT_EVENTS = {
    "first": ("Visit Started", [{"prop": "number", "cmp": "eq", "value": 1}]),
    "in_visit": ("Visit Started", []),
    "left_with_cart": ("Visit Ended", [{"prop": "cart_open", "cmp": "eq", "value": True}]),
}
"""What the visit triggers listen to; the properties are those of `people.visits`."""


class Compiled(msgspec.Struct, frozen=True, eq=False):
    """One published version of a journey, ready to run."""

    journey: Journey
    version: int
    zone: ZoneInfo
    live_from: Instant
    """Dated triggers due before this instant start nothing: publishing never mails yesterday's birthdays."""
    predicates: dict[str, Any]
    events: dict[str, tuple[Feature, ...]]
    """Event filters by path: the trigger's, and those of waits."""
    features: tuple[Feature, ...]
    """Aggregates of scope "person"."""
    run_features: dict[str, Feature]
    """Aggregates of scope "run", by id."""
    observed: frozenset[str] = frozenset()
    """The events that those listen to."""
    waits: dict[str, frozenset[str]] = {}
    """The events that each node waits for."""
    reads: dict[str, frozenset[str] | None] = {}
    """What a run reads while it rests at each node, as the engine names it; None, or no entry: anything."""

    def hears(self, node: str, events: Iterable[Input]) -> bool:
        """Whether a run at a node waits for any of these events."""
        waited = self.waits.get(node)
        return waited is None or any(event.name in waited for event in events)

    def matches(self, path: str, event: Input, trigger: dict[str, Any]) -> bool:
        """Whether an event passes the filter at a path; filters may bind the run's trigger."""
        for wanted in self.events[path]:
            if event.name in wanted.names:
                bound = [dig(trigger, name) for name in wanted.binds] if wanted.binds else []
                if wanted.value(event, bound) is not None:
                    return True
        return False

    def start_features(self, trigger: dict[str, Any], since: Instant) -> dict[str, Any]:
        """The run's aggregates before anything has happened."""
        return {
            id: feature.init(entered_at=since, trigger=lambda path: dig(trigger, path))
            for id, feature in self.run_features.items()
        }


def compile_journey(journey: Journey, *, version: int, zone: ZoneInfo, live_from: Instant = 0) -> Compiled:
    """Compile a parsed journey. `live_from` is the instant its first version was published."""
    conditions = dict(header_conditions(journey))
    events: dict[str, tuple[Feature, ...]] = {}
    if isinstance(journey.trigger, OnEvent):
        names, where = (journey.trigger.name, *journey.trigger.also), list(journey.trigger.where)
        events["trigger"] = tuple(_filter(name, where, zone, "trigger") for name in names)
    elif isinstance(journey.trigger, OnVisit):
        name, where = VISIT_EVENTS[journey.trigger.phase]
        events["trigger"] = (_filter(name, where, zone, "trigger"),)
    for key, node in journey.nodes.items():
        assert isinstance(node, Node)
        for slot, condition in node.conditions().items():
            conditions[f"nodes.{key}.{slot}"] = condition
        for slot, event in node.events().items():
            path = f"nodes.{key}.{slot}"
            events[path] = (_filter(event["name"], event.get("where", []), zone, path),)
    predicates = {
        path: live.compile_condition(grammar.parse(condition, path=path), zone)
        for path, condition in conditions.items()
    }
    wanted = {feature.id: feature for predicate in predicates.values() for feature in predicate.features}
    run_features = {id: feature for id, feature in wanted.items() if feature.scope == "run"}
    waits: dict[str, set[str]] = {key: set() for key in journey.nodes}
    for path, filters in events.items():
        if path != "trigger":
            waits[path.split(".")[1]].update(name for each in filters for name in each.names)
    return Compiled(
        journey=journey,
        version=version,
        zone=zone,
        live_from=live_from,
        predicates=predicates,
        events=events,
        features=tuple(feature for feature in wanted.values() if feature.scope == "person"),
        run_features=run_features,
        observed=frozenset(name for feature in run_features.values() for name in feature.names),
        waits={key: frozenset(names) for key, names in waits.items()},
    )


def _filter(name: str, where: list[Any], zone: ZoneInfo, path: str) -> Feature:
    """An event filter as a feature of which only `value` is used: filters mean the same everywhere."""
    leaf = grammar.parse({"op": "event", "name": name, "where": where}, path=path)
    assert isinstance(leaf, terms.Event)
    return feature_of(leaf, zone)
