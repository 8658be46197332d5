"""Ways to a first purchase as sums: the touchpoints and stages before it, in order, and how long it took.

In: what somebody met with before their first order. Out: added to `Sums`; ways read from their columns.
Always true: pure; a way is counted once, with the order that ends it; what is met twice in a row is one step
of it and two touchpoints; a sum keeps the last steps, so that a page can tell different ways apart.

A step is `visit CHANNEL`, `message CHANNEL` (planned), `click CHANNEL` or `stage STAGE`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from slinga.insight.tally import Sums
from slinga.kernel.clock import Instant

STEPS = 5
"""Steps of a way that are kept, the last: a picture of more is not read."""
LOOKED_AT = 200
"""Touchpoints looked at of one person, the latest: whoever met with more has met with that many."""
_LONGEST = 36
"""Letters of a step, so that a way fits its column."""
_BETWEEN = "\x1f"


class Met(NamedTuple):
    """What somebody met with: a visit, a message or a click over a channel, or a stage of a model."""

    at: Instant
    kind: str
    channel: str
    stage: str
    model: str


_KINDS = {"visit_started": "visit", "send_planned": "message", "clicked": "click"}


class First(NamedTuple):
    """Somebody's first order: when it was made, when the log took it in and at which place."""

    bucket: int
    person: str
    seq: int
    at: Instant
    accepted_at: Instant


class Way(NamedTuple):
    """What somebody met with before their first order, and the segments that they were in."""

    met: list[Met]
    segments: list[str]


def count(sums: Sums, at: Instant, models: Sequence[str], way: Way, *, times: int = 1) -> None:
    """Add the way to a first order made at an instant; with `times` -1 take it away again."""
    met, segments = way
    day = sums.moment(at)[0]
    for model in models:
        found = sorted((one for one in met if one.model in ("", model)), key=lambda one: one.at)
        steps = [_step(one) for one in found]
        once = [step for n, step in enumerate(steps) if not n or steps[n - 1] != step]
        sums.add("way", model, day, _BETWEEN.join(once[-STEPS:]), count=times)
        touches = sum(not one.model for one in found)
        length = at - found[0].at if found else 0
        for segment in ("", *segments):
            sums.add("way_touches", model, day, segment, touches, count=times)
            sums.stay("way", model, day, length, part=segment, count=times)


def _step(one: Met) -> str:
    said = f"stage {one.stage}" if one.model else f"{_KINDS.get(one.kind, one.kind)} {one.channel}"
    return said.replace(_BETWEEN, " ")[:_LONGEST].rstrip()


def steps(column: str) -> tuple[str, ...]:
    """The steps of a way as it is kept."""
    return tuple(column.split(_BETWEEN)) if column else ()
