"""Calendar arithmetic: periods, local times and the two daylight-saving switches.

Elapsed time is plain integer arithmetic on instants. This module is for the other kind: "six months
later", "tomorrow at 09:00", "the birthday". Local times that occur twice resolve to the first, local
times that do not occur resolve with the offset before the gap (RFC 5545 section 3.3.5), which is what
zoneinfo gives with fold=0.
"""

import re
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant, from_datetime, to_datetime
from slinga.kernel.errors import Invalid
from slinga.kernel.words import worded

_TERM = re.compile(r"(\d+)\s*(months?|mo|minutes?|min|m|seconds?|sec|s|hours?|h|days?|d|weeks?|w|years?|y)")
LONGEST_Y = 200
"""Years that a length of time may have; far beyond them calendars end."""
_FIXED = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


class Period(msgspec.Struct, frozen=True):
    """A length of time: whole calendar `months` first, then elapsed `micros`."""

    months: int = 0
    micros: int = 0

    def __str__(self) -> str:
        parts = [f"{self.months}mo"] if self.months else []
        rest = self.micros
        for unit in ("d", "h", "m", "s"):
            count, rest = divmod(rest, _FIXED[unit])
            if count:
                parts.append(f"{count}{unit}")
        return " ".join(parts) or "0s"


def _no_length(text: str) -> Invalid:
    return Invalid(
        worded(
            "%(text)s is not a length of time; write for example 30m, 2h, 3d, 2w, 6mo or 1y", text=repr(text)
        )
    )


@lru_cache(maxsize=4096)
def period(text: str) -> Period:
    """Parse "90s", "2h", "3 days", "6mo", "1y 2d". Raises Invalid with the accepted forms, or the limit."""
    months = micros = 0
    rest = text.strip().lower()
    while rest:
        match = _TERM.match(rest)
        if not match:
            raise _no_length(text)
        count, unit = int(match[1]), match[2]
        if unit.startswith("mo"):
            months += count
        elif unit.startswith("y"):
            months += 12 * count
        else:
            micros += count * _FIXED[unit[0]]
        rest = rest[match.end() :].strip()
    if not months and not micros and text.strip() not in ("0s", "0d", "0h", "0m"):
        raise _no_length(text)
    if months // 12 + micros // (365 * DAY) > LONGEST_Y:
        raise Invalid(worded("%(text)s is longer than %(most)s years", text=repr(text[:40]), most=LONGEST_Y))
    return Period(months, micros)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def zone(name: str | None, default: str = "UTC") -> ZoneInfo:
    """The named zone, or the default where the name is missing or unknown."""
    return ZoneInfo(name if name and name in _zones() else default)


def is_zone(name: str) -> bool:
    """Whether the IANA database knows the name."""
    return name in _zones()


def zones() -> list[str]:
    """The names of all time zones, for choosing one: those of places, and UTC."""
    return [
        "UTC",
        *sorted(
            name for name in _zones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
        ),
    ]


def _shift_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def resolve(day: date, at: time, tz: ZoneInfo) -> Instant:
    """The instant of a local date and time (RFC 5545 section 3.3.5 in gaps and overlaps)."""
    return from_datetime(datetime.combine(day, at.replace(fold=0), tz))


def local(at: Instant, tz: ZoneInfo) -> datetime:
    """The local datetime of an instant."""
    return to_datetime(at).astimezone(tz)


def add(at: Instant, length: Period, tz: ZoneInfo) -> Instant:
    """`at` plus a period: months on the local calendar (clamped to the month's end), then elapsed time."""
    if length.months:
        here = local(at, tz)
        at = resolve(_shift_months(here.date(), length.months), here.time(), tz)
    return at + length.micros


Span = tuple[Instant, Instant | None]
"""Half-open span of instants; None is without end."""


@lru_cache(maxsize=4096)
def window(now: Instant, length: Period, tz: ZoneInfo) -> tuple[Span, ...]:
    """The instants t with add(t, length) > now, as ascending spans: what is inside a trailing window.

    An instant leaves the window exactly at add(t, length). With calendar months that is not one cut:
    29 to 31 August all reach 28 February, each at its own time of day, and a gap maps two hours on one.
    Between quarter hours `add` is a translation, so each quarter near the cut is solved exactly.
    """
    if not length.months:
        return ((now - length.micros + 1, None),)
    now -= length.micros
    today = local(now, tz).date()
    first = _shift_months(today, -length.months) - timedelta(days=2)
    last = first + timedelta(days=7)
    step = 15 * MINUTE
    spans: list[tuple[Instant, Instant]] = []
    start = resolve(first, time(0), tz) // step * step
    end = resolve(last, time(0), tz) // step * step
    months = Period(length.months)
    for at in range(start, end, step):
        low = max(at, now - (add(at, months, tz) - at) + 1)
        if low >= at + step:
            continue
        if spans and spans[-1][1] == low:
            spans[-1] = (spans[-1][0], at + step)
        else:
            spans.append((low, at + step))
    if spans and spans[-1][1] == end:
        return (*spans[:-1], (spans[-1][0], None))
    return (*spans, (end, None))


def next_local(
    after: Instant, at: time, tz: ZoneInfo, *, days: int = 0, weekdays: frozenset[int] | None = None
) -> Instant:
    """The first instant strictly later than `after` at local time `at`, at least `days` local days ahead.

    `weekdays` holds ISO weekday numbers, 1 is Monday; None or empty means any day. Each local date
    yields exactly one instant, also on the days of a switch.
    """
    day = local(after, tz).date() + timedelta(days=days)
    while True:
        found = resolve(day, at, tz)
        if found > after and (not weekdays or day.isoweekday() in weekdays):
            return found
        day += timedelta(days=1)


def anniversary(born: date, year: int) -> date:
    """The date's anniversary in a year; 29 February falls on 28 February in common years."""
    return date(year, born.month, min(born.day, monthrange(year, born.month)[1]))
