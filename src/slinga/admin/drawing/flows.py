"""Flows between columns (a Sankey diagram): blocks as high as what goes through them, ribbons between them.

In: ribbons from a block of one column to a block of the next. Out: a `Flows`.
Always true: pure; heights of blocks and ribbons are in one scale; a ribbon leaves and arrives in the order of
the blocks, so that no two ribbons of one block overlap.
"""

from collections.abc import Sequence

import msgspec

WIDE = 13.0
"""Of a block."""
AIR = 12.0
"""Between two blocks of a column."""
LEAST = 2.0
"""The lowest block."""


class Ribbon(msgspec.Struct, frozen=True):
    """What flows from a block to one of the next column, by their keys; `column` is of the source."""

    column: int
    source: str
    target: str
    count: int


class Block(msgspec.Struct, frozen=True):
    """A block: where it stands and how much goes through it."""

    column: int
    key: str
    count: int
    x: float
    y: float
    height: float
    last: bool
    """Whether it stands in the last column, where words go to the left."""


class Drawn(msgspec.Struct, frozen=True):
    """A ribbon as a path."""

    column: int
    source: str
    target: str
    count: int
    path: str


class Flows(msgspec.Struct, frozen=True):
    """The picture, `width` by `height` in its own units."""

    width: float
    height: float
    wide: float
    blocks: tuple[Block, ...]
    ribbons: tuple[Drawn, ...]


def flows(
    columns: Sequence[Sequence[str]],
    ribbons: Sequence[Ribbon],
    *,
    width: float = 900.0,
    height: float = 340.0,
    margin: float = 0.0,
) -> Flows:
    """Draw columns of blocks, each from top to bottom in the order given; blocks without a flow are left out.

    `margin` is kept free at the left and the right for words.
    """
    given = [one for one in ribbons if one.count > 0]
    through: dict[tuple[int, str], int] = {}
    for n, keys in enumerate(columns):
        for key in keys:
            out = sum(one.count for one in given if one.column == n and one.source == key)
            into = sum(one.count for one in given if one.column == n - 1 and one.target == key)
            if out or into:
                through[n, key] = max(out, into)
    heaviest = max(
        (sum(count for (n, _), count in through.items() if n == column) for column in range(len(columns))),
        default=0,
    )
    most = max((sum(1 for n, _ in through if n == column) for column in range(len(columns))), default=0)
    room = height - AIR * max(most - 1, 0)
    scale = room / heaviest if heaviest else 0.0
    step = (width - 2 * margin - WIDE) / max(len(columns) - 1, 1)
    blocks = _blocks(columns, through, scale, height, margin, step)
    return Flows(width, height, WIDE, tuple(blocks.values()), tuple(_ribbons(given, blocks, scale)))


def _blocks(
    columns: Sequence[Sequence[str]],
    through: dict[tuple[int, str], int],
    scale: float,
    height: float,
    margin: float,
    step: float,
) -> dict[tuple[int, str], Block]:
    out: dict[tuple[int, str], Block] = {}
    for n, keys in enumerate(columns):
        there = [key for key in keys if (n, key) in through]
        heights = [max(LEAST, through[n, key] * scale) for key in there]
        y = max(0.0, (height - sum(heights) - AIR * (len(there) - 1)) / 2)
        for key, high in zip(there, heights, strict=True):
            x = margin + n * step
            out[n, key] = Block(
                n, key, through[n, key], round(x, 1), round(y, 1), round(high, 1), n == len(columns) - 1
            )
            y += high + AIR
    return out


def _ribbons(given: list[Ribbon], blocks: dict[tuple[int, str], Block], scale: float) -> list[Drawn]:
    left: dict[tuple[int, str], float] = {}
    right: dict[tuple[int, str], float] = {}
    places = {
        id(one): (blocks[one.column, one.source], blocks[one.column + 1, one.target])
        for one in given
        if (one.column, one.source) in blocks and (one.column + 1, one.target) in blocks
    }
    drawn = [one for one in given if id(one) in places]
    leave: dict[int, float] = {}
    arrive: dict[int, float] = {}
    for one in sorted(drawn, key=lambda one: (one.column, places[id(one)][0].y, places[id(one)][1].y)):
        source = places[id(one)][0]
        place = (source.column, source.key)
        leave[id(one)] = source.y + left.get(place, 0.0)
        left[place] = left.get(place, 0.0) + one.count * scale
    for one in sorted(drawn, key=lambda one: (one.column, places[id(one)][1].y, places[id(one)][0].y)):
        target = places[id(one)][1]
        place = (target.column, target.key)
        arrive[id(one)] = target.y + right.get(place, 0.0)
        right[place] = right.get(place, 0.0) + one.count * scale
    out = []
    for one in sorted(drawn, key=lambda one: -one.count):
        source, target = places[id(one)]
        x0, x1 = source.x + WIDE, target.x
        mid, thick = (x0 + x1) / 2, max(one.count * scale, 1.0)
        y0, y1 = leave[id(one)], arrive[id(one)]
        y2, y3 = y1 + thick, y0 + thick
        path = (
            f"M{x0:g},{y0:.1f}C{mid:g},{y0:.1f} {mid:g},{y1:.1f} {x1:g},{y1:.1f}"
            f"L{x1:g},{y2:.1f}C{mid:g},{y2:.1f} {mid:g},{y3:.1f} {x0:g},{y3:.1f}Z"
        )
        out.append(Drawn(one.column, one.source, one.target, one.count, path))
    return out
