"""The message whose commands travel with the dot of the one before it (RFC 2920).

In: a parcel, and what is left of its batch. Out: the parcel, when its turn comes; or back to the others.
Always true: nothing of its content has left.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from slinga.channels.model import Parcel

_PATIENCE = 2.0
"""Seconds after which the message behind one whose final answer is slow goes another way."""


class Ahead:
    """The parcel whose commands travelled with the dot before it; nothing of its content has left.

    When that dot's answer is slow, the parcel goes to another connection instead of waiting behind it.
    """

    def __init__(self, todo: deque[Parcel], spawn: Callable[[], None]) -> None:
        self.parcel: Parcel | None = None
        self.given_back = False
        self._todo = todo
        self._spawn = spawn
        self._loop = asyncio.get_running_loop()
        self._since = 0.0
        self._looks = False

    def take(self, parcel: Parcel | None) -> None:
        self.parcel = parcel
        if parcel is not None:
            self._since = self._loop.time()
            if not self._looks:
                self._look_at(self._since + _PATIENCE)

    def started(self) -> Parcel | None:
        """Its turn has come."""
        parcel, self.parcel = self.parcel, None
        return parcel

    def give_back(self) -> None:
        """Return it to the others of its batch."""
        parcel = self.started()
        if parcel is not None:
            self._todo.appendleft(parcel)

    def _look_at(self, at: float) -> None:
        self._looks = True
        self._loop.call_at(at, self._look)

    def _look(self) -> None:
        """Pass on the one that has waited long enough; for a younger one look again."""
        self._looks = False
        if self.parcel is None:
            return
        if self._loop.time() < self._since + _PATIENCE:
            self._look_at(self._since + _PATIENCE)
            return
        self.given_back = True
        self.give_back()
        self._spawn()
