"""What the grammar's types cannot say: which values fit which comparison, and how to mend them.

In: a converted condition. Out: nothing, or Invalid with the path of the field and the remedy.
"""

import difflib
import re
from decimal import Decimal
from typing import Any

from slinga.kernel.calendar import Period, period
from slinga.kernel.clock import DAY
from slinga.kernel.errors import Invalid
from slinga.kernel.words import Text, worded
from slinga.segments import terms as g
from slinga.segments.dates import moment

_ORDERED = ("lt", "le", "gt", "ge")
_TEXT = ("contains", "starts_with", "ends_with")
_LONGEST = Period(1200)
MOST = 4095
"""The greatest threshold of a count or distinct: what a running state can hold exactly."""


def explain(message: str) -> tuple[Text, str]:
    """A converter's message and the path it names, with the nearest known word where one was misspelt."""
    match = re.search(r" - at `\$\.?(.*?)`$", message)
    field = match[1] if match else ""
    text = message[: match.start()] if match else message
    wrong = re.search(r"Invalid value '(.*?)'$", text)
    if wrong and (field == "op" or field.endswith(".op")):
        near = difflib.get_close_matches(wrong[1], g.OPS, 1)
        if near:
            return worded(
                "there is no condition %(op)s; did you mean %(near)s?", op=repr(wrong[1]), near=repr(near[0])
            ), field
        known = ", ".join(g.OPS)
        return worded(
            "there is no condition %(op)s; use one of %(known)s", op=repr(wrong[1]), known=known
        ), field
    unknown = re.search(r"unknown field `(.*?)`", text)
    if unknown:
        return worded("there is no field %(name)s here; check its spelling", name=repr(unknown[1])), field
    return Text(text[:1].lower() + text[1:]), field


def _fail(field: str, message: str | Text) -> None:
    raise Invalid(message, field=field)


def length(text: str | None, field: str, *, elapsed: bool = False) -> Period:
    """A period between nothing and a century, or Invalid; `elapsed` refuses calendar months."""
    if not text:
        raise Invalid("give a length of time, for example 30d or 6mo", field=field)
    try:
        found = period(text)
    except Invalid as error:
        raise Invalid(error.text, field=field) from None
    if found.months > _LONGEST.months or found.micros > 36_525 * DAY or not (found.months or found.micros):
        _fail(field, "give a length of time longer than nothing and shorter than a century")
    if elapsed and found.months:
        _fail(field, "months and years differ in length here; give days, for example 30d")
    return found


def clean(obj: Any, field: str = "", depth: int = 0) -> None:
    """Raise Invalid where a JSON value nests absurdly or holds text that no database stores."""
    if depth > 60:
        _fail(field, "nest at most 20 levels deep")
    if isinstance(obj, str):
        if "\x00" in obj or any("\ud800" <= c <= "\udfff" for c in obj):
            _fail(field, "text must be free of NUL and of lone surrogates")
    elif isinstance(obj, dict):
        for key, value in obj.items():
            clean(value, f"{field}.{key}" if field else str(key), depth + 1)
    elif isinstance(obj, list | tuple):
        for n, value in enumerate(obj):
            clean(value, f"{field}[{n}]", depth + 1)


def _scalar(value: Any, field: str) -> None:
    if isinstance(value, float) and not abs(value) < 1e300:
        _fail(field, "give a finite number")
    elif isinstance(value, int) and abs(value) >= 10**30:
        _fail(field, "give a number below 10^30")


def _six(value: int | float, field: str) -> None:
    if not abs(value) < 10**15 or Decimal(str(value)) != round(Decimal(str(value)), 6):
        _fail(field, "give a number below 10^15 with at most six decimals")


def _path(name: str, field: str) -> None:
    if not name or any(not key for key in name.split(".")):
        _fail(field, "give a name; dots walk into objects, for example address.city")


def _compare(cmp: str, value: Any, field: str) -> None:
    if isinstance(value, g.Bind):
        _path(value.trigger, f"{field}.trigger")
        if cmp in ("in", "not_in", "exists", "missing", *_TEXT):
            _fail(field, "a value of the trigger compares with eq, ne, lt, le, gt or ge")
        return
    if cmp in ("exists", "missing"):
        if value is not None:
            _fail(field, worded("%(what)s takes no value; leave it out", what=cmp))
        return
    if value is None:
        _fail(field, worded("%(what)s needs a value", what=cmp))
    if (cmp in ("in", "not_in")) != isinstance(value, list):
        _fail(field, "in and not_in take a list of values, other comparisons take one value")
    for n, each in enumerate(value if isinstance(value, list) else [value]):
        _scalar(each, f"{field}[{n}]" if isinstance(value, list) else field)
    if isinstance(value, bool) and cmp in _ORDERED:
        _fail(field, "true and false have no order; use eq or ne")
    worthless = value == "" if cmp == "contains" else not isinstance(value, str) or not value
    if cmp in _TEXT and worthless:
        _fail(field, worded("%(what)s takes a text that is not empty", what=cmp))


def _date(cmp: str, value: Any, field: str) -> None:
    if cmp == "anniversary_today":
        if value is not None:
            _fail(field, worded("%(what)s takes no value; leave it out", what=cmp))
    elif cmp in ("before", "after"):
        if not isinstance(value, str) or moment(value) is None:
            _fail(field, "give a date such as 2026-03-01 or an instant such as 2026-03-01T09:00:00Z")
    else:
        found = length(value if isinstance(value, str) else None, field)
        if cmp == "anniversary_within" and found.months * 31 * DAY + found.micros > 360 * DAY:
            _fail(field, "give less than a year: 11mo or 340d at most")


def _window(window: g.Window | None, field: str) -> None:
    if window is None:
        return
    if (window.last is not None) + (window.since is not None) + window.since_entry != 1:
        _fail(field, "give exactly one of last, since, since_entry")
    if window.last is not None:
        length(window.last, f"{field}.last")
    if window.since is not None and (moment(window.since) is None or "T" not in window.since):
        _fail(f"{field}.since", "give an instant such as 2026-03-01T00:00:00Z")


def _filters(filters: list[g.Filter], field: str) -> None:
    for n, each in enumerate(filters):
        _path(each.prop, f"{field}[{n}].prop")
        _compare(each.cmp, each.value, f"{field}[{n}].value")


def _event(leaf: g.Event, at: str) -> None:
    _filters(leaf.where, f"{at}where")
    _window(leaf.window, f"{at}window")
    if leaf.agg in ("sum", "min", "max", "avg", "distinct"):
        if leaf.prop is None:
            raise Invalid(
                worded("say which property to take the %(sum)s of", sum=leaf.agg), field=f"{at}prop"
            )
        _path(leaf.prop, f"{at}prop")
    elif leaf.prop is not None:
        _fail(f"{at}prop", worded("%(sum)s takes no property; leave it out", sum=leaf.agg))
    if leaf.agg in ("first", "last"):
        if not isinstance(leaf.value, str):
            raise Invalid(
                "give an age such as 180d or an instant such as 2026-03-01T00:00:00Z", field=f"{at}value"
            )
        if moment(leaf.value) is None or "T" not in leaf.value:
            length(leaf.value, f"{at}value")
            if leaf.cmp in ("eq", "ne"):
                _fail(f"{at}cmp", "an age compares with lt, le, gt or ge")
        return
    if isinstance(leaf.value, str | bool):
        raise Invalid("give a number", field=f"{at}value")
    _six(leaf.value, f"{at}value")
    if leaf.agg in ("count", "distinct") and not 0 <= leaf.value <= MOST:
        _fail(f"{at}value", worded("give a number from 0 to %(most)s", most=MOST))


def check(condition: g.Condition, path: str = "", depth: int = 0) -> None:
    """Raise Invalid with the path of the first field that does not fit."""
    at = f"{path}." if path else ""
    if depth > 20:
        _fail(path, "nest at most 20 levels deep")
    match condition:
        case g.All() | g.Any_():
            if len(condition.of) > 100:
                _fail(f"{at}of", "at most 100 conditions in one group")
            for n, child in enumerate(condition.of):
                check(child, f"{at}of[{n}]", depth + 1)
        case g.Not():
            check(condition.of, f"{at}of", depth + 1)
        case g.Trait():
            _path(condition.name, f"{at}name")
            _compare(condition.cmp, condition.value, f"{at}value")
        case g.Trigger():
            _path(condition.path, f"{at}path")
            if isinstance(condition.value, g.Bind):
                _fail(f"{at}value", "give a value to compare the trigger's with")
            _compare(condition.cmp, condition.value, f"{at}value")
        case g.Date():
            _path(condition.name, f"{at}name")
            _date(condition.cmp, condition.value, f"{at}value")
        case g.Event():
            _event(condition, at)
        case g.Sequence():
            if not 2 <= len(condition.steps) <= 6:
                _fail(f"{at}steps", "a sequence has two to six steps")
            for n, step in enumerate(condition.steps):
                _filters(step.where, f"{at}steps[{n}].where")
            if condition.within is not None:
                length(condition.within, f"{at}within", elapsed=True)
            _window(condition.window, f"{at}window")
        case g.InStageFor():
            length(condition.for_, f"{at}for")
        case g.Moved():
            if "" in condition.to:
                _fail(f"{at}to", "nobody moves to nowhere; name stages, or statuses as stage/status")
            _window(condition.window, f"{at}window")
        case g.Score():
            _six(condition.value, f"{at}value")
        case g.Reaction():
            length(condition.after, f"{at}after", elapsed=True)
            _window(condition.window, f"{at}window")
            if not 0 <= condition.value <= MOST:
                _fail(f"{at}value", worded("give a number from 0 to %(most)s", most=MOST))
        case g.Thing():
            for n, each in enumerate(condition.where):
                _path(each.attr, f"{at}where[{n}].attr")
                field = f"{at}where[{n}].value"
                if each.cmp in g.DATE_CMPS:
                    _date(each.cmp, each.value, field)
                else:
                    _compare(each.cmp, each.value, field)
        case _:
            pass
