"""The days of a month or a week, and what stands on each.

In: what is known with its days. Out: `Entry`s by day.
Always true: pure; a week begins on Monday; what takes several days stands on each of them; what is expected
of a journey is reckoned as the journey reckons it, months by the calendar.
"""

from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import msgspec

from slinga.journeys.occurrences import days_of, shifted
from slinga.journeys.triggers import Every
from slinga.kernel.calendar import anniversary, local


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something on a day: broadcast, journey, planned, sent, or item; `about` says it is an estimate."""

    sort: str
    name: str
    address: str = ""
    count: int | None = None
    about: bool = False
    note: str = ""
    hour: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody planned by hand."""

    id: int = 0
    name: str
    stage: str = ""
    channel: str = ""
    owner: str = ""
    note: str = ""
    from_day: date
    until_day: date


def span(view: str, day: date) -> tuple[date, date]:
    """The first and the last day shown: whole weeks around a month, or one week."""
    if view == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())


def beside(view: str, day: date) -> tuple[date, date]:
    """The day to ask for to see what is before, and what is after."""
    if view == "week":
        return day - timedelta(days=7), day + timedelta(days=7)
    first = day.replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), (first + timedelta(days=31)).replace(day=1)


def weeks(first: date, last: date) -> list[list[date]]:
    """The days from Monday to Monday."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [days[n : n + 7] for n in range(0, len(days), 7)]


def on_schedule(every: Every, first: date, last: date) -> list[date]:
    """The days of a repeated local time."""
    return list(takewhile(lambda day: day <= last, days_of(every, first)))


def by_dates(
    counts: Mapping[str, int], offset: str, at: time, yearly: bool, first: date, last: date, tz: ZoneInfo
) -> list[tuple[date, int]]:
    """How many people a date concerns on each day; `counts` by 10-15, or by 2026-10-15 where not yearly."""
    found: dict[date, int] = {}
    years = range(first.year - 2, last.year + 3)
    for written, count in counts.items():
        try:
            day = date.fromisoformat(f"2000-{written}" if yearly else written)
        except ValueError:
            continue
        for each in [anniversary(day, year) for year in years] if yearly else [day]:
            moment = shifted(each, offset, at, tz)
            if moment is not None and first <= (on := local(moment, tz).date()) <= last:
                found[on] = found.get(on, 0) + count
    return sorted(found.items())


def spread(items: Iterable[Item], first: date, last: date) -> list[tuple[date, Entry]]:
    """Plan items on each of their days."""
    out = []
    for item in items:
        begin, end = max(item.from_day, first), min(item.until_day, last)
        about = ", ".join(each for each in (item.stage, item.channel, item.owner) if each)
        entry = Entry(sort="item", name=item.name, address=f"/admin/calendar?item={item.id}#item", note=about)
        out += [(begin + timedelta(days=n), entry) for n in range(max(0, (end - begin).days + 1))]
    return out
