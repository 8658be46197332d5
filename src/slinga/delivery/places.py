"""The places of a courier: who takes them, and whether an answer is still to be hoped for.

In: batches, and what becomes of their messages. Out: counts by class and by lane. Always true: a message
takes a place until it is settled; one that has waited long for its answer does not count as work of its
lane, so that it holds up nothing behind it. Instants are of any steady clock.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable

from slinga.delivery.pacing import STALLED_AFTER, Stream
from slinga.kernel.clock import Instant


class Batch:
    """Messages that were claimed together.

    They keep what was taken for them until the last is settled, because the next batch is better large. When
    their answers stay away, each keeps only its own place.
    """

    def __init__(self, stream: Stream, places: int, now: Instant) -> None:
        self.stream = stream
        self.places = places
        self.settled = asyncio.Event()
        self._left = places
        self._heard_at = now

    def claimed(self, count: int, now: Instant) -> None:
        """So many are really there."""
        self.places = self._left = count
        self._heard_at = now

    def one_settled(self, now: Instant) -> None:
        """One more has its outcome on record."""
        self._left -= 1
        self._heard_at = now
        if self._left <= 0:
            self.settled.set()

    def taken(self, now: Instant) -> tuple[int, int]:
        """Places of messages that may yet be answered, and of those that are stuck."""
        if now - self._heard_at > STALLED_AFTER:
            return 0, self._left
        return self.places, 0


def taken(batches: Iterable[Batch], now: Instant) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """All places in use, by class; by lane those with hope of an answer, and the stuck ones."""
    busy, lanes, stuck = Counter[str](), Counter[str](), Counter[str]()
    for batch in batches:
        hopeful, hopeless = batch.taken(now)
        busy[batch.stream.message_class] += hopeful + hopeless
        lanes[batch.stream.lane] += hopeful
        stuck[batch.stream.lane] += hopeless
    return busy, lanes, stuck
