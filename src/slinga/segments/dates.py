"""Dates and instants in traits and attributes: when a date comparison is true, exactly.

In: the text of a trait, a comparison, the workspace's zone. Out: truth and the instant of its next change.
Always true: text that is neither an ISO date nor an RFC 3339 instant of the years 1000 to 2999 compares
false everywhere; a date stands for its local midnight; of several values the first text is read.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.kernel.calendar import Period, add, anniversary, local, period, resolve
from slinga.kernel.clock import Instant, instant

_YEAR, _LEAP = r"[12]\d{3}", r"([12]\d(0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)"
_LONG, _SHORT = r"(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])", r"(0[469]|11)-(0[1-9]|[12]\d|30)"
DATE = rf"({_YEAR}-({_LONG}|{_SHORT}|02-(0[1-9]|1\d|2[0-8]))|{_LEAP}-02-29)"
"""A date that exists, years 1000 to 2999; the same pattern is asked in Python and in PostgreSQL."""
CLOCK = r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)"
_MOMENT = re.compile(f"{DATE}({CLOCK})?", re.ASCII)


class Moment(msgspec.Struct, frozen=True):
    """A date as written, and the instant where the text gave one."""

    on: date
    at: Instant | None = None


def moment(text: object) -> Moment | None:
    """The moment a text stands for, or None where it is no date and no instant."""
    return _moment(text) if type(text) is str and len(text) < 40 else None


@lru_cache(maxsize=8192)
def _moment(text: str) -> Moment | None:
    if not _MOMENT.fullmatch(text):
        return None
    return Moment(date.fromisoformat(text[:10]), instant(text) if len(text) > 10 else None)


def first_moment(values: Sequence[Any]) -> Moment | None:
    """The moment of the first text among the values at a path: what a date leaf reads."""
    for each in values:
        if type(each) is str:
            return moment(each)
    return None


@lru_cache(maxsize=8192)
def midnight(day: date, tz: ZoneInfo) -> Instant:
    """The first instant of a local day."""
    return resolve(day, time(0), tz)


def start_of(when: Moment, tz: ZoneInfo) -> Instant:
    """The instant of a moment; a date's is its local midnight."""
    return midnight(when.on, tz) if when.at is None else when.at


Spell = tuple[Instant | None, Instant | None]
"""From (inclusive) and to (exclusive); None is without bound."""
Check = Callable[[Moment, Instant], tuple[bool, Instant | None]]


def _reading(span: Spell, now: Instant) -> tuple[bool, Instant | None]:
    begin, end = span
    if begin is not None and now < begin:
        return False, begin if end is None or end > begin else None
    if end is not None and now >= end:
        return False, None
    return True, end


def negative(length: Period) -> Period:
    """The period backwards."""
    return Period(-length.months, -length.micros)


def date_check(cmp: str, value: str | None, tz: ZoneInfo) -> Check:
    """A function (moment, now) -> (truth, next change) for one of the date comparisons."""
    if cmp in ("before", "after"):
        limit = moment(value)
        assert limit is not None, "checked when parsed"
        if cmp == "before":
            bound = start_of(limit, tz)
            return lambda when, now: (start_of(when, tz) < bound, None)
        if limit.at is None:
            bound = midnight(limit.on + timedelta(days=1), tz)
            return lambda when, now: (start_of(when, tz) >= bound, None)
        bound = limit.at
        return lambda when, now: (start_of(when, tz) > bound, None)
    if cmp.startswith("anniversary"):
        length = negative(period(value)) if value else Period()
        return lambda when, now: _anniversary(when.on, length, now, tz)
    length = period(value or "")
    if cmp == "within_last":

        def last(when: Moment, now: Instant) -> tuple[bool, Instant | None]:
            begin = start_of(when, tz)
            return _reading((begin, add(begin, length, tz)), now)

        return last
    back = negative(length)

    def upcoming(when: Moment, now: Instant) -> tuple[bool, Instant | None]:
        begin = start_of(when, tz)
        end = midnight(when.on + timedelta(days=1), tz) if when.at is None else begin
        return _reading((add(begin, back, tz), end), now)

    return upcoming


@lru_cache(maxsize=8192)
def _spell(born: date, year: int, back: Period, tz: ZoneInfo) -> tuple[Instant, Instant]:
    day = anniversary(born, year)
    return add(midnight(day, tz), back, tz), midnight(day + timedelta(days=1), tz)


def _anniversary(born: date, back: Period, now: Instant, tz: ZoneInfo) -> tuple[bool, Instant | None]:
    year = local(now, tz).year
    after: Instant | None = None
    for each in range(year - 1, year + 3):
        begin, end = _spell(born, each, back, tz)
        if begin <= now < end:
            return True, end
        if now < begin and (after is None or begin < after):
            after = begin
    return False, after


def day_ranges(check: Check, near: list[Instant], now: Instant, tz: ZoneInfo) -> list[tuple[date, date]]:
    """The dates a check holds for at `now`, as inclusive ranges: for the set query.

    `near` are the instants around which the answer can change from one date to the next; every date
    within a week of them is asked, and between them the answer is that of the neighbours.
    """
    first, last = date(1000, 1, 1), date(2999, 12, 31)
    asked = {first, last}
    for at in near:
        centre = local(at, tz).date()
        for shift in range(-8, 9):
            day = centre + timedelta(days=shift)
            if first <= day <= last:
                asked.add(day)
    out: list[tuple[date, date]] = []
    previous: date | None = None
    for day in sorted(asked):
        if check(Moment(day), now)[0]:
            if out and out[-1][1] == previous:
                out[-1] = (out[-1][0], day)
            else:
                out.append((day, day))
        previous = day
    return out


def dated(values: Sequence[Any], check: Check, now: Instant) -> tuple[bool, Instant | None]:
    """A check of the first moment among values, and how long the answer lasts; nothing there is false."""
    when = first_moment(values)
    return (False, None) if when is None else check(when, now)
