"""What the lifecycle page shows, put together from answers: the picture, the cards, the scrubber, the matrix.

In: answers of `insight`, a question. Out: drawings and rows for the templates.
Always true: pure; the picture and the cards show the same numbers; a share is of everybody shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from slinga.admin.drawing import BowTie, Days, Flows, Linked, Weighed, bow_tie, days, flows
from slinga.admin.drawing.flows import Ribbon
from slinga.insight import Narrowed, Picture, Transitions
from slinga.insight.model import Link, StageFigures
from slinga.segments.preview import Estimate

POINTS = 120
"""Points of the curve under the scrubber, at most."""


class Drawings(msgspec.Struct, frozen=True):
    """The bow-tie, lying for wide screens and standing for narrow ones."""

    lying: BowTie
    standing: BowTie


class Card(msgspec.Struct, frozen=True):
    """A stage's card. `estimate` and the flows of `some` where only some people are asked about."""

    stage: StageFigures
    people: int
    share: float
    some: "Some | None" = None


class Some(msgspec.Struct, frozen=True):
    """The figures of a stage among some people."""

    people: Estimate
    in_forward: Estimate
    in_back: Estimate
    out_forward: Estimate
    out_back: Estimate


def cards(picture: Picture, some: Narrowed | None = None) -> list[Card]:
    """One card for each stage, in order."""
    if some is None:
        total = sum(stage.people for stage in picture.stages) or 1
        return [Card(stage, stage.people, stage.people / total) for stage in picture.stages]
    found = {
        one.key: Some(one.people, one.in_forward, one.in_back, one.out_forward, one.out_back)
        for one in some.stages
    }
    total = sum(one.people.count for one in found.values()) or 1
    return [
        Card(stage, found[stage.key].people.count, found[stage.key].people.count / total, found[stage.key])
        for stage in picture.stages
        if stage.key in found
    ]


def drawings(
    shown: Sequence[Card], links: Iterable[tuple[str, str, int]] = (), *, softened: bool = False
) -> Drawings:
    """The bow-tie of the cards; `links` are (from, to, how many)."""
    weighed = [
        Weighed(
            card.stage.key,
            card.people,
            () if card.some else tuple(Weighed(status.key, status.people) for status in card.stage.statuses),
        )
        for card in shown
    ]
    linked = [Linked(*link) for link in links]
    return Drawings(
        bow_tie(weighed, linked, softened=softened),
        bow_tie(weighed, linked, softened=softened, standing=True),
    )


def scrubbed(
    changes: Iterable[tuple[date, str, int]], sides: Mapping[str, str], begin: date, today: date
) -> Days:
    """The areas under the scrubber: how many stood left, in and right of the knot, from day to day."""
    order = ("right", "knot", "left")
    span = max((today - begin).days, 1)
    step = max(1, -(-span // POINTS))
    marks = [begin + timedelta(days=n) for n in range(span % step, span + 1, step)]
    present = dict.fromkeys(order, 0)
    waiting = iter(sorted(changes))
    ahead = next(waiting, None)
    out: dict[str, list[int]] = {side: [] for side in order}
    for mark in marks:
        while ahead is not None and ahead[0] <= mark:
            present[sides.get(ahead[1], "right")] += ahead[2]
            ahead = next(waiting, None)
        for side in order:
            out[side].append(present[side])
    return days([(side, out[side]) for side in order])


def between(found: Transitions, order: Sequence[str]) -> Flows:
    """Moves between two dates as flows from stages to stages; the first placings come from ""."""
    ribbons = [Ribbon(0, link.source, link.target, link.count) for link in found.links]
    strange = {key for link in found.links for key in (link.source, link.target)} - {*order, ""}
    known = [*order, *sorted(strange)]
    return flows([["", *known], known], ribbons, margin=190, height=420)


def flowed(some: Narrowed) -> Transitions:
    """The moves of some people in the form of everybody's; where they stood before is not known."""
    order = {stage.key: n for n, stage in enumerate(some.stages)}
    links = [
        Link(
            one.source,
            one.target,
            one.count.count,
            "placed"
            if not one.source
            else "forward"
            if order.get(one.target, 0) > order.get(one.source, 0)
            else "back",
        )
        for one in some.moves
    ]
    after = {stage.key: stage.people.count for stage in some.stages}
    return Transitions(some.model, some.since, some.until, {}, after, tuple(links))


class Row(msgspec.Struct, frozen=True):
    """A line of the matrix: from a stage, how many to each, with how dark the cell is from 0 to 4."""

    key: str
    cells: tuple[tuple[str, int, int], ...]
    total: int


def matrix(found: Transitions, order: Sequence[str]) -> list[Row]:
    """From each stage (and from nowhere, first) to each, in the model's order."""
    counts = {(link.source, link.target): link.count for link in found.links}
    most = max(counts.values(), default=1)
    out = []
    for source in ("", *order):
        cells = tuple(
            (target, counts.get((source, target), 0), shade(counts.get((source, target), 0), most))
            for target in order
        )
        out.append(Row(source, cells, sum(count for _, count, _ in cells)))
    return out


def shade(count: int, most: int) -> int:
    """How dark a cell is, from 0 for nothing to 4 for the most; by roots, for small numbers matter too."""
    if count <= 0 or most <= 0:
        return 0
    return min(4, 1 + int(3.999 * (count / most) ** 0.5))
