"""How fast one sender may send: token buckets, pure.

In: a bucket's state, the monotonic seconds now, the number of items. Out: the new state and how many
seconds to wait, 0 for go ahead. Always true: over any span t at most burst + rate * t items pass.
"""

import math
from collections import OrderedDict

import msgspec


class Rate(msgspec.Struct, frozen=True):
    """Items per second over time, and at once."""

    rate: float
    burst: float


class Level(msgspec.Struct, frozen=True):
    """A bucket's fill at an instant (monotonic seconds)."""

    tokens: float
    at: float


def take(level: Level | None, rate: Rate, now: float, count: int) -> tuple[Level, int]:
    """Take `count` items; (new level, 0), or (level unchanged in content, whole seconds to wait)."""
    tokens = rate.burst if level is None else min(rate.burst, level.tokens + (now - level.at) * rate.rate)
    need = min(float(count), rate.burst)  # a request greater than the burst passes when the bucket is full
    if tokens >= need:
        return Level(tokens - count, now), 0
    return Level(tokens, now), max(1, math.ceil((need - tokens) / rate.rate))


class Paces:
    """The buckets of many senders; the least recently used are forgotten beyond `room`."""

    def __init__(self, room: int = 50_000) -> None:
        self._levels: OrderedDict[str, Level] = OrderedDict()
        self._room = room

    def take(self, sender: str, rate: Rate, now: float, count: int) -> int:
        """Seconds to wait, 0 for go ahead."""
        level, wait = take(self._levels.pop(sender, None), rate, now, count)
        self._levels[sender] = level
        if len(self._levels) > self._room:
            self._levels.popitem(last=False)
        return wait
