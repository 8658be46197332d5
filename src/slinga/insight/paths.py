"""The ways people really took to a first purchase, from sums; pictures of some people only, from a sample.

In: a connection, a model's key, days, and how long a sample may take. Out: `Paths`, `Narrowed`.
Always true: people are spread over buckets at random; reading stops when the time is up, after one bucket at
least; how many buckets were read is told, estimates carry their interval.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import psycopg

from slinga.insight import store
from slinga.insight.model import Length, Moves, Narrowed, Path, Paths, StageEstimate
from slinga.insight.stays import median
from slinga.insight.ways.steps import steps
from slinga.kernel.clock import DAY
from slinga.kernel.errors import Missing, Unavailable
from slinga.kernel.ids import BUCKETS
from slinga.runtime.db import Db
from slinga.segments.preview import Estimate, estimate

LONGEST_MS = 10_000
"""The longest that the first bucket may take."""
TOLD = 20
"""Paths told, the most frequent first."""


def _portions(db: Db, within_ms: int, read: Callable[[range], None]) -> int:
    """Read buckets in growing portions while time is left; how many were read."""
    until = time.monotonic() + within_ms / 1000
    done, portion = 0, 1
    while done < BUCKETS:
        began = time.monotonic()
        try:
            with db.transaction():
                store.in_portions(db, int((until - began) * 1000) if done else LONGEST_MS)
                read(range(done, done + portion))
        except psycopg.errors.QueryCanceled:
            if not done:
                raise Unavailable("the database is too slow for this now; try again later") from None
            break
        done += portion
        now = time.monotonic()
        portion = min(int((until - now) / max((now - began) / portion, 1e-6) * 0.7), BUCKETS - done)
        if portion < 1:
            break
    return done


def narrowed(
    db: Db,
    model: str,
    *,
    segments: Sequence[str] = (),
    source: str = "",
    since: date | None = None,
    until: date | None = None,
    within_ms: int = 80,
) -> Narrowed:
    """Where people in any of some segments, or whose first visit came over a channel, stand now, and how they
    moved.

    The stock is today's whatever the period. Raises Missing for a model that is not in force, Unavailable
    when the database is overwhelmed.
    """
    programme = store.programme(db, "model")
    document = programme.of("model").get(model)
    if document is None:
        raise Missing("There is no lifecycle model '%(model)s' in force.", field="model", model=model)
    first, last = store.period(db, programme.zone, since, until)
    begin, end = store.instants(programme.zone, first, last)
    people, flow, links = Counter[str](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()

    def read(buckets: range) -> None:
        stock, moves = store.narrowed(db, model, segments, source, buckets, begin, end)
        people.update(dict(stock))
        for before, after, direction, cause, count in moves:
            if before == after or cause == "merge":
                continue
            links[before, after] += count
            if before:
                way = "back" if direction == "back" else "forward"
                flow[after, f"in_{way}"] += count
                flow[before, f"out_{way}"] += count

    done = _portions(db, within_ms, read)

    def about(key: str, way: str) -> Estimate:
        return estimate(flow[key, way], done)

    stages = tuple(
        StageEstimate(
            stage["key"],
            str(stage.get("name", stage["key"])),
            estimate(people[stage["key"]], done),
            about(stage["key"], "in_forward"),
            about(stage["key"], "in_back"),
            about(stage["key"], "out_forward"),
            about(stage["key"], "out_back"),
        )
        for stage in document.get("stages", ())
    )
    moves = tuple(Moves(*way, estimate(count, done)) for way, count in links.most_common())
    return Narrowed(model, tuple(segments), source, first, last, done, stages, moves)


def paths(db: Db, model: str, *, since: date | None = None, until: date | None = None) -> Paths:
    """The most frequent ways to a first purchase made in the period (90 days), and their lengths.

    Everybody counts whose first order was counted. Lengths are told for everybody and for each segment that
    people were in at the time.
    """
    programme = store.programme(db, "model")
    first, last = store.period(db, programme.zone, since, until, 90)
    found = store.ways(db, model, first, last, TOLD)
    touches: dict[str, dict[int, int]] = {}
    for one in store.sums(db, ("way_touches",), first, last, model):
        if one.count > 0:
            touches.setdefault(one.part, {})[int(one.other)] = one.count
    days = store.stays(db, "way", model, first, last)
    total = sum(touches.get("", {}).values())
    return Paths(
        model,
        first,
        last,
        total,
        tuple(Path(steps(way), count, count / total) for way, count in found),
        tuple(
            Length(segment, sum(of.values()), _middle(of), (median(days.get((0, segment), {})) or 0) / DAY)
            for segment, of in sorted(touches.items())
        ),
    )


def _middle(counts: Mapping[int, int]) -> float:
    """The median of numbers that occur so often; 0 of none. Between two middle ones it is their mean."""
    half, seen, low = sum(counts.values()) / 2, 0, None
    for number in sorted(counts):
        seen += counts[number]
        if low is None and seen >= half:
            low = number
        if low is not None and seen > half:
            return (low + number) / 2
    return 0
