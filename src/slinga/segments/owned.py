"""The live reading of a condition on the things a person owns.

In: the condition and the workspace's zone. Out: a closure over a `View`, as `live` composes them.
Always true: a thing that was removed matches nothing; the truth lasts as long as the dates of all things do.
"""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from slinga.kernel.clock import Instant
from slinga.segments import terms as g
from slinga.segments.dates import date_check, dated
from slinga.segments.features import bound_holds
from slinga.segments.model import View
from slinga.segments.values import holds, order, reader
from slinga.segments.words import label as label_of


def things(c: g.Thing, tz: ZoneInfo) -> Callable[[View], tuple[bool, Instant | None, tuple[Any, ...]]]:
    """The answer for a person: truth, how long it lasts, and (label, how many match)."""
    kind, label, quantifier = c.type, label_of(c)[:160], c.quantifier
    tests = [_attribute(each, tz) for each in c.where]
    compare, limit = order(c.cmp), c.value

    def answer(view: View) -> tuple[bool, Instant | None, tuple[Any, ...]]:
        now = view.now
        owned = list(view.things(kind))
        if quantifier == "latest" and owned:
            owned = [max(owned, key=lambda thing: (thing["updated_at"], thing["id"]))]
        until: Instant | None = None
        matching = 0
        for thing in owned:
            fits = True
            for test in tests:
                value, turn = test(thing, view, now)
                if turn is not None and (until is None or turn < until):
                    until = turn
                fits = fits and value
            matching += fits
        if quantifier == "none":
            truth = not matching
        elif quantifier == "count":
            truth = compare(matching, limit)
        elif quantifier == "all":
            truth = bool(owned) and matching == len(owned)
        else:
            truth = matching > 0
        return truth, until, (label, matching)

    return answer


def _attribute(each: g.Attr, tz: ZoneInfo) -> Callable[[Any, View, Instant], tuple[bool, Instant | None]]:
    """The test of one attribute of a thing."""
    path, value, cmp = each.attr.split("."), each.value, each.cmp
    read = reader(path)
    own_id = each.attr == "id"

    def values(thing: Any) -> Sequence[Any]:
        return (thing["id"],) if own_id else read(thing["attributes"])

    if cmp in g.DATE_CMPS:
        check = date_check(cmp, value if isinstance(value, str) else None, tz)
        return lambda thing, view, now: dated(values(thing), check, now)
    if isinstance(value, g.Bind):
        source = value.trigger
        return lambda thing, view, now: (bound_holds(cmp, values(thing), view.trigger(source)), None)
    test = holds(cmp, value)
    return lambda thing, view, now: (test(values(thing)), None)
