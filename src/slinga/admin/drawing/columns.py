"""Figures in a row as columns, such as messages by day or by hour.

In: figures with their names. Out: a `Columns`.
Always true: pure; the highest figure reaches the top, a figure of nothing has no height.
"""

from collections.abc import Sequence

import msgspec


class Column(msgspec.Struct, frozen=True):
    """One column: what it stands for, its figure and its place."""

    name: str
    count: int
    x: float
    y: float
    width: float
    height: float


class Columns(msgspec.Struct, frozen=True):
    """The picture in its own units; `ticks` are (x, name) of some columns."""

    width: float
    height: float
    columns: tuple[Column, ...]
    ticks: tuple[tuple[float, str], ...]
    highest: int


def columns(
    figures: Sequence[tuple[str, int]], *, width: float = 720.0, height: float = 140.0, names: int = 7
) -> Columns:
    """One column for each (name, figure), from the left."""
    if not figures:
        return Columns(width, height, (), (), 0)
    highest = max(1, *(count for _, count in figures))
    step = width / len(figures)
    gap = min(2.0, step * 0.2)
    drawn = []
    for n, (name, count) in enumerate(figures):
        tall = round(max(count, 0) / highest * (height - 4), 1)
        drawn.append(
            Column(name, count, round(n * step, 1), round(height - tall, 1), round(step - gap, 1), tall)
        )
    every = max(1, -(-len(figures) // names))
    ticks = tuple((round((n + 0.5) * step, 1), figures[n][0]) for n in range(0, len(figures), every))
    return Columns(width, height, tuple(drawn), ticks, highest)
