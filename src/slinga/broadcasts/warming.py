"""Whose turn comes on which day while a sender warms up: the most recently engaged first.

In: how many people of each receiver are in each band, and who comes now. Out: a day for each.
Always true: pure; two people of one receiver never have the same place, so no day holds more than its share,
whoever addresses and in what portions; who was not expected when the bands were counted comes last.
"""

from typing import Any

import msgspec

from slinga.broadcasts.choice import day_of
from slinga.journeys.broadcast import WarmUp

WINDOWS = ("7d", "30d", "90d", "180d", "365d")
"""Bands: who clicked, opened or bought within so long; behind them everybody else who can be reached."""
OTHERS, UNREACHABLE = len(WINDOWS), len(WINDOWS) + 1
BANDS = UNREACHABLE + 1


def engaged(within: str) -> dict[str, Any]:
    """The condition of a band: a sign of life that receivers see or that money is."""
    window = {"last": within}
    signs: list[dict[str, Any]] = [
        {"op": "reaction", "kind": kind, "channel": "email", "window": window}
        for kind in ("clicked", "opened")
    ]
    return {"op": "any", "of": [*signs, {"op": "event", "name": "Order Completed", "window": window}]}


class Warming(msgspec.Struct):
    """How far a plan is: counted, and given. Lists are by band; the last of `given` are the unexpected."""

    round: int = 1
    counted: int = 0
    """Buckets whose people stand in `sizes`."""
    before: dict[str, int] = {}
    """Places taken by earlier rounds."""
    sizes: dict[str, list[int]] = {}
    given: dict[str, list[int]] = {}

    def count(self, receiver: str, band: int) -> None:
        """One more is expected."""
        self.sizes.setdefault(receiver, [0] * BANDS)[band] += 1

    def place(self, receiver: str, band: int) -> int:
        """The next place, from 0, among all messages to a receiver; it is taken."""
        sizes = self.sizes.get(receiver) or [0] * BANDS
        given = self.given.setdefault(receiver, [0] * (BANDS + 1))
        if given[band] < sizes[band]:
            found = sum(sizes[:band]) + given[band]
        else:
            band, found = BANDS, sum(sizes) + given[BANDS]
        given[band] += 1
        return self.before.get(receiver, 0) + found

    def day(self, plan: WarmUp, receiver: str, band: int) -> int:
        """On which day, from 0, the next of a band goes."""
        return day_of(plan, self.place(receiver, band))

    def next_round(self, number: int) -> "Warming":
        """Where the next round begins: behind all places of this one."""
        names = {*self.before, *self.sizes, *self.given}
        before = {
            name: self.before.get(name, 0) + sum(self.sizes.get(name, ())) + (self.given.get(name) or [0])[-1]
            for name in names
        }
        return Warming(round=number, before=before)
