"""A condition as an English sentence, for the desk, for witnesses and for logs.

In: a condition. Out: text. Always true: every leaf reads differently from every other.
"""

import re
from collections.abc import Iterable
from typing import Any

from slinga.segments.terms import (
    All,
    Any_,
    Attr,
    Bind,
    Condition,
    Consent,
    Date,
    Event,
    Everyone,
    Filter,
    Identified,
    InSegment,
    InStageFor,
    Not,
    Reachable,
    Reaction,
    Score,
    Sequence,
    Stage,
    Status,
    Tag,
    Thing,
    Trait,
    Trigger,
    Window,
)  # fmt: skip

_CMP = {
    "eq": "is", "ne": "is not", "lt": "is less than", "le": "is at most", "gt": "is more than",
    "ge": "is at least",
    "in": "is one of", "not_in": "is none of", "contains": "contains", "starts_with": "starts with",
    "ends_with": "ends with", "exists": "is known", "missing": "is not known", "before": "is before",
    "after": "is after", "within_last": "was within the last", "within_next": "is within the next",
    "anniversary_today": "has its anniversary today", "anniversary_within": "has its anniversary within",
}  # fmt: skip
_COUNT = {
    "eq": "exactly",
    "ne": "not exactly",
    "lt": "less than",
    "le": "at most",
    "gt": "more than",
    "ge": "at least",
}
_AGG = {
    "sum": "sum",
    "min": "smallest",
    "max": "greatest",
    "avg": "average",
    "distinct": "number of different",
}


_TIMES = {1: "once", 2: "twice"}
_UNITS = {
    "s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day",
    "w": "week", "mo": "month", "y": "year",
}  # fmt: skip


def _times(value: Any) -> str:
    return _TIMES.get(value) or f"{_value(value)} times"


def _long(length: Any) -> str:
    """A length of time as people say it, such as 90 days for 90d; anything else as it is."""
    found = re.fullmatch(r"(\d+)([a-z]+)", length) if isinstance(length, str) else None
    if found is None or found[2] not in _UNITS:
        return str(length)
    return f"{found[1]} {_UNITS[found[2]]}{'' if found[1] == '1' else 's'}"


def _value(value: Any) -> str:
    if isinstance(value, Bind):
        return f"the trigger's {value.trigger}"
    if isinstance(value, list):
        return ", ".join(_value(v) for v in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f'"{value}"' if isinstance(value, str) else f"{value}"


def _compare(subject: str, cmp: str, value: Any, *, plain: bool = False) -> str:
    text = "" if value is None else f" {_long(value) if plain else _value(value)}"
    return f"{subject} {_CMP[cmp]}{text}"


def where(filters: Iterable[Filter] | Iterable[Attr]) -> str:
    """Filters as the end of a sentence, such as ' where total is at least 100'; "" of none."""
    parts = [
        _compare(
            f.prop if isinstance(f, Filter) else f.attr, f.cmp, f.value, plain=f.cmp.startswith("within")
        )
        for f in filters
    ]
    return f" where {' and '.join(parts)}" if parts else ""


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    if window.last:
        return f" in the last {_long(window.last)}"
    return f" since {window.since}" if window.since else " since entering"


def _event(leaf: Event) -> str:
    what, when = f'"{leaf.name}"{where(leaf.where)}', _window(leaf.window)
    if leaf.agg == "count":
        if leaf.value in (0, 1) and (leaf.cmp, leaf.value) in (("eq", 0), ("lt", 1)):
            return f"did not do {what}{when}"
        return f"did {what} {_COUNT[leaf.cmp]} {_times(leaf.value)}{when}"
    if leaf.agg in ("first", "last"):
        if isinstance(leaf.value, str) and leaf.value[4:5] == "-":
            return _compare(f"the {leaf.agg} {what}{when}", leaf.cmp, leaf.value, plain=True).replace(
                "less than", "earlier than").replace("more than", "later than")  # fmt: skip
        return f"the {leaf.agg} {what}{when} was {_COUNT[leaf.cmp]} {_long(leaf.value)} ago"
    return _compare(f"the {_AGG[leaf.agg]} {leaf.prop} of {what}{when}", leaf.cmp, leaf.value)


def describe(condition: Condition) -> str:
    """The condition as an English sentence without a full stop, for example
    'country is "SE" and did not do "Order Completed" in the last 6 months'."""
    match condition:
        case All() | Any_():
            if not condition.of:
                return "everyone" if isinstance(condition, All) else "no one"
            parts = [
                f"({describe(c)})" if isinstance(c, All | Any_) and len(c.of) > 1 else describe(c)
                for c in condition.of
            ]
            return (" and " if isinstance(condition, All) else " or ").join(parts)
        case Not():
            return f"not ({describe(condition.of)})"
        case Everyone():
            return "everyone"
        case Trait():
            return _compare(condition.name, condition.cmp, condition.value)
        case Date():
            return _compare(f"the date {condition.name}", condition.cmp, condition.value, plain=True)
        case Event():
            return _event(condition)
        case Sequence():
            steps = ", then ".join(f'"{s.name}"{where(s.where)}' for s in condition.steps)
            within = f" within {_long(condition.within)}" if condition.within else ""
            return f"did {steps}{within}{_window(condition.window)}"
        case Stage():
            return f"the stage in {condition.model} is {' or '.join(condition.is_)}"
        case Status():
            return f"the status in {condition.model} is {' or '.join(condition.is_)}"
        case InStageFor():
            return f"in the present stage of {condition.model} for at least {_long(condition.for_)}"
        case Score():
            return _compare(f"the score {condition.name}", condition.cmp, condition.value)
        case InSegment():
            return f"{'in' if condition.is_ else 'not in'} the segment {condition.key}"
        case Tag():
            return f"tagged {condition.name}"
        case Consent():
            return f"consent to {condition.topic} by {condition.channel} is {condition.is_}"
        case Reachable():
            return f"reachable by {condition.channel}"
        case Identified():
            return "identified"
        case Reaction():
            names = ("channel", "journey", "template")
            of = "".join(f", {n} {v}" for n in names if (v := getattr(condition, n)))
            after = f" for {_long(condition.after)}" if condition.kind == "ignored" else ""
            times = f"{_COUNT[condition.cmp]} {_times(condition.value)}"
            return f"messages {condition.kind}{after}{of}: {times}{_window(condition.window)}"
        case Thing():
            count = f"{_COUNT[condition.cmp]} {condition.value}"
            kind = {"none": "no", "latest": "whose latest", "all": "all of whose"}.get(
                condition.quantifier, count if condition.quantifier == "count" else "any"
            )
            return f"has {kind} {condition.type}{where(condition.where)}"  # fmt: skip
        case Trigger():
            return _compare(f"the trigger's {condition.path}", condition.cmp, condition.value)
