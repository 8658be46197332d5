"""Changes that would turn a leaf about events: one more, one less, one at another time.

In: a leaf and its answer, the scene. Out: proposals; the search replays each before it is believed.
Always true: a proposal says exactly which inputs are added or gone.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from slinga.explain import changes
from slinga.explain.model import Added, Change
from slinga.explain.scene import Scene, properties
from slinga.explain.trace import Node
from slinga.explain.values import placed
from slinga.ingest.model import Input
from slinga.kernel.calendar import Period, add, period
from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, instant, iso
from slinga.kernel.words import ENGLISH, Words
from slinga.kernel.words import noted_many as NN_
from slinga.segments import terms as g
from slinga.segments.dates import moment
from slinga.segments.features import as_event, reaction_filters
from slinga.segments.values import order, reader
from slinga.segments.words import where

MOST_MORE = 50
"""More events than this are no small change."""
MOST_LESS = 12


def of_event(node: Node, leaf: g.Event, scene: Scene) -> Iterator[Change]:
    """Proposals for an aggregate over events of one name."""
    there = scene.matching(leaf)
    wanted = not node.holds
    if leaf.agg in ("count", "distinct"):
        have = len(there) if leaf.agg == "count" else int(node.found or 0)
        for number in _numbers(leaf, have, wanted):
            if number > have:
                yield from _more(leaf, scene, number - have)
    elif leaf.agg in ("first", "last"):
        yield from _at_other_times(leaf, scene, there)
    else:
        yield from _with_values(leaf, scene, there, float(node.found or 0))
    yield from fewer(leaf, scene, there)
    yield from shifted(leaf, scene, there)


def _numbers(leaf: g.Event, have: int, wanted: bool) -> list[int]:
    """Counts for which the comparison comes out as wanted, nearest first."""
    test, limit = order(leaf.cmp), leaf.value
    around = {int(limit) + step for step in (-1, 0, 1, 2)} if isinstance(limit, int | float) else set()
    good = [n for n in {0, have + 1, *around} if n >= 0 and bool(test(n, limit)) is wanted]
    return sorted(good, key=lambda n: abs(n - have))


def more_of(_: Words, name: str, filters: Sequence[g.Filter], count: int = 1) -> str:
    """Words for so many more events of a kind."""
    return _('%(count)s more "%(event)s"') % {"count": count, "event": name} + where(filters, _)


def event(name: str, found: Any, at: Instant | None = None) -> Added:
    """An event that a server reports."""
    return Added("event", name, {"properties": found}, at)


def _more(leaf: g.Event, scene: Scene, count: int) -> Iterator[Change]:
    if count > MOST_MORE:
        return
    found = properties(leaf.where, scene)
    if found is None:
        return
    added = []
    for number in range(count):
        one = placed(found, leaf.prop.split("."), f"another {number + 1}") if leaf.prop else found
        if leaf.name == "Order Completed" and "order_id" not in one and count > 1:
            one = {**one, "order_id": f"what-if-{number + 1}"}
        added.append(event(leaf.name, one))
    yield changes.more(more_of(scene.words, leaf.name, leaf.where, count), *added, amount=count)


def _with_values(leaf: g.Event, scene: Scene, there: Sequence[Input], have: float) -> Iterator[Change]:
    """One event more whose property brings sum, min, max or average where it should be."""
    _ = scene.words
    assert leaf.prop is not None
    goal = float(leaf.value)
    read = reader(("properties", *leaf.prop.split(".")))
    values = [float(v) for item in there for v in read(item.body)[:1] if isinstance(v, int | float)]
    if leaf.agg == "sum":
        proposals = [goal - have + step for step in (0.0, 1.0, -1.0)]
    elif leaf.agg == "avg":
        size, total = len(values), sum(values)
        proposals = [(goal + step) * (size + 1) - total for step in (0.0, 1.0, -1.0)] + [goal]
    else:
        proposals = [goal, goal + 1, goal - 1]
    base = properties(leaf.where, scene)
    if base is None:
        return
    for value in proposals:
        exact = round(value, 6)
        said = int(exact) if exact == int(exact) else exact
        found = placed(base, leaf.prop.split("."), said)
        more = more_of(_, leaf.name, leaf.where)
        text = _("%(what)s with %(name)s %(value)s") % {
            "what": more, "name": leaf.prop, "value": said
        }  # fmt: skip
        change = changes.more(text, event(leaf.name, found), amount=abs(exact))
        yield msgspec.structs.replace(change, rank=changes.PLACE) if exact < 0 else change


def _bound(leaf: g.Event, scene: Scene) -> Instant | None:
    """The instant on which first and last turn."""
    text = str(leaf.value)
    if moment(text) is not None and "T" in text:
        return instant(text)
    length = period(text)
    return add(scene.now, Period(-length.months, -length.micros), scene.zone)


def _at_other_times(leaf: g.Event, scene: Scene, there: Sequence[Input]) -> Iterator[Change]:
    _ = scene.words
    bound = _bound(leaf, scene)
    found = properties(leaf.where, scene)
    if bound is None:
        return
    for at in (None, bound, bound - 1, bound + 1, bound - DAY, bound + DAY):
        if found is not None and (at is None or at <= scene.now):
            text = more_of(_, leaf.name, leaf.where)
            if at is not None:
                text = _("%(what)s at %(at)s") % {"what": text, "at": iso(at)}
            amount = 0.0 if at is None else abs(scene.now - at) / DAY
            yield changes.more(text, event(leaf.name, found, at), amount=amount)
    for at in (bound - HOUR, bound - 1, bound, bound + 1, bound + HOUR):
        if leaf.agg == "last":
            beyond = [item for item in there if item.occurred_at > at]
        else:
            beyond = [item for item in there if item.occurred_at < at] or list(there[:1])
        if beyond and len(beyond) <= MOST_LESS:
            yield _moved(leaf.name, beyond, at, scene)


def shifted(leaf: g.Event, scene: Scene, there: Sequence[Input]) -> Iterator[Change]:
    """Events that happened before the window begins."""
    window = leaf.window
    if window is None or not there:
        return
    if window.last:
        length = period(window.last)
        edge = add(scene.now, Period(-length.months, -length.micros), scene.zone)
        edges = [edge - step for step in (0, SECOND, HOUR, 3 * HOUR, 5 * DAY)]
        feature = scene.feature(leaf)
        edge = next((e for e in edges if feature.leaves is None or feature.leaves(e) <= scene.now), edges[-1])
    elif window.since:
        edge = instant(window.since) - 1
    else:
        return
    for count in range(1, min(len(there), MOST_LESS) + 1):
        yield _moved(leaf.name, there[:count], edge, scene)


def _moved(name: str, items: Sequence[Input], at: Instant, scene: Scene) -> Change:
    added = [
        Added(item.kind, item.name, item.body, at, instead_of=item.seq, trust=item.trust, source=item.source)
        for item in items
    ]
    first = items[-1] if len(items) == 1 else items[0]
    _, earlier = scene.words, at < first.occurred_at
    if len(items) == 1:
        text = (
            _('the "%(event)s" of %(at)s %(length)s earlier')
            if earlier
            else _('the "%(event)s" of %(at)s %(length)s later')
        )
        length = span(abs(first.occurred_at - at), _)
        which = text % {"event": name, "at": iso(first.occurred_at), "length": length}
    else:
        which = _('%(count)s "%(event)s" at %(at)s') % {"count": len(items), "event": name, "at": iso(at)}
    return changes.other(which, *added, amount=sum(abs(item.occurred_at - at) for item in items) / DAY)


def fewer(leaf: g.Condition, scene: Scene, there: Sequence[Input]) -> Iterator[Change]:
    """Some of the events that count had never been: the latest, the earliest, each alone."""
    done: set[tuple[int, ...]] = set()
    chosen = [[item] for item in reversed(there[-MOST_LESS:])]
    for count in range(1, min(len(there), MOST_LESS) + 1):
        chosen += [list(there[-count:]), list(there[:count])]
    chosen.append(list(there))
    for several in chosen:
        seqs = tuple(sorted(item.seq for item in several))
        if not seqs or seqs in done:
            continue
        done.add(seqs)
        yield changes.never(less(several, scene.words), seqs)


def less(several: Sequence[Input], _: Words = ENGLISH) -> str:
    """Words for inputs that had never been."""
    names = {item.name or item.kind for item in several}
    name = _('"%(text)s"') % {"text": names.pop()} if len(names) == 1 else _("events")
    if len(several) == 1:
        return _("no %(what)s at %(at)s") % {"what": name, "at": iso(several[0].occurred_at)}
    return _("%(count)s %(what)s fewer") % {"count": len(several), "what": name}


_UNITS = (
    (DAY, NN_("%(num)s day", "%(num)s days")),
    (HOUR, NN_("%(num)s h", "%(num)s h")),
    (MINUTE, NN_("%(num)s min", "%(num)s min")),
    (SECOND, NN_("%(num)s s", "%(num)s s")),
)


def span(micros: int, _: Words = ENGLISH) -> str:
    """A length of time in its two greatest units, such as 3 days 4 h."""
    parts = []
    for size, unit in _UNITS:
        count, micros = divmod(micros, size)
        if count:
            parts.append(_.many(*unit, count))
    return " ".join(parts[:2]) or _("a moment")


def of_reaction(node: Node, leaf: g.Reaction, scene: Scene) -> Iterator[Change]:
    """Proposals for messages that met a reaction."""
    _ = scene.words
    if leaf.kind != "ignored":
        yield from of_event(node, as_event(leaf), scene)
        return
    filters = reaction_filters(leaf)
    base = properties(filters, scene)
    have = int(node.found or 0)
    after = period(leaf.after).micros
    test = order(leaf.cmp)
    for number in sorted({leaf.value, leaf.value + 1, leaf.value - 1, 0}, key=lambda n: abs(n - have)):
        if number > have and bool(test(number, leaf.value)) is not node.holds and base is not None:
            keys = [f"what-if-{n}" for n in range(number - have)]
            at = scene.now - after - SECOND
            added = [event("Message Sent", {**base, "send_key": key}, at) for key in keys]
            text = _.many(
                "%(num)s more message sent and ignored", "%(num)s more messages sent and ignored", len(keys)
            )
            yield changes.more(text, *added, amount=len(keys))
    sent = scene.matching(leaf, ("Message Sent",))
    clicked = []
    for item in reversed(sent[-MOST_LESS:]):
        key = (item.body.get("properties") or {}).get("send_key")
        if isinstance(key, str) and key:
            at = min(item.occurred_at + 1, scene.now)
            clicked.append((item, event("Message Clicked", {**(base or {}), "send_key": key}, at)))
    for item, hit in clicked:
        text = _("a click on the message of %(at)s") % {"at": iso(item.occurred_at)}
        yield changes.more(text, hit)
    for item in reversed(sent[-MOST_LESS:]):
        yield changes.more(
            _("a visit right after the message of %(at)s") % {"at": iso(item.occurred_at)},
            event("Visit Started", {}, item.occurred_at),
        )
    yield from fewer(leaf, scene, sent)
    signs = scene.matching(leaf, ("Message Opened", "Message Clicked", *g.ENGAGED))
    yield from fewer(leaf, scene, signs)


def of_sequence(node: Node, leaf: g.Sequence, scene: Scene) -> Iterator[Change]:
    """Proposals for steps one after another: the steps that are missing, or one that had never been."""
    _ = scene.words
    if node.holds:
        yield from fewer(leaf, scene, scene.matching(leaf))
        return
    found = [properties(step.where, scene) for step in leaf.steps]
    if any(each is None for each in found):
        return
    size = len(leaf.steps)
    steps = list(zip((step.name for step in leaf.steps), found, strict=True))
    for first in range(size - 1, -1, -1):
        some = steps[first:]
        at = [scene.now - (len(some) - 1 - n) for n in range(len(some))]
        steps_now = [event(name, props, when) for (name, props), when in zip(some, at, strict=True)]
        link = _("then")
        said = f", {link} ".join(f'"{name}"' for name, _found in some)
        yield changes.more(_("%(what)s now") % {"what": said}, *steps_now, amount=len(steps_now))
    moments = {item.occurred_at for item in scene.inputs if item.name in {s.name for s in leaf.steps}}
    for name, props in steps:
        for base in sorted(moments, reverse=True)[:MOST_LESS]:
            for when in (base - 1, base + 1):
                if when <= scene.now:
                    said = _("%(what)s at %(at)s") % {"what": more_of(_, name, ()), "at": iso(when)}
                    added = event(name, props, when)
                    yield changes.more(said, added, amount=(scene.now - when) / DAY)


def combined(leaves: Iterable[g.Event], scene: Scene) -> Iterator[Change]:
    """One event that several leaves of one name would count."""
    several = list(leaves)
    if len(several) < 2:
        return
    found = properties([each for leaf in several for each in leaf.where], scene)
    if found is None:
        return
    for leaf in several:
        if leaf.prop and leaf.agg in ("sum", "min", "max", "avg") and not isinstance(leaf.value, str):
            found = placed(found, leaf.prop.split("."), leaf.value)
    name = several[0].name
    filters = [each for leaf in several for each in leaf.where]
    yield changes.more(more_of(scene.words, name, filters), event(name, found), amount=1)
