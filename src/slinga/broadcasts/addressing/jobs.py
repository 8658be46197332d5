"""Addressing an audience: portion by portion, and no more at a time than is soon applied.

In: a running broadcast, who its audience is. Out: commands in the log, the place behind them.
Always true: a portion and the place behind it commit together; who is addressed follows from the place alone,
so any process can go on from it; at most two portions wait to be applied, so a live input waits for no more.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from slinga.broadcasts import store
from slinga.broadcasts.store import Row
from slinga.ingest import log
from slinga.ingest.model import PROVEN, New
from slinga.journeys.broadcast import journey_key
from slinga.kernel.clock import Instant
from slinga.kernel.ids import BUCKETS, bucket_of
from slinga.runtime.db import Db
from slinga.segments import grammar

ASKED = 2_000
"""About how many people one question about the audience concerns."""

LEAST, FIRST, MOST = 50, 200, 2_000
"""People in one portion: at least, before anything is known, at most."""

SOON_S, LATE_S = 0.15, 0.4
"""A portion that is applied within the one is followed by a larger one, after the other by a smaller one."""

DIGITS = 8
"""Of a person's key make a place: enough for few to share one, too few to name anybody."""

Audience = Callable[[Db, grammar.Condition, ZoneInfo, Instant, Sequence[int]], set[str]]
"""The people of some buckets of whom a condition is true at an instant."""

Applied = Callable[[Db, dict[int, int]], bool]
"""Whether these lanes have been applied up to these places."""


class Portion(msgspec.Struct, frozen=True):
    """Commands that were appended: the end of each lane's, and when."""

    ends: dict[int, int]
    at_s: float


class Hand:
    """What one process remembers between portions; without it nothing is lost but pace."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.whose: tuple[str, int] = ("", -1)
        self.buckets = range(0)
        self.people: list[str] = []
        """Those of `buckets` who are in the audience, by key."""
        self.waiting: list[Portion] = []

    def free(self, db: Db, applied: Applied) -> bool:
        """Whether another portion may be appended; learns how soon the earlier ones were applied."""
        while self.waiting and applied(db, self.waiting[0].ends):
            took = time.monotonic() - self.waiting.pop(0).at_s
            if took < SOON_S:
                self.most = min(MOST, self.most * 2)
            elif took > LATE_S:
                self.most = max(LEAST, self.most // 2)
        return len(self.waiting) < 2

    def look(self, db: Db, row: Row, audience: Audience, zone: ZoneInfo) -> None:
        """Ask who the audience is in the buckets that the broadcast is at, where that is not in hand."""
        if self.whose == (row.key, row.next_bucket):
            return
        size = max(1, min(BUCKETS, ASKED * BUCKETS // max(1, store.population(db))))
        self.buckets = range(row.next_bucket, min(BUCKETS, row.next_bucket + size))
        condition = grammar.parse(row.document["audience"])
        # By key, which begins with the bucket: so a portion lies in few lanes, and holds up those alone.
        self.people = sorted(audience(db, condition, zone, row.started_at or 0, self.buckets))
        self.whose = (row.key, row.next_bucket)

    def append(self, db: Db, row: Row) -> None:
        """Append the next portion and move the broadcast's place behind it."""
        first = bisect_left(self.people, f"{row.place:0{DIGITS}x}")
        end = min(len(self.people), first + self.most)
        while 0 < end < len(self.people) and _place(self.people[end]) == _place(self.people[end - 1]):
            end += 1
        people = self.people[first:end]
        if end < len(self.people):
            store.advance(db, row.key, row.next_bucket, _place(people[-1]) + 1, len(people))
        else:
            store.advance(db, row.key, self.buckets.stop, 0, len(people))
        body = {"journey": journey_key(row.key), "by": "broadcast"}
        news = [New(person, "command", "add_to_journey", body, PROVEN, "broadcast") for person in people]
        ends: dict[int, int] = {}
        for person, seq in zip(people, log.append(db, news), strict=True):
            ends[bucket_of(person)] = max(seq, ends.get(bucket_of(person), 0))
        self.waiting.append(Portion(ends, time.monotonic()))


def _place(key: str) -> int:
    return int(key[:DIGITS], 16)
