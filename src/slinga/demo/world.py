"""Let the twin and Slinga live together, step by step.

In: a twin, a world, an instant to live to. Out: nothing but what happened in the world.
Always true: within a step the order is calls and hits by instant, then everything Slinga does about them,
then what people do about that; the twin is kept after each step that ends at rest, so a demo that is killed
goes on where it was, and calls made twice are told apart by their message ids.
"""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from slinga.demo.model import Call, Hit, Mail
from slinga.demo.twin import Twin
from slinga.kernel.calendar import local, zone
from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, Instant
from slinga.kernel.ids import chance

_TOWN = zone("Europe/Stockholm")
KEEP_EVERY = 7 * DAY
"""While a long time is lived at once, the twin is written down once in this much virtual time."""


class World(Protocol):
    """Slinga as the twin meets it."""

    def now(self) -> Instant:
        """The virtual present."""

    def move_to(self, at: Instant) -> Instant:
        """Let virtual time pass, never backwards; the present then."""

    def append(self, calls: Sequence[Call]) -> None:
        """Report calls. Where time stands still it passes from call to call."""

    def hit(self, hit: Hit) -> None:
        """Fetch a message's link or picture as a browser or mail program does."""

    def settle(self) -> None:
        """Let Slinga do what is due: judge hits, advance people, send what is planned."""

    def rest(self) -> None:
        """The same until nothing is due."""

    def new_mails(self) -> list[Mail]:
        """Messages that arrived since the last time this was asked."""

    def next_due(self) -> Instant | None:
        """The next instant at which Slinga has something to do by itself."""

    def keep(self, twin: bytes, hits: bytes) -> None:
        """Write the twin down, together with how far its mailbox was read."""


Pace = Callable[[Instant], Instant]
"""Where the step ends that begins at an instant; always later."""


class Living:
    """The twin, what its people are about to do with their messages, and the world."""

    def __init__(self, twin: Twin, world: World, hits: Sequence[Hit] = ()) -> None:
        self.twin = twin
        self.world = world
        self.hits = [(h.at, h.mail, h.kind, h) for h in hits]
        heapq.heapify(self.hits)
        self._kept_at = twin.lived_to

    def live(self, until: Instant, *, pace: Pace, tell: Callable[[Instant], None] | None = None) -> None:
        """Live to `until`, step by step; `tell` hears each instant reached."""
        while (now := self.world.now()) < until:
            at = min(until, self._next(now, pace(now)))
            self.pass_by(at)
            if at - self._kept_at >= KEEP_EVERY:
                self.keep()
            if tell:
                tell(at)
        self.world.rest()
        self.keep()

    def pass_by(self, at: Instant) -> None:
        """Live to `at`, which a running clock has reached already: calls and hits in order, then the rest."""
        calls = deque(self.twin.calls(at))
        while self.hits and self.hits[0][0] <= at:
            hit = heapq.heappop(self.hits)[3]
            before = []
            while calls and calls[0].at <= hit.at:
                before.append(calls.popleft())
            self.world.append(before)
            self.world.move_to(hit.at)
            self.world.hit(hit)
        self.world.append(calls)
        self.world.move_to(at)
        self.world.settle()
        for hit in self.twin.react(self.world.new_mails(), at):
            heapq.heappush(self.hits, (hit.at, hit.mail, hit.kind, hit))

    def keep(self) -> None:
        """Write the twin down."""
        self.world.keep(self.twin.save(), msgspec.msgpack.encode([entry[3] for entry in sorted(self.hits)]))
        self._kept_at = self.twin.lived_to

    def _next(self, now: Instant, at: Instant) -> Instant:
        """The end of the step, or straight to the first thing that happens where nothing does until then."""
        near = [self.twin.next_at(), self.hits[0][0] if self.hits else None]
        if any(ahead is not None and ahead <= at for ahead in near):
            return at
        first = min((t for t in (*near, self.world.next_due()) if t is not None), default=now + DAY)
        return max(at, min(first, now + DAY))


def take_up(twin: bytes, hits: bytes, world: World) -> Living:
    """A life that was written down."""
    return Living(Twin.load(twin), world, msgspec.msgpack.decode(hits, type=list[Hit]))


def every(step: int) -> Pace:
    """Steps of one length."""
    return lambda now: now + step


def _daily(*hours: int) -> Pace:
    """Once in the ninety minutes from each of these hours of the day in the shop's town.

    Not on the hour: an invented shop that sends at ten sharp looks invented.
    """

    def pace(now: Instant) -> Instant:
        here = local(now, _TOWN)
        midnight = now - ((here.hour * 60 + here.minute) * 60 + here.second) * SECOND - here.microsecond
        ahead = (*hours, *(hour + 24 for hour in hours), hours[0] + 48)
        ends = (midnight + hour * HOUR + int(chance("pace", midnight, hour) * 90 * MINUTE) for hour in ahead)
        return next(at for at in ends if at > now + 2 * HOUR)

    return pace


twice_a_day = _daily(10, 17)
"""When quiet hours hold no letter."""
once_a_day = _daily(17)
"""The same for New York too."""


def pace_for(length: int) -> Pace:
    """How people live along when `length` is lived at once: to minutes for hours, coarser for months."""
    for most, step in ((6 * HOUR, 5 * MINUTE), (2 * DAY, 30 * MINUTE), (7 * DAY, HOUR), (30 * DAY, 4 * HOUR)):
        if length <= most:
            return every(step)
    return twice_a_day
