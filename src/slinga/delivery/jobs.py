"""The courier: claims messages, has them written out, sends them, settles what came of it.

In: a connection pool, channels by kind, and three functions from above: the writer, the gate, and who
keys addresses. Out: settled messages. Always true: the network is touched only for messages whose attempt
`store.register` has committed under a lease that is still ours; results are settled in groups, each group
in one transaction, and a result in hand is never thrown away while the database is down.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from slinga.channels.model import Channel, Parcel, Result, Unknown, Untouched
from slinga.delivery import store
from slinga.delivery.book.store import key_maker
from slinga.delivery.faults import point
from slinga.delivery.model import Message, Settled
from slinga.delivery.notes.jobs import take_over
from slinga.delivery.notes.store import Notes, Unkept, open_notes
from slinga.delivery.pacing import Stream, Windows, share
from slinga.delivery.places import Batch, taken
from slinga.delivery.setup import Setup
from slinga.delivery.states import State
from slinga.kernel.clock import SECOND
from slinga.kernel.ids import new_token
from slinga.messages.liquid import RenderFailed
from slinga.runtime import meters
from slinga.runtime.db import Db
from slinga.runtime.garbage import uncollected

T = TypeVar("T")
Written = dict[tuple[int, str], bytes]
_DOWN = (psycopg.OperationalError, PoolTimeout)
_GROUP = 250
_WRITING_S = 2.0
"""So long messages may be written out while their claim keeps others away."""
say = logging.getLogger("slinga.delivery")


def _count(ends: Sequence[Settled]) -> None:
    """For /metrics; the time since the decision is told where the workspace lives in real time."""
    now = int(time.time() * SECOND)
    for end in ends:
        waited = (now - end.message.planned_at) / SECOND
        known = waited if 0 <= waited < 90_000 else None
        meters.settled(end.message.channel, end.state.value, end.message.message_class, known)


def _steady() -> int:
    """An instant of a clock that only goes forward."""
    return int(time.monotonic() * SECOND)


class Courier:
    """One process's share of the sending. Any number of couriers may run on one database."""

    def __init__(self, pool: ConnectionPool[Db], setup: Setup) -> None:
        self.setup = setup
        self._admitted: bool | None = None
        self._pool = pool
        self._key_of = key_maker(setup.pepper)
        self._windows = Windows(setup.per_lane)
        self._batches: set[Batch] = set()
        self._held: dict[tuple[int, str], Message] = {}
        self._tasks: set[asyncio.Task] = set()
        self.name: str
        self._notes: Notes | Unkept
        self._background: list[asyncio.Task] = []
        self._loop: asyncio.AbstractEventLoop
        self._results: asyncio.Queue[tuple[Message, Result, Batch]]
        self._changed: asyncio.Event
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="courier")

    def run_until_idle(self) -> int:
        """Send everything that is due at the database's present instant; how many rounds it took.

        For tests, the demo and moving virtual time: call it from a thread without an event loop.
        """
        return asyncio.run(self.drain())

    async def drain(self) -> int:
        """`run_until_idle` for callers that have a loop."""
        await self._open(self._settle_all, self._beat)
        rounds = 0
        try:
            await self._db(take_over, self.setup.begun)
            while True:
                rounds += 1
                started, left = await self._round()
                if not (started or left or self._tasks or self._held):
                    return rounds
                await self._wait(0.02 if started or not self._tasks else self.setup.poll_s)
        finally:
            await self._end()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then finish what is in flight, for at most `grace_s` seconds.

        What still awaits its answer then is recorded as `unknown`; what was only leased is given back.
        Raises what nobody foresaw: a courier that no longer settles, beats or recovers must not go on.
        """
        await self._open(self._settle_all, self._beat, self._recover)
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._changed.set())
        try:
            while not stop.is_set():
                try:
                    started, left = await self._round()
                except _DOWN as error:
                    say.warning("the database is away: %s", error)
                    await self._wait(1)
                    continue
                await self._wait(0.01 if started else 0.05 if left else self.setup.poll_s)
            await self._finish()
        finally:
            stopping.cancel()
            await self._end()

    def kick(self) -> None:
        """A hint that there is something new; for the same event loop."""
        self._changed.set()

    async def _open(self, *background: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._results = asyncio.Queue()
        self._changed = asyncio.Event()
        self.name = new_token(9)
        self._notes = open_notes(self.setup.begun, self.name)
        for channel in self.setup.channels.values():
            await channel.open()
        self._background = [asyncio.create_task(work()) for work in background]

    async def _finish(self) -> None:
        """Wait for what is in flight; when the grace is over, cut the wires and take the results."""
        deadline = time.monotonic() + self.setup.grace_s
        while (self._tasks or self._held) and time.monotonic() < deadline:
            await self._wait(0.1)
        if self._tasks:
            for channel in self.setup.channels.values():
                await channel.close(abort=True)
            deadline = time.monotonic() + 10
            while (self._tasks or self._held) and time.monotonic() < deadline:
                await self._wait(0.1)

    async def _end(self) -> None:
        for task in (*self._tasks, *self._background):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._background, return_exceptions=True)
        for channel in self.setup.channels.values():
            await channel.close()
        self._notes.close()

    async def _wait(self, seconds: float) -> None:
        """Until something changes, or so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    async def _db(self, work: Callable[..., T], *args: Any) -> T:
        def call() -> T:
            with self._pool.connection() as db:
                return work(db, *args)

        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def _round(self) -> tuple[int, int]:
        """Start batches for the streams with something due: (batches started, streams left for later)."""
        setup = self.setup
        for task in self._background:
            if task.done():
                task.result()  # raises why it ended
        if not self._admitted and not await self._may_send():
            return 0, 0
        found = await self._db(store.streams)
        now = _steady()
        busy, lanes, stuck = taken(self._batches, now)
        rooms = {
            lane: self._windows.room(lane, now, lanes[lane], stuck[lane])
            for lane in {stream.lane for stream in found}
        }
        open_ = [stream for stream in found if rooms[stream.lane].free > 0]
        sizes = {"room": setup.in_flight, "reserved": setup.reserved, "batch": setup.batch}
        parts = share(open_, busy, under_way=lanes, rooms=rooms, **sizes)
        for stream, places in parts:
            self._start(stream, places)
        return len(parts), len(found) - len(parts)

    async def _may_send(self) -> bool:
        before, self._admitted = self._admitted, await self._db(self.setup.admitted)
        if before is None and not self._admitted:
            say.warning("nothing is sent: this is a copy of another installation; see `slinga doctor`")
        return self._admitted

    def _start(self, stream: Stream, places: int) -> None:
        batch = Batch(stream, places, _steady())
        self._batches.add(batch)
        task = asyncio.create_task(self._work(batch))
        self._tasks.add(task)

        def done(_: asyncio.Task) -> None:
            self._tasks.discard(task)
            self._batches.discard(batch)
            self._changed.set()
            if not task.cancelled() and (error := task.exception()):
                say.error("a batch of %s failed", stream.lane, exc_info=error)

        task.add_done_callback(done)

    async def _work(self, batch: Batch) -> None:
        deadline = time.monotonic() + self.setup.lease_s * 0.8
        stream, places = batch.stream, batch.places
        channel = self.setup.channels.get(stream.channel)
        written, permitted = await self._db(self._prepared, stream, places)
        if permitted and channel is not None:
            batch.claimed(len(permitted), _steady())
            await self._send(channel, permitted, written, deadline, batch)

    def _prepared(self, db: Db, stream: Stream, places: int) -> tuple[Written, list[Message]]:
        """Claim, write out, pass through the gate: the bytes, and who may go.

        One transaction from the claim to the attempts: until it is committed nothing has changed.
        """
        setup, permitted = self.setup, list[Message]()
        try:
            with uncollected(), db.transaction():
                messages = store.claim(db, stream, places)
                point("after_lease")
                if not messages:
                    return {}, []
                written, failed = self._written(db, messages, setup.channels.get(stream.channel))
                ready = [message for message in messages if message.name in written]
                ask = (setup.gate, self._key_of, setup.domain, setup.lease_s, failed)
                permitted = store.register(db, self.name, ready, *ask)
                self._held |= {message.name: message for message in permitted}
        except _DOWN:
            # The commit may have succeeded all the same; nothing was dialled, and this says so.
            if permitted:
                self._loop.call_soon_threadsafe(self._untouched, permitted)
            raise
        point("after_attempt")
        return written, permitted

    def _written(
        self, db: Db, messages: Sequence[Message], channel: Channel | None
    ) -> tuple[Written, list[Settled]]:
        """The messages' bytes, and those that cannot be written out; slow ones leave the rest for later."""
        if channel is None:
            return {}, [Settled(message, State.CANCELLED, "no_channel") for message in messages]
        write, until = self.setup.writer(db), time.monotonic() + _WRITING_S
        out: Written = {}
        ends: list[Settled] = []
        for message in messages:
            try:
                result = write(store.named(message, self.setup.domain))
            except Exception as error:  # one person's data must not stop the other messages
                say.exception("rendering %s failed", message.template)
                result = RenderFailed(f"{type(error).__name__}: {error}")
            if isinstance(result, RenderFailed):
                ends.append(Settled(message, State.RENDER_FAILED, result.reason))
            else:
                out[message.name] = result
            if time.monotonic() > until:
                break
        return out, ends

    def _untouched(self, messages: Sequence[Message]) -> None:
        batch = Batch(Stream(messages[0].lane, messages[0].journey, 0), len(messages), _steady())
        for message in messages:
            self._results.put_nowait((message, Untouched(), batch))

    async def _send(
        self,
        channel: Channel,
        messages: Sequence[Message],
        written: Written,
        deadline: float,
        batch: Batch,
    ) -> None:
        waiting = {message.id: message for message in messages}
        begin = self._notes.begin
        if not getattr(channel, "tells", False):
            for message in messages:
                begin(message.id)
        parcels = [
            Parcel(
                message.id,
                message.address,
                written[message.name],
                message.message_id,
                message.message_class == "transactional",
                deadline,
                begin,
            )
            for message in messages
        ]
        try:
            async for name, result in channel.send(parcels):
                self._results.put_nowait((waiting.pop(name), result, batch))
        finally:
            for message in waiting.values():  # a channel that broke its promise may have sent these
                self._results.put_nowait((message, Unknown("the channel ended without an answer"), batch))
        await batch.settled.wait()

    async def _settle_all(self) -> None:
        while True:
            group = [await self._results.get()]
            await asyncio.sleep(0.005)  # let a group gather: one commit for many
            while len(group) < _GROUP and not self._results.empty():
                group.append(self._results.get_nowait())
            ends, unwritten = await self._settled([(message, result) for message, result, _ in group])
            _count(ends)
            point("after_settle")
            now = _steady()
            self._windows.heard(now, [(end.message.lane, end.kind) for end in ends])
            for message, _, batch in group:
                self._held.pop(message.name, None)
                if message.name not in unwritten:  # of those the note is all that tells that they were begun
                    self._notes.end(message.id)
                batch.one_settled(now)
            self._changed.set()

    async def _settled(
        self, results: Sequence[tuple[Message, Result]]
    ) -> tuple[list[Settled], set[tuple[int, str]]]:
        """What was written, and the names of messages whose results cannot be; waits for a lost database.

        Such a result is let go alone: its lease ends, and the message is `unknown` then.
        """
        while True:
            try:
                return await self._db(store.settle, results, self._key_of), set()
            except _DOWN as error:
                say.warning("cannot settle %d results yet: %s", len(results), error)
                await asyncio.sleep(0.5)
            except Exception:
                if len(results) == 1:
                    say.exception("the result of message %s cannot be written", results[0][0].id)
                    return [], {results[0][0].name}
                parts = [await self._settled([one]) for one in results]
                return [end for ends, _ in parts for end in ends], set().union(*[lost for _, lost in parts])

    async def _beat(self) -> None:
        """Keep what we hold: a wait for the final answer may last ten minutes."""
        while True:
            await asyncio.sleep(self.setup.lease_s / 3)
            if self._held:
                try:
                    await self._db(store.heartbeat, list(self._held.values()), self.setup.lease_s)
                except _DOWN as error:
                    say.warning("no heartbeat: %s", error)

    async def _recover(self) -> None:
        """Take over from couriers that are gone."""
        while True:
            try:
                found = await self._db(take_over, self.setup.begun)
                if any(found):
                    say.warning("recovered %d waiting, %d unknown, %d resent", *found)
                    self._changed.set()
            except _DOWN as error:
                say.warning("cannot recover: %s", error)
            await asyncio.sleep(self.setup.recover_s)
