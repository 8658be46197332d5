"""Addressing an audience: portion by portion, and no more at a time than is soon applied.

In: a running broadcast, who its audience is. Out: commands in the log, the place behind them.
Always true: a portion and the place behind it commit together; who is addressed follows from the place alone,
so any process can go on from it; at most two portions wait to be applied, so a live input waits for no more.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.broadcasts import choice, store
from slinga.broadcasts.model import State
from slinga.broadcasts.store import Row
from slinga.broadcasts.warming import OTHERS, UNREACHABLE, WINDOWS, Warming, engaged
from slinga.delivery.addresses import receiver
from slinga.ingest import log
from slinga.ingest.model import PROVEN, New
from slinga.journeys.broadcast import DAYS_AT_MOST, Broadcast, chooses, journey_key, parse
from slinga.kernel.calendar import add, period
from slinga.kernel.clock import Instant
from slinga.kernel.ids import BUCKETS, bucket_of
from slinga.runtime import clock
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

Asking = Callable[[dict[str, Any]], set[str]]
"""The same of a condition's document, with all else settled."""

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
        self.whose: tuple[str, int, int] = ("", 0, -1)
        self.broadcast: Broadcast | None = None
        self.buckets = range(0)
        self.people: list[str] = []
        """Those of `buckets` who are in the audience and whose round this is, by key."""
        self.fits: dict[str, frozenset[str]] = {}
        """By content: of whom of them its condition is true."""
        self.bands: dict[str, int] = {}
        """While warming up: how lately each of them engaged."""
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
        if self.whose == (row.key, row.round, row.next_bucket):
            return
        broadcast = self.broadcast = parse(row.document)
        self.buckets = _some(db, row.next_bucket)
        asked = _asking(db, row, audience, zone, self.buckets)
        found = _whose_turn(asked, broadcast, row)
        # By key, which begins with the bucket: so a portion lies in few lanes, and holds up those alone.
        self.people = sorted(found)
        self.fits = {
            each.key: frozenset(asked(each.when)) for each in broadcast.contents if each.when is not None
        }
        self.bands = _bands(asked, found) if broadcast.warm_up is not None else {}
        self.whose = (row.key, row.round, row.next_bucket)

    def count(self, db: Db, row: Row, audience: Audience, zone: ZoneInfo) -> bool:
        """Before a sender warms up: count some more people by band; whether there was anybody to count."""
        broadcast = parse(row.document)
        if broadcast.warm_up is None:
            return False
        warming = msgspec.convert(row.warming, Warming)
        if warming.round != row.round:
            warming = warming.next_round(row.round)
        if warming.counted >= BUCKETS:
            return False
        buckets = _some(db, warming.counted)
        asked = _asking(db, row, audience, zone, buckets)
        people = sorted(_whose_turn(asked, broadcast, row))
        where, bands = store.addresses(db, people), _bands(asked, set(people))
        for person in people:
            warming.count(receiver(where.get(person, "")), bands[person])
        warming.counted = buckets.stop
        store.warmed(db, row.key, warming)
        return True

    def append(self, db: Db, row: Row) -> None:
        """Append the next portion and move the broadcast's place behind it."""
        first = bisect_left(self.people, f"{row.place:0{DIGITS}x}")
        end = min(len(self.people), first + self.most)
        while 0 < end < len(self.people) and _place(self.people[end]) == _place(self.people[end - 1]):
            end += 1
        people = self.people[first:end]
        assert self.broadcast is not None  # of `look`
        if end < len(self.people):
            store.advance(db, row.key, row.next_bucket, _place(people[-1]) + 1, len(people), row.state)
        else:
            first_round = self.broadcast.test is not None and row.round == 1
            ended = State.TESTING if first_round else State.ADDRESSED
            store.advance(db, row.key, self.buckets.stop, 0, len(people), ended)
            if first_round and self.buckets.stop >= BUCKETS:
                _judge_later(db, row.key, self.broadcast)
        told = self._told(db, row, people)
        base = {"journey": journey_key(row.key), "by": "broadcast"}
        news = [
            New(
                person,
                "command",
                "add_to_journey",
                {**base, "properties": more} if more else base,
                PROVEN,
                "broadcast",
            )
            for person, more in zip(people, told, strict=True)
        ]
        ends: dict[int, int] = {}
        for person, seq in zip(people, log.append(db, news), strict=True):
            ends[bucket_of(person)] = max(seq, ends.get(bucket_of(person), 0))
        self.waiting.append(Portion(ends, time.monotonic()))

    def _told(self, db: Db, row: Row, people: Sequence[str]) -> list[dict[str, Any]]:
        """What travels with each command: the content, and the day where the sender warms up."""
        broadcast = self.broadcast
        assert broadcast is not None
        told: list[dict[str, Any]] = [{} for _ in people]
        for person, each in zip(people, told, strict=True):
            if not broadcast.contents:
                break
            each["content"] = (
                choice.best(broadcast, person, self.fits)
                if chooses(broadcast)
                else row.winner or choice.drawn(broadcast, person)
            )
        plan = broadcast.warm_up
        if plan is not None and people:
            warming, last, where = msgspec.convert(row.warming, Warming), 0, store.addresses(db, people)
            for person, each in zip(people, told, strict=True):
                band = self.bands[person]
                day = warming.day(plan, receiver(where.get(person, "")), band)
                each["day"] = min(DAYS_AT_MOST, day)
                last = max(last, each["day"] if band != UNREACHABLE else 0)
            store.warmed(db, row.key, warming, last)
        return told


def _some(db: Db, first: int) -> range:
    """Buckets from one on, so many that a question about them is answered soon."""
    size = max(1, min(BUCKETS, ASKED * BUCKETS // max(1, store.population(db))))
    return range(first, min(BUCKETS, first + size))


def _asking(db: Db, row: Row, audience: Audience, zone: ZoneInfo, buckets: range) -> Asking:
    def asked(document: dict[str, Any]) -> set[str]:
        return audience(db, grammar.parse(document), zone, row.started_at or 0, buckets)

    return asked


def _whose_turn(asked: Asking, broadcast: Broadcast, row: Row) -> set[str]:
    """Those of the audience who belong to this round."""
    found = asked(row.document["audience"])
    if broadcast.test is None:
        return found
    return {person for person in found if choice.in_sample(broadcast, person) == (row.round == 1)}


def _bands(asked: Asking, people: set[str]) -> dict[str, int]:
    """The band of each: the smallest window in which they engaged."""
    reachable = asked({"op": "reachable", "channel": "email"})
    bands = {person: OTHERS if person in reachable else UNREACHABLE for person in people}
    for band in reversed(range(len(WINDOWS))):
        bands |= dict.fromkeys(asked(engaged(WINDOWS[band])) & reachable & people, band)
    return bands


def _judge_later(db: Db, key: str, broadcast: Broadcast) -> None:
    """The sample is addressed: it is judged so long after now."""
    assert broadcast.test is not None
    store.decide_at(db, key, add(clock.now(db), period(broadcast.test.after), ZoneInfo("UTC")))


def _place(key: str) -> int:
    return int(key[:DIGITS], 16)
