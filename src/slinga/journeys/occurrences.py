"""When dated and scheduled triggers are due: for one person, exactly, without scanning anything.

In: a trigger, a view of the person, a span of instants. Out: the occurrences inside it, and the next one.
Always true: one local date yields one instant, also on the days of a clock change; 29 February is kept on
28 February in common years.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.journeys.node import clock_time, person_zone
from slinga.journeys.triggers import Every, OnDate, OnSchedule, OnThingDate, month_day
from slinga.kernel.calendar import anniversary, local, period, resolve
from slinga.kernel.clock import DAY, Instant, instant

_YEARS_AHEAD = 9
"""How far repetitions are searched; 29 February skips eight years around 1900 and 2100."""


class Occurrence(msgspec.Struct, frozen=True, kw_only=True):
    """One instant at which a dated trigger fires, about a thing or about the person."""

    at: Instant
    key: str = ""
    on: str = ""
    """The date or repetition it came from, as written."""
    thing: dict[str, Any] | None = None


class Due(msgspec.Struct, frozen=True):
    """Occurrences in (after, now], oldest first, and the next one later than now."""

    now: tuple[Occurrence, ...]
    next_at: Instant | None


def due(trigger: Any, view: Any, after: Instant) -> Due:
    """Occurrences of a dated trigger later than `after` and not later than `view.now`, and the next."""
    tz = person_zone(view)
    found: list[Occurrence] = []
    upcoming: list[Instant] = []
    for occurrence in _candidates(trigger, view, tz, after):
        if occurrence.at > view.now:
            upcoming.append(occurrence.at)
        elif occurrence.at > after:
            found.append(occurrence)
    found.sort(key=lambda occurrence: (occurrence.at, occurrence.key))
    return Due(tuple(found), min(upcoming, default=None))


def as_date(value: Any, tz: ZoneInfo) -> date | None:
    """The local date of a trait: ISO date or instant; None where it is neither."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == 10:
            return date.fromisoformat(value)
        return local(instant(value), tz).date()
    except (ValueError, OverflowError):
        return None


def _candidates(trigger: Any, view: Any, tz: ZoneInfo, after: Instant) -> Iterator[Occurrence]:
    if isinstance(trigger, OnSchedule):
        if trigger.at is not None:
            yield Occurrence(at=instant(trigger.at), on=trigger.at)
        else:
            assert trigger.every is not None
            yield from _repeated(trigger.every, tz, after, view.now)
    elif isinstance(trigger, OnDate):
        written = view.trait(trigger.trait)
        yield from _around(trigger, written, tz, after, view.now, key="", thing=None)
    elif isinstance(trigger, OnThingDate):
        for thing in view.things(trigger.type):
            attributes = thing.get("attributes") or {}
            written = attributes.get(trigger.attr)
            snapshot = {"id": str(thing.get("id")), "type": trigger.type, "attributes": dict(attributes)}
            yield from _around(
                trigger, written, tz, after, view.now, key=str(thing.get("id")), thing=snapshot
            )


def _around(
    trigger: OnDate | OnThingDate,
    written: Any,
    tz: ZoneInfo,
    after: Instant,
    now: Instant,
    *,
    key: str,
    thing: dict[str, Any] | None,
) -> Iterator[Occurrence]:
    day = as_date(written, tz)
    if day is None:
        return
    at = clock_time(trigger.at, "at")
    if trigger.yearly:
        years = range(local(after, tz).year - 1, local(now, tz).year + 3)
        days = [anniversary(day, year) for year in years if year > day.year and 1 <= year <= 9999]
    else:
        days = [day]
    for each in days:
        moment = shifted(each, trigger.offset, at, tz)
        if moment is not None:
            yield Occurrence(at=moment, key=key, on=str(written), thing=thing)


@lru_cache(maxsize=65_536)
def shifted(day: date, offset: str, at: time, tz: ZoneInfo) -> Instant | None:
    """Local `at` on the day, `offset` away: whole months and days move the date, the rest is elapsed."""
    length = period(offset.lstrip("+-"))
    sign = -1 if offset.startswith("-") else 1
    days, rest = divmod(length.micros, DAY)
    try:
        if length.months:
            year, month = divmod(day.year * 12 + day.month - 1 + sign * length.months, 12)
            day = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return resolve(day + timedelta(days=sign * days), at, tz) + sign * rest
    except (ValueError, OverflowError):
        return None


def _repeated(every: Every, tz: ZoneInfo, after: Instant, now: Instant) -> Iterator[Occurrence]:
    """Occurrences from `after` up to the first later than `now`."""
    day = local(after, tz).date() - timedelta(days=1)
    # A day's answer is the same for everybody in a zone, so it is worked out once.
    while coming := _from_day(every, tz, day):
        for each, moment in coming:
            if moment > after:
                yield Occurrence(at=moment, on=each.isoformat())
            if moment > now:
                return
            day = each + timedelta(days=1)


@lru_cache(maxsize=4096)
def _from_day(every: Every, tz: ZoneInfo, first: date) -> tuple[tuple[date, Instant], ...]:
    """The first few occurrences on or after a local day."""
    at = clock_time(every.at, "at")
    return tuple((day, resolve(day, at, tz)) for day in islice(days_of(every, first), 4))


def days_of(every: Every, first: date) -> Iterator[date]:
    """The local days of a repetition from one on, some years ahead."""
    if every.dates:
        wanted = [month_day(text, "dates") for text in every.dates]
        for year in range(first.year, first.year + _YEARS_AHEAD):
            yield from sorted(
                day
                for month, number in wanted
                if (day := anniversary(date(2000, month, number), year)) >= first
            )
        return
    day = first
    for _ in range(_YEARS_AHEAD * 366):
        if _wanted(every, day):
            yield day
        day += timedelta(days=1)


def _wanted(every: Every, day: date) -> bool:
    if every.weekdays:
        return day.isoweekday() in every.weekdays
    if every.monthdays:
        is_last = (day + timedelta(days=1)).day == 1
        return day.day in every.monthdays or (is_last and any(number > day.day for number in every.monthdays))
    return True
