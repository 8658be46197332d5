"""The bow-tie: one flowing band through all stages, as thick as there are people, with arcs for the moves.

In: stages with their people by status, and moves between them. Out: a `BowTie`.
Always true: pure; at the middle of a stage the band is as thick as its people are many (in the softened
scale: as the root of them), and where somebody stands it is never thinner than a hair; neighbours meet
without a step; lying and standing are the same picture, turned.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

HAIR = 1.5
"""Half the thickness of a stage in which somebody stands, at least."""
FLAT = 0.2
"""The share of a stage's length, on either side of its middle, in which the band keeps its thickness."""
GAP = 1.5
"""Half the gap between two stages."""
MOST_ARCS = 14
"""Arcs that are drawn, the largest first; the others stand in the table."""
THICK, THIN = 13.0, 1.25
"""The thickest and the thinnest arc."""


class Weighed(msgspec.Struct, frozen=True):
    """A stage or a status as given: how many people are there; `parts` are its statuses in order."""

    key: str
    people: int
    parts: tuple["Weighed", ...] = ()


class Linked(msgspec.Struct, frozen=True):
    """Moves from one stage to another."""

    source: str
    target: str
    count: int


class Band(msgspec.Struct, frozen=True):
    """A status inside a stage: its outline, and which it is from the top, from 0."""

    key: str
    people: int
    path: str
    number: int


class Place(msgspec.Struct, frozen=True):
    """A stage: its outline, its bands, the corners of its field, its middle, and where the words go."""

    key: str
    people: int
    path: str
    bands: tuple[Band, ...]
    field: tuple[float, float, float, float]
    x: float
    y: float


class Arc(msgspec.Struct, frozen=True):
    """Moves as an arc: its line and thickness, its head, where its number goes and whether it is told."""

    source: str
    target: str
    count: int
    back: bool
    path: str
    width: float
    head: str
    x: float
    y: float
    told: bool


class BowTie(msgspec.Struct, frozen=True):
    """The picture, `width` by `height` in its own units; standing where it reads from top to bottom."""

    width: float
    height: float
    standing: bool
    places: tuple[Place, ...]
    arcs: tuple[Arc, ...]


class _Frame(msgspec.Struct, frozen=True):
    """Measures along the band (`step` for each stage) and across it."""

    step: float
    edge: float
    middle: float
    half: float
    upper: float
    lower: float
    across: float


LYING = _Frame(step=0, edge=8, middle=250, half=104, upper=64, lower=436, across=452)
STANDING = _Frame(step=104, edge=8, middle=232, half=62, upper=112, lower=352, across=366)
SMALL = _Frame(step=0, edge=4, middle=98, half=54, upper=98, lower=98, across=158)
LENGTH = 1200.0

Point = tuple[float, float]
Turn = Callable[[Point], Point]


def bow_tie(
    stages: Sequence[Weighed],
    links: Iterable[Linked] = (),
    *,
    softened: bool = False,
    standing: bool = False,
    small: bool = False,
) -> BowTie:
    """The picture of a model. `small` leaves no room for arcs; `standing` is for narrow screens."""
    frame = STANDING if standing else SMALL if small else LYING
    count = max(len(stages), 1)
    step = frame.step or (LENGTH - 2 * frame.edge) / count
    length = step * count + 2 * frame.edge
    most = max((_weight(stage.people, softened) for stage in stages), default=0) or 1
    halves = [
        max(HAIR if stage.people else 0.4, frame.half * _weight(stage.people, softened) / most)
        for stage in stages
    ]
    middles = [frame.edge + step * (n + 0.5) for n in range(len(stages))]
    turn = _turned if standing else _straight
    places = tuple(
        _place(n, stage, halves, middles, step, frame, turn, standing) for n, stage in enumerate(stages)
    )
    at = {stage.key: n for n, stage in enumerate(stages)}
    drawn = [
        one
        for one in sorted(links, key=lambda one: (-one.count, one.source, one.target))
        if one.source in at and one.target in at and one.source != one.target and one.count > 0
    ][: 0 if small else MOST_ARCS]
    largest = drawn[0].count if drawn else 1
    arcs = tuple(
        _arc(one, at[one.source], at[one.target], halves, middles, step, frame, largest, turn)
        for one in reversed(drawn)
    )
    width, height = turn((length, frame.across))
    return BowTie(width, height, standing, places, arcs)


def _weight(people: int, softened: bool) -> float:
    return max(people, 0) ** (0.5 if softened else 1.0)


def _straight(point: Point) -> Point:
    return (round(point[0], 1), round(point[1], 1))


def _turned(point: Point) -> Point:
    return (round(point[1], 1), round(point[0], 1))


def _outline(
    n: int, halves: list[float], middles: list[float], step: float
) -> tuple[list[Point], list[Point]]:
    """The upper edge of a stage as (along, thickness): the way to its left half, and from its right half.

    Each a list of points of cubic curves; the border to a neighbour lies in the middle of their curve.
    """
    own, x = halves[n], middles[n]
    flat = step * FLAT
    start, end = x - flat, x + flat
    left = _half(start, own, halves[n - 1], -(step / 2 - flat)) if n else [(x - step / 2, own)] * 3
    right = (
        _half(end, own, halves[n + 1], step / 2 - flat) if n + 1 < len(halves) else [(x + step / 2, own)] * 3
    )
    return [*reversed(left), (start, own)], [(end, own), *right]


def _half(at: float, own: float, other: float, reach: float) -> list[Point]:
    """Half of the curve from one thickness to another, split in its middle: two controls and the border."""
    border = at + reach
    gap = GAP if reach > 0 else -GAP
    return [
        (at + reach / 2, own),
        (at + reach * 0.75, (3 * own + other) / 4),
        (border - gap, (own + other) / 2),
    ]


def _place(
    n: int,
    stage: Weighed,
    halves: list[float],
    middles: list[float],
    step: float,
    frame: _Frame,
    turn: Turn,
    standing: bool,
) -> Place:
    left, right = _outline(n, halves, middles, step)

    def between(top: float, bottom: float) -> str:
        """The outline between two heights, as shares of the thickness from -1 (upper edge) to 1."""

        def said(points: Iterable[Point], share: float) -> list[str]:
            return [
                "{:g},{:g}".format(*turn((along, frame.middle + thick * share))) for along, thick in points
            ]

        there = said([*left, *right], top)
        home = said([*reversed(right), *reversed(left)], bottom)
        return (
            f"M{there[0]}C{' '.join(there[1:4])}L{there[4]}C{' '.join(there[5:8])}"
            f"L{home[0]}C{' '.join(home[1:4])}L{home[4]}C{' '.join(home[5:8])}Z"
        )

    bands, below, whole = [], -1.0, sum(part.people for part in stage.parts) or 1
    for number, part in enumerate(stage.parts):
        above, below = below, below + 2 * part.people / whole
        if part.people:
            bands.append(Band(part.key, part.people, between(above, below), number))
    x, y = turn((middles[n], frame.middle))
    start = middles[n] - step / 2
    field = (0.0, start, frame.across, step) if standing else (start, 0.0, step, frame.across)
    return Place(
        stage.key,
        stage.people,
        between(-1, 1),
        tuple(bands),
        (round(field[0], 1), round(field[1], 1), round(field[2], 1), round(field[3], 1)),
        x,
        y,
    )


def _arc(
    link: Linked,
    source: int,
    target: int,
    halves: list[float],
    middles: list[float],
    step: float,
    frame: _Frame,
    largest: int,
    turn: Turn,
) -> Arc:
    back = target < source
    side = 1 if back else -1
    width = max(THIN, THICK * link.count / largest)
    lean = step * 0.13 * (-1 if back else 1)
    x0, x1 = middles[source] + lean, middles[target] - lean
    y0 = frame.middle + side * (halves[source] + 3)
    tip = frame.middle + side * (halves[target] + 3)
    head = 5 + width * 0.55
    y1 = tip + side * head
    outer = frame.lower if back else frame.upper
    inner = frame.middle + side * frame.half
    span = min(1.0, (abs(target - source) - 1) / max(len(halves) - 2, 1))
    # The apex lies between the band's widest and the edge: farther moves swing wider.
    apex = inner + (outer - inner) * (0.34 + 0.66 * span)
    control = (apex - 0.125 * (y0 + y1)) / 0.75

    def p(along: float, across: float) -> str:
        return "{:g},{:g}".format(*turn((along, across)))

    wing = 3 + width * 0.5
    x, y = turn(((x0 + x1) / 2, apex))
    return Arc(
        link.source,
        link.target,
        link.count,
        back,
        f"M{p(x0, y0)}C{p(x0, control)} {p(x1, control)} {p(x1, y1)}",
        round(width, 2),
        f"M{p(x1, tip)}L{p(x1 - wing, y1)}L{p(x1 + wing, y1)}Z",
        x,
        y,
        link.count * 12 >= largest,
    )
