"""The size of a segment over time, as a picture.

In: changes by day. Out: sizes by day, and the points of a drawing.
Always true: pure; days without a change keep the size of the day before.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

WIDTH, HEIGHT = 720, 160
DAYS = 180


class Day(msgspec.Struct, frozen=True):
    """A day: how many were in it at its end, how many came and left."""

    on: date
    size: int
    entered: int
    left: int


class Drawing(msgspec.Struct, frozen=True):
    """A line and the area below it as SVG points, and what the picture says in words."""

    line: str
    area: str
    highest: int
    first: date
    last: date


def series(changes: Sequence[tuple[date, int, int, int]], days: int = DAYS) -> list[Day]:
    """The last `days` days up to the last change, each with its size."""
    if not changes:
        return []
    by_day = {on: (change, entered, left) for on, change, entered, left in changes}
    first, last = changes[0][0], changes[-1][0]
    begin = max(first, last - timedelta(days=days - 1))
    size = sum(change for on, change, _, _ in changes if on < begin)
    found = []
    for n in range((last - begin).days + 1):
        on = begin + timedelta(days=n)
        change, entered, left = by_day.get(on, (0, 0, 0))
        size += change
        found.append(Day(on, size, entered, left))
    return found


def drawing(days: Sequence[Day]) -> Drawing | None:
    """The picture of the sizes; None for less than two days."""
    if len(days) < 2:
        return None
    highest = max(1, *(day.size for day in days))
    step = WIDTH / (len(days) - 1)
    points = [
        f"{n * step:.1f},{HEIGHT - day.size / highest * (HEIGHT - 8):.1f}" for n, day in enumerate(days)
    ]
    line = " ".join(points)
    return Drawing(line, f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}", highest, days[0].on, days[-1].on)
