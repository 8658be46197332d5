"""The journey map as a grid, real ways as flows.

In: answers of `insight`. Out: rows of cells, a drawing of ways.
Always true: pure; every stage has a cell in every row; a way ends at the purchase.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from slinga.admin.drawing import Flows, flows
from slinga.admin.drawing.flows import Ribbon
from slinga.admin.lifecycle.seen import shade
from slinga.insight import Map
from slinga.insight.model import Cell, Path

BOUGHT = "bought"
SHOWN = 5
"""Steps before the purchase that are drawn; of longer ways the last."""


class Line(msgspec.Struct, frozen=True):
    """A channel's row: each cell with how dark it is, from 0 to 4, and the row's sums."""

    kind: str
    channel: str
    cells: tuple[tuple[Cell, int], ...]
    volume: int
    results: int


def lines(found: Map) -> list[Line]:
    """Rows in the order of the map's channels; darkness is within messages, visits and offline each."""
    most: dict[str, int] = {}
    for cell in found.cells:
        most[cell.kind] = max(most.get(cell.kind, 0), cell.volume)
    at = {(cell.stage, cell.kind, cell.channel): cell for cell in found.cells}
    out = []
    for kind, channel in found.channels:
        cells = tuple(
            (at[stage, kind, channel], shade(at[stage, kind, channel].volume, most[kind]))
            for stage, _ in found.stages
        )
        out.append(
            Line(
                kind,
                channel,
                cells,
                sum(cell.volume for cell, _ in cells),
                sum(cell.results for cell, _ in cells),
            )
        )
    return out


def ways(paths: Sequence[Path]) -> Flows:
    """The ways as flows from step to step, drawn so that all end at the purchase."""
    counts: Counter[tuple[int, str, str]] = Counter()
    used: dict[int, Counter[str]] = {}
    longest = max((min(len(path.steps), SHOWN) for path in paths), default=0)
    for path in paths:
        steps = [*path.steps[-SHOWN:], BOUGHT]
        begin = longest + 1 - len(steps)
        for n, step in enumerate(steps):
            used.setdefault(begin + n, Counter())[step] += path.people
        for n, (source, target) in enumerate(pairwise(steps)):
            counts[begin + n, source, target] += path.people
    columns = [[step for step, _ in used.get(n, Counter()).most_common()] for n in range(longest + 1)]
    ribbons = [Ribbon(n, source, target, count) for (n, source, target), count in counts.items()]
    return flows(columns, ribbons, margin=150, width=1100, height=380)
