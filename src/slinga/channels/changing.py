"""A channel that can be exchanged while it is used.

In: a way to ask what is wanted now, a way to make it. Out: a channel of the same kind.
Always true: a batch ends on the channel on which it began; the one before is closed when its last batch has
ended; while nobody can say what is wanted, what is there goes on.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from slinga.channels.model import Channel, Parcel, Result, TryLater
from slinga.runtime.db import FAULTS

W = TypeVar("W")
LOOK_EVERY_S = 2.0

say = structlog.get_logger("channels")


class Changing(Generic[W]):
    """`find` says what is wanted (compared by ==), `make` makes a channel of it."""

    def __init__(self, kind: str, find: Callable[[], W], make: Callable[[W], Channel]) -> None:
        self.kind = kind
        self._find = find
        self._make = make
        self._wanted: W | None = None
        self._channel: Channel | None = None
        self._using: Counter[int] = Counter()
        self._former: dict[int, Channel] = {}
        self._looked = float("-inf")
        self._lock: asyncio.Lock

    async def open(self) -> None:
        """Nothing is made until there is something to send."""
        self._lock = asyncio.Lock()
        self._looked = float("-inf")
        if self._channel is not None:
            await self._channel.open()

    async def close(self, *, abort: bool = False) -> None:
        """Close what is used now and what was used before."""
        for channel in [*self._former.values(), *([self._channel] if self._channel else [])]:
            await channel.close(abort=abort)

    async def send(self, parcels: Sequence[Parcel]) -> AsyncIterator[tuple[str, Result]]:
        """Send over the channel that is wanted at this moment."""
        try:
            channel = await self._present()
        except Exception as fault:  # a key's file that cannot be read, say: nothing has left, and it waits
            if not isinstance(fault, FAULTS):
                say.exception("no channel can be made", kind=self.kind)
            for parcel in parcels:
                yield parcel.id, TryLater(0, text=str(fault))
            return
        self._using[id(channel)] += 1
        try:
            async for answer in channel.send(parcels):
                yield answer
        finally:
            self._using[id(channel)] -= 1
            if not self._using[id(channel)] and (former := self._former.pop(id(channel), None)):
                await former.close()

    async def _present(self) -> Channel:
        """The channel to use; looked for anew when it was long ago. Raises FAULTS where it cannot be."""
        async with self._lock:
            if self._channel is not None and time.monotonic() < self._looked + LOOK_EVERY_S:
                return self._channel
            try:
                wanted = await asyncio.to_thread(self._find)
            except FAULTS:
                if self._channel is None:
                    raise
                return self._channel
            self._looked = time.monotonic()
            if self._channel is None or wanted != self._wanted:
                await self._exchange(wanted)
            assert self._channel is not None  # _exchange has set it
            return self._channel

    async def _exchange(self, wanted: W) -> None:
        made = self._make(wanted)
        await made.open()
        before, self._channel, self._wanted = self._channel, made, wanted
        if before is not None:
            say.info("channel exchanged", kind=self.kind)
            if self._using[id(before)]:
                self._former[id(before)] = before
            else:
                await before.close()
