"""Sends per day as bars.

In: counts by day. Out: bars with their places. Always true: pure; every day between the first and the
last has its place; more than SPAN days are drawn as weeks.
"""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

WIDTH, HEIGHT, SPAN = 720, 120, 120


class Bar(msgspec.Struct, frozen=True):
    """One day or week: where it stands and how high, its first day, its count."""

    x: float
    y: float
    width: float
    height: float
    day: date
    count: int


class Chart(msgspec.Struct, frozen=True):
    """The bars, the greatest count, and whether each is a week."""

    bars: tuple[Bar, ...]
    most: int
    weekly: bool


def chart(per_day: Mapping[str, int]) -> Chart:
    """Bars of counts by ISO date."""
    if not per_day:
        return Chart((), 0, False)
    counts = {date.fromisoformat(day): count for day, count in per_day.items()}
    first, last = min(counts), max(counts)
    days = (last - first).days + 1
    weekly = days > SPAN
    size = 7 if weekly else 1
    places = -(-days // size)
    sums = [0] * places
    for day, count in counts.items():
        sums[(day - first).days // size] += count
    most, step = max(sums), WIDTH / max(places, 7)
    bars = tuple(
        Bar(
            x=round(n * step, 2),
            y=round(HEIGHT - HEIGHT * count / most, 2),
            width=round(max(step * 0.8, 1), 2),
            height=round(HEIGHT * count / most, 2),
            day=first + timedelta(days=n * size),
            count=count,
        )
        for n, count in enumerate(sums)
    )
    return Chart(bars, most, weekly)
