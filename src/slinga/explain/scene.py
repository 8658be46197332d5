"""Where a decision was taken: the person, the log before it, the input in hand.

In: a life and a point. Out: what the search for changes reads. Always true: nothing in it is changed.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.engine.model import Person, Program
from slinga.explain.values import fitting, placed
from slinga.ingest.model import Input
from slinga.kernel.clock import Instant
from slinga.kernel.words import ENGLISH, Words
from slinga.segments import terms as g
from slinga.segments.features import KINDS, Feature, feature_of
from slinga.segments.repeats import counts
from slinga.segments.values import holds, reader


class Scene(msgspec.Struct, frozen=True):
    """`inputs` up to the decision with the one being applied, `item`; `view` answers conditions.

    `words` is the language in which changes are told.
    """

    person: Person
    program: Program
    view: Any
    now: Instant
    inputs: tuple[Input, ...]
    item: Input | None = None
    words: Words = ENGLISH

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's zone."""
        return self.program.zone

    def feature(self, leaf: g.Condition) -> Feature:
        """The aggregate that a leaf reads."""
        return feature_of(leaf, self.zone)

    def matching(self, leaf: g.Condition, names: Sequence[str] = ()) -> list[Input]:
        """The events of the log that a leaf counts now, oldest first by when they happened."""
        feature = self.feature(leaf)
        bound = [self.view.trigger(path) for path in feature.binds]
        since = self.view.entered_at if feature.since_entry else None
        found: list[Input] = []
        known: list[str] = []
        for item in self.inputs:
            if item.kind not in KINDS or not counts(known, item):
                continue
            if item.name not in (names or feature.names) or not feature.counts(item.occurred_at):
                continue
            if feature.leaves is not None and feature.leaves(item.occurred_at) <= self.now:
                continue
            if since is not None and item.occurred_at < since:
                continue
            if feature.value(item, bound) is not None:
                found.append(item)
        return sorted(found, key=lambda item: (item.occurred_at, item.seq))

    def bound(self, value: Any) -> Any:
        """A value of a condition, read from the trigger where it is bound to it."""
        return self.view.trigger(value.trigger) if isinstance(value, g.Bind) else value


def properties(filters: Iterable[g.Filter], scene: Scene, besides: dict[str, Any] | None = None) -> Any:
    """Properties that pass all filters, or None where none of the few that are tried do."""
    wanted: dict[str, list[g.Filter]] = {}
    for each in filters:
        wanted.setdefault(each.prop, []).append(each)
    found: Any = dict(besides or {})
    for prop, several in wanted.items():
        pairs = [(each.cmp, scene.bound(each.value)) for each in several]
        proposals = [value for cmp, value in pairs for value in fitting(cmp, value)]
        tests = [holds(cmp, value) for cmp, value in pairs]
        good = [v for v in proposals if all(test(() if v is None else (v,)) for test in tests)]
        if not good:
            return None
        best = min(good, key=lambda value: value is None)
        if best is not None:
            found = placed(found, prop.split("."), best)
    body = {"properties": found}
    for prop, several in wanted.items():
        values = reader(("properties", *prop.split(".")))(body)
        if not all(holds(each.cmp, scene.bound(each.value))(values) for each in several):
            return None
    return found
