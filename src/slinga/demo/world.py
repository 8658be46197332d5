"""Let the twin and Slinga live together, step by step.

In: a twin, a world, an instant to live to. Out: nothing but what happened in the world.
Always true: within a step the order is calls and hits by instant, then everything Slinga does about them,
then what people do about that; the twin is kept after each step that ends at rest, so a demo that is killed
goes on where it was, and calls made twice are told apart by their message ids.
"""

import heapq
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from slinga.demo.model import Call, Hit, Mail
from slinga.demo.twin import Twin
from slinga.kernel.clock import DAY, HOUR, MINUTE, Instant

KEEP_EVERY = 7 * DAY
"""While a long time is lived at once, the twin is written down once in this much virtual time."""


class World(Protocol):
    """Slinga as the twin meets it."""

    def now(self) -> Instant:
        """The virtual present."""

    def move_to(self, at: Instant) -> None:
        """Let virtual time pass; never backwards."""

    def append(self, calls: Sequence[Call]) -> None:
        """Report calls. Where time stands still it passes from call to call."""

    def hit(self, hit: Hit) -> None:
        """Fetch a message's link or picture as a browser or mail program does."""

    def settle(self) -> None:
        """Let Slinga do everything that is due: advance people, send what is planned, judge hits."""

    def new_mails(self) -> list[Mail]:
        """Messages that arrived since the last time this was asked."""

    def next_due(self) -> Instant | None:
        """The next instant at which Slinga has something to do by itself."""

    def keep(self, twin: bytes, hits: bytes) -> None:
        """Write the twin down, together with how far its mailbox was read."""


class Living:
    """The twin, what its people are about to do with their messages, and the world."""

    def __init__(self, twin: Twin, world: World, hits: Sequence[Hit] = ()) -> None:
        self.twin = twin
        self.world = world
        self.hits = [(h.at, h.mail, h.kind, h) for h in hits]
        heapq.heapify(self.hits)
        self._kept_at = twin.lived_to

    def live(self, until: Instant, *, step: int, tell: Callable[[Instant], None] | None = None) -> None:
        """Live to `until` in steps of at most `step` microseconds; `tell` hears each instant reached."""
        while (now := self.world.now()) < until:
            at = min(until, self._next(now, step))
            self.world.append(list(self.twin.calls(at)))
            self.world.move_to(at)
            self.pass_by(at)
            if at - self._kept_at >= KEEP_EVERY:
                self.keep()
            if tell:
                tell(at)
        self.keep()

    def pass_by(self, now: Instant) -> None:
        """Do what was due up to `now`, which the clock has reached already."""
        self.world.append(list(self.twin.calls(now)))
        while self.hits and self.hits[0][0] <= now:
            self.world.hit(heapq.heappop(self.hits)[3])
        self.world.settle()
        for hit in self.twin.react(self.world.new_mails(), now):
            heapq.heappush(self.hits, (hit.at, hit.mail, hit.kind, hit))

    def keep(self) -> None:
        """Write the twin down."""
        self.world.keep(self.twin.save(), msgspec.msgpack.encode([entry[3] for entry in sorted(self.hits)]))
        self._kept_at = self.twin.lived_to

    def _next(self, now: Instant, step: int) -> Instant:
        """A step ahead, or straight to the first thing that happens where nothing does for longer."""
        ahead = [self.twin.next_at(), self.world.next_due(), self.hits[0][0] if self.hits else None]
        first = min((at for at in ahead if at is not None), default=now + DAY)
        return max(now + step, min(first, now + DAY))


def take_up(twin: bytes, hits: bytes, world: World) -> Living:
    """A life that was written down."""
    return Living(Twin.load(twin), world, msgspec.msgpack.decode(hits, type=list[Hit]))


def step_for(length: int) -> int:
    """How long one step is when `length` is lived at once: exact for days, coarser for months."""
    for most, step in (
        (3 * DAY, 5 * MINUTE),
        (21 * DAY, 15 * MINUTE),
        (90 * DAY, 30 * MINUTE),
        (250 * DAY, HOUR),
    ):
        if length <= most:
            return step
    return 3 * HOUR
