"""The live reading: a condition compiled to a closure over a person's `View`.

In: a condition and the workspace's zone. Out: `Predicate` with the features it needs and `test(view)`.
Always true: `test` answers the same as the set query would at `view.now`; its truth does not change before
`until` unless something is fed in; it reads nothing but the view.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.kernel.calendar import add, period
from slinga.kernel.clock import Instant, instant
from slinga.segments import terms as g
from slinga.segments.dates import date_check, dated, moment
from slinga.segments.features import Feature, as_event, bound_holds, feature_of
from slinga.segments.model import Truth, View
from slinga.segments.moves import spoken_of
from slinga.segments.owned import things
from slinga.segments.values import holds, order, reader, threshold
from slinga.segments.words import label as label_of

Answer = tuple[bool, Instant | None, dict[str, Any]]
Ask = Callable[[View], Answer]
Seen = tuple[Any, ...]
"""A witness before anybody reads it: label, value, label, value ..."""
Found = tuple[bool, Instant | None, Seen]
Quick = Callable[[View], Found]
"""As `Ask`, but the witness is left as it was found: most answers are that nothing changed."""
STEPS = 256
"""How many future changes a test looks through for the one that matters; then it asks to be woken there."""
_NOTHING: Seen = ()


class Predicate(msgspec.Struct, frozen=True, eq=False):
    """A compiled condition. `features`: what must be folded for it. `ask` is `test` without the struct."""

    condition: g.Condition
    features: tuple[Feature, ...]
    ask: Ask
    quick: Quick = lambda view: (False, None, ())
    """`ask` for those who seldom want the witness; `witness` makes it readable."""

    def test(self, view: View) -> Truth:
        """The truth at `view.now`, how long it lasts, and what it rested on."""
        return Truth(*self.ask(view))


def compile_condition(condition: g.Condition, zone: ZoneInfo) -> Predicate:
    """The live reading of a condition; calendar windows are counted in `zone`, the workspace's."""
    features: dict[str, Feature] = {}
    quick = _compile(condition, zone, features)

    def ask(view: View) -> Answer:
        value, until, seen = quick(view)
        return value, until, witness(seen)

    return Predicate(condition, tuple(features.values()), ask, quick)


def witness(seen: Seen) -> dict[str, Any]:
    """What an answer rested on, by the words of each leaf."""
    return dict(zip(seen[::2], seen[1::2], strict=True))


def _compile(c: g.Condition, tz: ZoneInfo, features: dict[str, Feature]) -> Quick:
    match c:
        case g.All():
            return _group([_compile(each, tz, features) for each in c.of], True)
        case g.Any_():
            return _group([_compile(each, tz, features) for each in c.of], False)
        case g.Not():
            inner = _compile(c.of, tz, features)

            def negated(view: View) -> Found:
                value, until, seen = inner(view)
                return not value, until, seen

            return negated
        case g.Everyone():
            return lambda view: (True, None, _NOTHING)
        case g.Event() | g.Sequence() | g.Reaction():
            return _aggregate(c, tz, features)
        case g.Date():
            return _date(c, tz)
        case g.InStageFor():
            return _in_stage_for(c, tz)
        case g.Moved():
            return _moved(c, tz)
        case g.Thing():
            return things(c, tz)
    return _plain(c)


def _group(asks: Sequence[Quick], every: bool) -> Quick:
    """All of them, or any: one that decides alone is enough, and among those the longest-lived decides."""

    def group(view: View) -> Found:
        soonest: Instant | None = None
        decided: Found | None = None
        merged: Seen = ()
        for ask in asks:
            answer = ask(view)
            value, until, seen = answer
            if value is not every:
                if until is None:
                    return answer
                if decided is None or until > decided[1]:  # type: ignore[operator]
                    decided = answer
            elif decided is None:
                if until is not None and (soonest is None or until < soonest):
                    soonest = until
                merged += seen
        return decided if decided is not None else (every, soonest, merged)

    return group


def _plain(c: g.Condition) -> Quick:
    """Leaves that change only by an input."""
    label = label_of(c)[:160]
    match c:
        case g.Trait():
            return _value_leaf(c.name, c.cmp, c.value, label)
        case g.Trigger():
            path, test = c.path, holds(c.cmp, c.value)

            def trigger(view: View) -> Found:
                found = view.trigger(path)
                return test(_several(found)), None, (label, found)

            return trigger
        case g.Stage():
            model, chosen = c.model, frozenset(c.is_)
            return lambda view: ((s := view.stage(model)) in chosen, None, (label, s))
        case g.Status():
            model, chosen = c.model, frozenset(c.is_)
            return lambda view: ((s := view.status(model)) in chosen, None, (label, s))
        case g.Score():
            return _score(c, label)
        case g.InSegment():
            key, wanted = c.key, c.is_
            return lambda view: ((s := view.in_segment(key)) is wanted, None, (label, s))
        case g.Tag():
            name = c.name
            return lambda view: (s := view.tag(name), None, (label, s))
        case g.Consent():
            channel, topic, state = c.channel, c.topic, c.is_
            return lambda view: ((s := view.consent(channel, topic)) == state, None, (label, s))
        case g.Reachable():
            by = c.channel
            return lambda view: (s := view.reachable(by), None, (label, s))
        case g.Identified():
            return lambda view: (s := view.identified, None, (label, s))
    raise TypeError(f"{type(c).__name__} has no live reading")


def _several(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return [x for x in value if x is not None] if isinstance(value, list) else (value,)


def _value_leaf(name: str, cmp: str, value: Any, label: str) -> Quick:
    first, *rest = name.split(".")
    read = reader(rest)
    if isinstance(value, g.Bind):
        path = value.trigger

        def bound(view: View) -> Found:
            found = read(view.trait(first))
            return bound_holds(cmp, found, view.trigger(path)), None, (label, _short(found))

        return bound
    test = holds(cmp, value)
    if not rest:  # the usual case, without a list in between

        def flat(view: View) -> Found:
            found = view.trait(first)
            if type(found) is list:
                return test([x for x in found if x is not None]), None, (label, _short(found))
            return test(() if found is None else (found,)), None, (label, found)

        return flat

    def trait(view: View) -> Found:
        found = read(view.trait(first))
        return test(found), None, (label, _short(found))

    return trait


def _short(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values[:5])


def _score(c: g.Score, label: str) -> Quick:
    test, name, value = order(c.cmp), c.name, Decimal(str(c.value))
    absent = c.cmp == "ne"

    def score(view: View) -> Found:
        found = view.score(name)
        if found is None:
            return absent, None, (label, None)
        return test(Decimal(str(found)), value), None, (label, found)

    return score


def _date(c: g.Date, tz: ZoneInfo) -> Quick:
    first, *rest = c.name.split(".")
    read, check, label = reader(rest), date_check(c.cmp, c.value, tz), label_of(c)[:160]

    def by_date(view: View) -> Found:
        found = read(view.trait(first))
        value, until = dated(found, check, view.now)
        return value, until, (label, _short(found))

    return by_date


def _in_stage_for(c: g.InStageFor, tz: ZoneInfo) -> Quick:
    model, length, label = c.model, period(c.for_), label_of(c)[:160]

    def in_stage_for(view: View) -> Found:
        since = view.since(model)
        if since is None:
            return False, None, (label, None)
        due = add(since, length, tz)
        return due <= view.now, due if due > view.now else None, (label, {"at": since})

    return in_stage_for


def _moved(c: g.Moved, tz: ZoneInfo) -> Quick:
    """A move ends to count one after another: the one that counts longest decides."""
    model, fits, label, window = c.model, spoken_of(c), label_of(c)[:160], c.window or g.Window()
    length = period(window.last) if window.last is not None else None
    bound = instant(window.since) if window.since is not None else None

    def moved(view: View) -> Found:
        known = view.moves(model)
        if known is None:
            return False, None, (label, "unknown")
        found = [move.at for move in known if fits(move)]
        if not found:
            return False, None, (label, None)
        last = max(found)
        seen: Seen = (label, {"at": last})
        if length is not None:
            due = max(add(at, length, tz) for at in found)
            return due > view.now, due if due > view.now else None, seen
        least = view.entered_at if window.since_entry else bound
        return (not window.since_entry if least is None else last >= least), None, seen

    return moved


def _aggregate(c: g.Event | g.Sequence | g.Reaction, tz: ZoneInfo, features: dict[str, Feature]) -> Quick:
    label = label_of(c)[:160]
    leaf = as_event(c) if isinstance(c, g.Reaction) and c.kind != "ignored" else c
    feature = feature_of(leaf, tz)
    feature = features.setdefault(feature.id, feature)
    id, read = feature.id, feature.read
    if isinstance(leaf, g.Event) and leaf.agg in ("first", "last"):
        return _moment(leaf, feature, tz, label)
    floor = _floor(leaf)
    if floor is not None and feature.scope == "person" and feature.kind.falls:
        return _counted(id, *floor, label)
    ok, shown = _threshold(leaf)

    def aggregate(view: View) -> Found:
        now = view.now
        value, changes = read(view.feature(id), now)
        truth = ok(value)
        return truth, _turn(changes, ok, truth) if changes else None, (label, shown(value))

    return aggregate


def _floor(leaf: g.Event | g.Sequence | g.Reaction) -> tuple[int, bool] | None:
    """(n, wanted) where a count's comparison asks whether at least n, n > 0, are there."""
    if not isinstance(leaf, g.Event) or leaf.agg not in ("count", "distinct") or type(leaf.value) is not int:
        return None
    floors = {"ge": (0, True), "gt": (1, True), "lt": (0, False), "le": (1, False)}
    more, wanted = (1, False) if (leaf.cmp, leaf.value) == ("eq", 0) else floors.get(leaf.cmp, (0, None))
    least = leaf.value + more
    return None if wanted is None or least < 1 else (least, wanted)


def _counted(id: str, least: int, wanted: bool, label: str) -> Quick:
    """At least so many occurrences in a trailing window, or not so many: the usual question, asked at once.

    The state is the instants at which they leave, or different values do, ascending: while `least` of them
    lie ahead it holds, until the `least`-th from the end comes, and time alone makes it true never again.
    """

    def counted(view: View) -> Found:
        leaving = view.feature(id)
        if not leaving:
            return not wanted, None, (label, 0)
        if type(leaving) is dict:
            leaving = sorted(leaving.values())
        now = view.now
        if len(leaving) < least or (until := leaving[-least]) <= now:
            return not wanted, None, (label, len(leaving) - bisect_right(leaving, now))
        return wanted, until, (label, len(leaving) - bisect_right(leaving, now))

    return counted


def _turn(changes: Any, ok: Callable[[Any], bool], truth: bool) -> Instant | None:
    """The first instant at which the truth differs. Changes at one instant count together."""
    due: Instant | None = None
    differs = False
    for n, (at, value) in enumerate(changes):
        if due is not None and at != due and (differs or n > STEPS):
            return due
        due, differs = at, ok(value) is not truth
    return due if differs else None


def _threshold(leaf: g.Event | g.Sequence | g.Reaction) -> tuple[Callable[[Any], bool], Callable[[Any], Any]]:
    """The test of an aggregate's value, and how a witness shows it."""
    if isinstance(leaf, g.Sequence):
        return bool, bool
    test = order(leaf.cmp)
    if isinstance(leaf, g.Reaction) or leaf.agg in ("count", "distinct"):
        limit = leaf.value
        return (lambda value: test(value, limit)), int
    goal, absent = threshold(leaf.value), leaf.cmp == "ne"  # type: ignore[arg-type]
    if leaf.agg == "sum":
        return (lambda value: test(value[0], goal)), lambda value: value[0] / 1e6
    if leaf.agg == "avg":
        return (
            lambda value: test(value[0], goal * value[1]) if value[1] else absent,
            lambda value: value[0] / value[1] / 1e6 if value[1] else None,
        )
    return (
        lambda value: absent if value is None else test(value, goal),
        lambda value: None if value is None else value / 1e6,
    )


def _moment(leaf: g.Event, feature: Feature, tz: ZoneInfo, label: str) -> Quick:
    """first and last: an instant against an instant, or its age against a period."""
    test, absent, id, read, text = (
        order(leaf.cmp),
        leaf.cmp == "ne",
        feature.id,
        feature.read,
        str(leaf.value),
    )
    if moment(text) is not None:
        bound = instant(text)

        def ok(value: Instant | None) -> bool:
            return absent if value is None else test(value, bound)

        def against_instant(view: View) -> Found:
            value, changes = read(view.feature(id), view.now)
            truth = ok(value)
            return truth, _turn(changes, ok, truth), (label, None if value is None else {"at": value})

        return against_instant
    length = period(text)
    older = leaf.cmp in ("ge", "gt")
    extra = 1 if leaf.cmp in ("gt", "le") else 0  # more than P old begins a microsecond after P

    @lru_cache(maxsize=1024)  # the same person is asked again and again about the same last time
    def due_of(value: Instant) -> Instant:
        return add(value, length, tz) + extra

    def against_age(view: View) -> Found:
        now = view.now
        value, changes = read(view.feature(id), now)
        if value is None:
            return False, None, (label, None)
        due = due_of(value)
        until = due if due > now else None
        for at, _ in changes:
            until = at if until is None else min(at, until)
            break
        return (now >= due) is older, until, (label, {"at": value})

    return against_age
