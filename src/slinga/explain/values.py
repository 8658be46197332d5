"""Values that make a comparison come out as wanted.

In: a comparison of the grammar, the value that is there, the instant. Out: few values, the nearest first.
Always true: each value given is one for which the comparison holds by the grammar's own test.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from slinga.kernel.calendar import Period, add, local, period
from slinga.kernel.clock import DAY, HOUR, SECOND, Instant, iso
from slinga.segments.dates import date_check, moment, start_of
from slinga.segments.values import holds

ABSENT = None


def fitting(cmp: str, value: Any, wanted: bool = True, there: Sequence[Any] = ()) -> list[Any]:
    """Values (None: none at all) for which `cmp value` holds, or not; nearest to what is `there` first."""
    test = holds(cmp, value)
    found = [each for each in _proposals(cmp, value) if test(() if each is None else (each,)) is wanted]
    return sorted(found, key=lambda each: distance(there[0] if there else None, each))


def _proposals(cmp: str, value: Any) -> Iterable[Any]:
    several = value if isinstance(value, list) else [value]
    for each in several:
        if each is None:
            continue
        yield each
        if isinstance(each, bool):
            yield not each
        elif isinstance(each, int | float):
            step = 1 if isinstance(each, int) else _step(each)
            yield from (_tidy(each, step), _tidy(each, -step))
        else:
            yield from (f"{each}!", f"!{each}", each[:-1], "!")
    yield "something"
    yield ABSENT


def _step(value: float) -> float:
    return 1.0 if abs(value) < 2**52 else abs(value)


def _tidy(value: float, step: float) -> int | float:
    found = Decimal(str(value)) + Decimal(str(step))
    return int(found) if isinstance(value, int) and found == int(found) else float(found)


def distance(there: Any, value: Any) -> float:
    """How far a value is from what is there: numbers by their difference, all else by being another."""
    if there == value and type(there) is type(value):
        return 0.0
    if _number(there) and _number(value):
        return min(abs(float(there) - float(value)), 1e15)
    return 1.0 if value is not None else 2.0


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def dates(cmp: str, value: str | None, wanted: bool, now: Instant, zone: ZoneInfo) -> list[Any]:
    """Dates (None: none at all) for which a comparison holds at `now`, or not; nearest to now first."""
    check = date_check(cmp, value, zone)
    today = local(now, zone).date()
    tried: list[date] = [today + timedelta(days=days) for days in (0, 1, -1, 2, -2)]
    tried += [
        today.replace(year=today.year - 30, day=min(today.day, 28)),
        date(2999, 12, 31),
        date(1000, 1, 1),
    ]
    limit = moment(value) if cmp in ("before", "after") else None
    if limit is not None:
        tried += [limit.on + timedelta(days=days) for days in (-1, 0, 1)]
    elif value:
        length = period(value)
        back = Period(-length.months, -length.micros)
        for at in (add(now, length, zone), add(now, back, zone)):
            day = local(at, zone).date()
            tried += [day + timedelta(days=days) for days in (-1, 0, 1)]
    texts: list[str] = []
    for day in tried:
        if 1000 <= day.year <= 2999:
            texts.append(day.isoformat())
    texts += [iso(now), iso(now - HOUR), iso(now + HOUR), iso(now - SECOND)]
    found: list[Any] = [text for text in dict.fromkeys(texts) if _on(check, text, now) is wanted]
    found.sort(key=lambda text: days_between(text, now, zone))
    return found if wanted else [*found, ABSENT]


def _on(check: Any, text: str, now: Instant) -> bool | None:
    when = moment(text)
    return None if when is None else bool(check(when, now)[0])


def days_between(text: Any, now: Instant, zone: ZoneInfo) -> float:
    """How many days a date is away from an instant."""
    when = moment(text)
    return 0.0 if when is None else abs(start_of(when, zone) - now) / DAY


def placed(root: Any, path: Sequence[str], value: Any) -> Any:
    """The document with a value at a path, what stands beside it kept; None takes the value out."""
    if not path:
        return value
    first, *rest = path
    found = dict(root) if isinstance(root, dict) else {}
    inner = placed(found.get(first), rest, value)
    if inner is None:
        found.pop(first, None)
    else:
        found[first] = inner
    return found
