"""How much a worker takes on in one transaction.

In: how long the transactions so far took, and with how much. Out: how many lanes and how many inputs and
wake-ups the next one takes. Always true: whatever definitions cost, a transaction soon takes about `TICK_S`,
so that what comes in meanwhile waits no longer; at least one lane and a few inputs go.
"""

import msgspec

TICK_S, HEAVY_S = 0.2, 0.8
"""How long one transaction should take at most: about so long an input waits for the one under way. On a
machine that is busy with other things it may take longer, for smaller ones cost more in all; but no longer
than the other."""

LANES, SOME_LANES, FEWEST_LANES = 256, 64, 4
"""Lanes per transaction: all, where one can hold what waits; at most, where it cannot, so that other workers
find some; and at least."""

ROOM, FAIR_ROOM, LEAST_ROOM = 4_000, 500, 16
"""Inputs and wake-ups per transaction: at most, at least, and at least where definitions are heavy."""

FAIR = 4
"""Each so many transactions the lanes that have waited longest go first, whatever waits in them."""


class Pace(msgspec.Struct):
    """How much comes next. `room` counts inputs and wake-ups."""

    room: int = FAIR_ROOM
    busy: bool = False
    """Whether the last transaction filled its room."""
    deep: bool = True
    """Whether it left inputs behind in lanes that it had claimed; taken for granted of the first."""
    turns: int = 0

    @property
    def lanes(self) -> int:
        """Lanes to claim."""
        return max(FEWEST_LANES, min(SOME_LANES if self.deep else LANES, self.room // 2))

    @property
    def live_first(self) -> bool:
        """Whether lanes with live inputs go before those with portions of imports, broadcasts and timers."""
        return self.turns % FAIR != 0

    def first(self, each: int) -> int:
        """Lanes to read at once to begin with, `each` inputs of each: all, unless much waits in them."""
        return max(1, self.room // each) if self.deep else LANES

    def share(self, lanes: int) -> int:
        """Inputs to read of each of so many lanes: where little waits, they are seldom spread evenly."""
        return max(8, 2 * self.room // lanes)

    def took(self, items: int, seconds: float, *, left: bool) -> None:
        """Learn from a transaction that applied so many inputs and wake-ups; `left`: and left some behind."""
        self.turns += 1
        self.deep, self.busy = left, items >= self.room * 3 // 4
        if seconds > TICK_S:
            # Halved at most: one that was held up by something else says little.
            least = max(self.room // 2, FAIR_ROOM if seconds < HEAVY_S else LEAST_ROOM)
            self.room = min(self.room, max(least, round(items * TICK_S / seconds)))
        elif self.busy:
            self.room = min(ROOM, round(self.room * min(2.0, TICK_S / max(seconds, 0.001))))
