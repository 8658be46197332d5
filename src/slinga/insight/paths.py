"""The ways people really took to their first purchase, and pictures of some people only: from a sample.

In: a connection, a model's key, days, and how long it may take. Out: `Paths`, `Narrowed`.
Always true: people are spread over buckets at random, and so are the first ones of a bucket; reading stops
when the time is up, after one bucket at least; how many were read is told, estimates carry their interval.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from statistics import median
from typing import Any

import psycopg

from slinga.insight import store
from slinga.insight.model import Length, Moves, Narrowed, Path, Paths, StageEstimate
from slinga.kernel.clock import DAY, Instant
from slinga.kernel.errors import Missing, Unavailable
from slinga.kernel.ids import BUCKETS
from slinga.runtime.db import Db
from slinga.segments.preview import Estimate, estimate

LONGEST_MS = 10_000
"""The longest that the first bucket may take."""
MOST_STEPS = 12
"""Steps of a path that are told; of longer ones the last."""
TOLD = 20
"""Paths told, the most frequent first."""
PEOPLE = 5_000
"""People whose paths are mined at most."""
OF_A_BUCKET = 200
"""People of a bucket that are looked at: of a million people a whole bucket takes a quarter of a second."""


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


def paths(
    db: Db, model: str, *, since: date | None = None, until: date | None = None, within_ms: int = 60
) -> Paths:
    """The most frequent ways to a first purchase made in the period (90 days), and how long they were.

    A step is `visit CHANNEL`, `message CHANNEL` (planned), `click CHANNEL` or `stage STAGE`; the same step
    twice in a row counts once. Lengths are told for everybody and for each segment that people are in now.
    """
    programme = store.programme(db, "model")
    first, last = store.period(db, programme.zone, since, until, 90)
    begin, end = store.instants(programme.zone, first, last)
    ways: list[tuple[str, tuple[str, ...], int, float]] = []
    members: dict[str, list[str]] = {}

    looked, ends = 0.0, time.monotonic() + within_ms / 1000

    def read(buckets: range) -> None:
        nonlocal looked
        for bucket in buckets:
            if len(ways) >= PEOPLE or (looked and time.monotonic() >= ends):
                return
            share, bought, facts, clicks, inside = store.path_rows(db, model, bucket, begin, end, OF_A_BUCKET)
            looked += share / BUCKETS
            for person, segment in inside:
                members.setdefault(person, []).append(segment)
            ways.extend(_ways(model, bought, facts, clicks))

    _portions(db, within_ms, read)
    total = len(ways)
    counted = Counter(way for _, way, _, _ in ways)
    return Paths(
        model,
        first,
        last,
        min(looked, 1.0),
        total,
        tuple(Path(way, count, count / total) for way, count in counted.most_common(TOLD)),
        tuple(_lengths(ways, members)),
    )


def _ways(
    model: str, bought: dict[str, Instant], facts: list[Any], clicks: list[Any]
) -> Iterator[tuple[str, tuple[str, ...], int, float]]:
    """(person, steps, touchpoints, days from the first to the purchase)."""
    steps: dict[str, list[tuple[Instant, str]]] = {person: [] for person in bought}
    for person, at, kind, channel, stage, name in facts:
        # What happens at the very instant of the purchase (the stage, the receipt) is what it caused.
        if at >= bought[person] or (kind == "stage_moved" and name != model):
            continue
        said = {"visit_started": f"visit {channel}", "send_planned": f"message {channel}"}
        steps[person].append((at, said.get(kind, f"stage {stage}")))
    for person, at, channel in clicks:
        if at <= bought[person]:
            steps[person].append((at, f"click {channel}"))
    for person, found in steps.items():
        ordered = [step for _, step in sorted(found, key=lambda each: each[0])]
        way = tuple(step for n, step in enumerate(ordered) if not n or ordered[n - 1] != step)
        touches = sum(1 for step in ordered if not step.startswith("stage "))
        days = (bought[person] - min((at for at, _ in found), default=bought[person])) / DAY
        yield person, way[-MOST_STEPS:], touches, days


def _lengths(
    ways: list[tuple[str, tuple[str, ...], int, float]], members: dict[str, list[str]]
) -> Iterator[Length]:
    of: dict[str, list[tuple[int, float]]] = {"": []}
    for person, _, touches, days in ways:
        for segment in ("", *members.get(person, ())):
            of.setdefault(segment, []).append((touches, days))
    for segment, found in sorted(of.items()):
        if found:
            yield Length(
                segment,
                len(found),
                median(touches for touches, _ in found),
                median(days for _, days in found),
            )
