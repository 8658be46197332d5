"""The days of a month or a week, and what stands on each.

In: what is known with its days. Out: `Entry`s by day.
Always true: pure; a week begins on Monday; what takes several days stands on each of them.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

_OFFSET = re.compile(r"([+-]?)(\d{1,4})(d|w|mo)")
_DAYS = {"d": 1, "w": 7, "mo": 30}


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


def on_schedule(every: Mapping[str, Any], first: date, last: date) -> list[date]:
    """The days of a repeated local time."""
    out = []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        end = (day + timedelta(days=1)).month != day.month
        if every.get("weekdays"):
            fits = day.isoweekday() in every["weekdays"]
        elif every.get("monthdays"):
            fits = day.day in every["monthdays"] or (end and any(d > day.day for d in every["monthdays"]))
        elif every.get("dates"):
            fits = f"{day:%m-%d}" in every["dates"]
        else:
            fits = True
        if fits:
            out.append(day)
    return out


def by_dates(
    counts: Mapping[str, int], offset: str, yearly: bool, first: date, last: date
) -> list[tuple[date, int]]:
    """How many people a date concerns on each day; `counts` by 10-15, or by 2026-10-15 where not yearly."""
    shift, out = _shift(offset), []
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        on = day - timedelta(days=shift)
        key = f"{on:%m-%d}" if yearly else on.isoformat()
        if found := counts.get(key, 0):
            out.append((day, found))
    return out


def _shift(offset: str) -> int:
    found = _OFFSET.fullmatch(offset)
    if found is None:
        return 0
    return (-1 if found[1] == "-" else 1) * int(found[2]) * _DAYS[found[3]]


def spread(items: Iterable[Item], first: date, last: date) -> list[tuple[date, Entry]]:
    """Plan items on each of their days."""
    out = []
    for item in items:
        begin, end = max(item.from_day, first), min(item.until_day, last)
        about = ", ".join(each for each in (item.stage, item.channel, item.owner) if each)
        entry = Entry(sort="item", name=item.name, address=f"/admin/calendar?item={item.id}#item", note=about)
        out += [(begin + timedelta(days=n), entry) for n in range(max(0, (end - begin).days + 1))]
    return out
