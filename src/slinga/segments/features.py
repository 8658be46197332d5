"""Features: the running aggregates that event, sequence and reaction leaves read.

In: leaves of a condition and the workspace's zone. Out: `Feature`s, pure folds over events.
Always true: leaves that ask the same of the past share one feature, by `id`; a state is made of plain
lists, dicts, texts and ints; an event counts by `occurred_at`, so its order of arrival does not matter.

A feature of scope "run" (it binds the trigger or the entry) lives in a run: the journey calls `init` with
the trigger and the entry, and folds what is applied from then on.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.ingest.model import Input
from slinga.kernel.calendar import Period, add, period
from slinga.kernel.clock import DAY, Instant, instant
from slinga.kernel.ids import digest
from slinga.segments import terms as g
from slinga.segments.aggregates import Changes, Kind, count, distinct, extreme, moment_of, total
from slinga.segments.chains import ignored, sequence
from slinga.segments.repeats import counts
from slinga.segments.values import first_number, first_scalar, holds, reader

KINDS = frozenset(("event", "history"))
"""The kinds of input that features fold."""
Fits = Callable[[Any, list[Any]], bool]
Trigger = Callable[[str], Any]
_UNBOUND: list[Any] = []
HUMAN = (
    g.Filter("machine", "ne", True),
    g.Filter("class_of_hit", "ne", "machine"),
)
"""What every reaction asks besides: the hit was no machine's."""


class Feature(msgspec.Struct, frozen=True, eq=False):
    """One running aggregate. `names`: the events it listens to. `scope`: "person" or "run"."""

    id: str
    names: tuple[str, ...]
    scope: str
    kind: Kind
    binds: tuple[str, ...]
    since_entry: bool
    value: Callable[[Input, list[Any]], Any]
    leaves: Callable[[Instant], Instant] | None
    counts: Callable[[Instant], bool]
    take: Callable[[Any, Input], Any] = lambda state, input: state
    """`fold` of a feature of scope "person", for an input of a name and kind it listens to."""

    def init(self, *, entered_at: Instant = 0, trigger: Trigger | None = None) -> Any:
        """The state before any event; a feature of scope "run" takes its entry and trigger here."""
        if self.scope == "person":
            return self.kind.empty()
        return [entered_at, [trigger(path) if trigger else None for path in self.binds], self.kind.empty()]

    def fold(self, state: Any, input: Input) -> Any:
        """The state after an input; the same object where the input does not concern it. Pure."""
        if input.name not in self.names or input.kind not in KINDS:
            return state
        if self.scope == "person":
            return self.take(state, input)
        at = input.occurred_at
        entered_at, bound, inner = state
        if (self.since_entry and at < entered_at) or not self.counts(at):
            return state
        value = self.value(input, bound)
        if value is None:
            return state
        return [
            entered_at,
            bound,
            self.kind.fold(inner, at, self.leaves(at) if self.leaves else None, value, input.at),
        ]

    def read(self, state: Any, now: Instant) -> tuple[Any, Changes]:
        """The aggregate at an instant and its changes to come; `state` None is a fresh one."""
        if state is None:
            return self.kind.read(self.kind.empty(), now)
        return self.kind.read(state if self.scope == "person" else state[2], now)


def rebuild(features: Iterable[Feature], events: Iterable[Input]) -> dict[str, Any]:
    """The states of person-scoped features after a whole history, by feature id.

    Equal to folding live: events apply by `seq`, whatever order they are given in.
    """
    return build(features, sorted(events, key=lambda each: each.seq))


def build(features: Iterable[Feature], events: Iterable[Input]) -> dict[str, Any]:
    """The same of events that come in the order of their `seq`; none of them is kept."""
    listening: dict[str, list[Feature]] = {}
    states: dict[str, Any] = {}
    for feature in features:
        if feature.scope == "person" and feature.id not in states:
            states[feature.id] = feature.init()
            for name in feature.names:
                listening.setdefault(name, []).append(feature)
    known: list[str] = []
    for event in events:
        if event.kind in KINDS and not counts(known, event):
            continue
        for feature in listening.get(event.name, ()):
            states[feature.id] = feature.fold(states[feature.id], event)
    return states


def _taking(
    kind: Kind,
    value: Callable[[Input, list[Any]], Any],
    leaves: Callable[[Instant], Instant] | None,
    counts: Callable[[Instant], bool] | None = None,
) -> Callable[[Any, Input], Any]:
    """The fold of a feature of scope "person", with nothing left to ask that its definition answers."""
    fold = kind.fold

    def windowed(state: Any, input: Input) -> Any:
        found = value(input, _UNBOUND)
        if found is None:
            return state
        at = input.occurred_at
        return fold(state, at, leaves(at), found, input.at)  # type: ignore[misc]

    def whole(state: Any, input: Input) -> Any:
        at = input.occurred_at
        if counts is not None and not counts(at):
            return state
        found = value(input, _UNBOUND)
        return state if found is None else fold(state, at, None, found, input.at)

    return whole if leaves is None else windowed


def _always(kind: Kind, micros: int) -> Callable[[Any, Input], Any]:
    """The same where every occurrence counts as one and stays for a fixed time."""
    fold = kind.fold

    def take(state: Any, input: Input) -> Any:
        at = input.occurred_at
        return fold(state, at, at + micros, 1, input.at)

    return take


def _filters(filters: Sequence[g.Filter], binds: list[str]) -> Fits:
    tests: list[tuple[Any, Any, int, str]] = []
    for each in filters:
        read = reader(("properties", *each.prop.split(".")))
        if isinstance(each.value, g.Bind):
            binds.append(each.value.trigger)
            tests.append((read, None, len(binds) - 1, each.cmp))
        else:
            tests.append((read, holds(each.cmp, each.value), 0, each.cmp))
    if not tests:
        return lambda body, bound: True

    if len(tests) == 1 and tests[0][1] is not None:
        only, holds_there = tests[0][:2]
        each = filters[0]
        if each.cmp == "eq" and isinstance(each.value, str) and "." not in each.prop:
            return _is_text(each.prop, each.value, lambda body, bound: holds_there(only(body)))
        return lambda body, bound: holds_there(only(body))

    def fits(body: Any, bound: list[Any]) -> bool:
        for read, test, place, cmp in tests:
            values = read(body)
            if test is not None:
                if not test(values):
                    return False
            elif not bound_holds(cmp, values, bound[place]):
                return False
        return True

    return fits


def _is_text(prop: str, value: str, otherwise: Fits) -> Fits:
    """The usual filter, a property that is a text, without going the general way."""

    def fits(body: Any, bound: list[Any]) -> bool:
        properties = body.get("properties")
        if type(properties) is dict:
            found = properties.get(prop)
            if type(found) is str:
                return bool(found == value)
        return otherwise(body, bound)

    return fits


def bound_holds(cmp: str, values: Sequence[Any], bound: Any) -> bool:
    """A comparison with a value of the trigger; nothing bound compares false (ne true)."""
    if bound is None or isinstance(bound, list | dict):
        return cmp == "ne"
    return holds(cmp, bound)(values)


def _window(
    window: g.Window | None, tz: ZoneInfo
) -> tuple[Callable[[Instant], Instant] | None, Callable[[Instant], bool]]:
    if window is not None and window.since is not None:
        bound = instant(window.since)
        return None, lambda at: at >= bound
    if window is None or window.last is None:
        return None, lambda at: True
    length = period(window.last)
    if not length.months:
        micros = length.micros
        return (lambda at: at + micros), lambda at: True
    return (lambda at: add(at, length, tz)), lambda at: True


def _longest(window: g.Window | None) -> int:
    """More than anything stays in a trailing window: months of 31 days, and four days for a clamped end."""
    length = period(window.last) if window is not None and window.last else Period()
    return length.months * 31 * DAY + length.micros + 4 * DAY


def _spec(kind: str, tz: ZoneInfo, **parts: Any) -> str:
    return digest(
        kind, tz.key, msgspec.json.encode(msgspec.to_builtins(parts), order="deterministic").decode()
    )


def _keep(value: Any) -> int:
    """How many entries tell a count from a threshold: a power of two, so that near thresholds share."""
    return max(4, 1 << int(value).bit_length())


def _event(leaf: g.Event, tz: ZoneInfo) -> Feature:
    binds: list[str] = []
    fits = _filters(leaf.where, binds)
    leaves, counts = _window(leaf.window, tz)
    windowed = leaves is not None
    group = "total" if leaf.agg in ("sum", "avg") else leaf.agg
    keep = _keep(leaf.value) if group in ("count", "distinct") and (windowed or group == "distinct") else 0
    read = reader(("properties", *(leaf.prop or "").split(".")))
    kinds: dict[str, Callable[[], Kind]] = {
        "count": lambda: count(windowed, keep),
        "total": lambda: total(windowed),
        "min": lambda: extreme(windowed, False),
        "max": lambda: extreme(windowed, True),
        "distinct": lambda: distinct(windowed, keep),
        "first": lambda: moment_of(windowed, False),
        "last": lambda: moment_of(windowed, True),
    }
    take = first_scalar if group == "distinct" else first_number if leaf.prop else None

    def value(input: Input, bound: list[Any]) -> Any:
        if not fits(input.body, bound):
            return None
        return take(read(input.body)) if take is not None else 1

    valued = value if leaf.where else _value_of(take, read)
    made = kinds[group]()
    since_entry = bool(leaf.window and leaf.window.since_entry)
    length = period(leaf.window.last) if leaf.window and leaf.window.last else None
    plain = length is not None and not length.months and take is None and not leaf.where
    return Feature(
        id=_spec(
            "event",
            tz,
            name=leaf.name,
            where=leaf.where,
            agg=group,
            prop=leaf.prop,
            window=leaf.window,
            keep=keep,
        ),
        names=(leaf.name,),
        scope="run" if g.binds(leaf) else "person",
        kind=made,
        binds=tuple(binds),
        since_entry=since_entry,
        value=valued,
        leaves=leaves,
        counts=counts,
        take=_always(made, length.micros)
        if plain and length is not None
        else _taking(made, valued, leaves, counts if leaf.window and leaf.window.since else None),
    )


def _value_of(take: Callable[[Any], Any] | None, read: Any) -> Callable[[Input, list[Any]], Any]:
    """The value of an occurrence where any counts."""
    if take is None:
        return lambda input, bound: 1
    return lambda input, bound: take(read(input.body))


def _sequence(leaf: g.Sequence, tz: ZoneInfo) -> Feature:
    binds: list[str] = []
    steps = [(step.name, _filters(step.where, binds)) for step in leaf.steps]
    leaves, counts = _window(leaf.window, tz)
    within = period(leaf.within).micros if leaf.within else None

    def value(input: Input, bound: list[Any]) -> Any:
        mask = 0
        for n, (name, fits) in enumerate(steps):
            if name == input.name and fits(input.body, bound):
                mask |= 1 << n
        return (input.seq, mask, counts(input.occurred_at)) if mask else None

    kind = sequence(len(steps), within, leaves, _longest(leaf.window))
    return Feature(
        id=_spec("sequence", tz, steps=leaf.steps, within=leaf.within, window=leaf.window),
        names=tuple(dict.fromkeys(step.name for step in leaf.steps)),
        scope="run" if g.binds(leaf) else "person",
        kind=kind,
        binds=tuple(binds),
        since_entry=bool(leaf.window and leaf.window.since_entry),
        value=value,
        leaves=None,
        counts=lambda at: True,
        take=_taking(kind, value, None),
    )


def reaction_filters(leaf: g.Reaction) -> list[g.Filter]:
    """The filters on channel, journey and template that a reaction names."""
    names = ("channel", "journey", "template")
    return [g.Filter(name, "eq", chosen) for name in names if (chosen := getattr(leaf, name)) is not None]


def as_event(leaf: g.Reaction) -> g.Event:
    """The event leaf that a reaction other than ignored stands for."""
    return g.Event(
        name=g.REACTIONS[leaf.kind],
        where=[*reaction_filters(leaf), *(HUMAN if leaf.kind in ("opened", "clicked") else ())],
        window=leaf.window,
        cmp=leaf.cmp,
        value=leaf.value,
    )


def _ignored(leaf: g.Reaction, tz: ZoneInfo) -> Feature:
    sent, human = _filters(reaction_filters(leaf), []), _filters(HUMAN, [])
    leaves, counts = _window(leaf.window, tz)
    key_of = reader(("properties", "send_key"))

    def value(input: Input, bound: list[Any]) -> Any:
        if input.name in g.ENGAGED:
            return "shown", ""
        key = next((each for each in key_of(input.body) if isinstance(each, str) and each), "")
        if input.name == "Message Sent":
            return ("sent", key) if counts(input.occurred_at) and sent(input.body, bound) else None
        return ("hit", key) if key and human(input.body, bound) else None

    kind = ignored(period(leaf.after).micros, leaves, _longest(leaf.window))
    return Feature(
        id=_spec("ignored", tz, where=reaction_filters(leaf), after=leaf.after, window=leaf.window),
        names=("Message Sent", "Message Opened", "Message Clicked", *g.ENGAGED),
        scope="run" if g.binds(leaf) else "person",
        kind=kind,
        binds=(),
        since_entry=bool(leaf.window and leaf.window.since_entry),
        value=value,
        leaves=None,
        counts=lambda at: True,
        take=_taking(kind, value, None),
    )


def feature_of(leaf: g.Condition, tz: ZoneInfo) -> Feature:
    """The feature an event, sequence or reaction leaf reads; `tz` is the workspace's zone."""
    match leaf:
        case g.Event():
            return _event(leaf, tz)
        case g.Sequence():
            return _sequence(leaf, tz)
        case g.Reaction(kind="ignored"):
            return _ignored(leaf, tz)
        case g.Reaction():
            return _event(as_event(leaf), tz)
    raise TypeError(f"{type(leaf).__name__} reads no feature")
