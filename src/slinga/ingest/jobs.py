"""Group commit: many requests, one durable transaction.

In: requests that were checked, each with its accepted calls and refused items. Out: a future per request,
resolved only after the commit that holds it is on disk.
Always true: the queue is bounded; a full queue or a database that is down is `Unavailable` at once, so
that senders keep their items and try again; one request that the store refuses harms no other.

While one group is being committed the next one gathers, so groups grow with load and a lone request waits
for nobody.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

import psycopg
import structlog

from slinga.ingest.steps import Refer
from slinga.ingest.storing import Hand, rescue, store
from slinga.ingest.worked import Job, Memory, Outcome
from slinga.kernel.clock import DAY
from slinga.kernel.errors import Unavailable
from slinga.runtime import meters
from slinga.runtime.db import Db

LOG = structlog.get_logger()

ROOM = 10_000
"""Requests that may wait."""

GROUP = 4_000
"""Items in one transaction."""

BYTES = 8_000_000
"""Bytes of bodies in one transaction, about."""

MUCH = 400
"""Items that wait from which on a second thread helps."""

SEEN_FOR = 8 * DAY
QUARANTINE_FOR = 90 * DAY


Told = tuple["asyncio.Future[Outcome] | Future[Outcome]", "Outcome | Unavailable"]


def tell(told: Sequence[Told]) -> None:
    """Give each waiter its answer; in the thread of the waiters' event loop."""
    for waiter, found in told:
        if waiter.done():  # the sender hung up
            continue
        if isinstance(found, Outcome):
            waiter.set_result(found)
        else:
            waiter.set_exception(found)


class Committer:
    """The threads that write, each on a connection of its own; call `start`, and `stop` at the end.

    One thread takes all that waits. The other helps where much waits, so that one prepares rows while the
    database writes those of the other; where little waits it would only make groups smaller.
    """

    def __init__(
        self, connect: Callable[[], Db], refer: Refer, *, room: int = ROOM, group: int = GROUP
    ) -> None:
        self._connect = connect
        self.refer = refer
        self._room = room
        self._group = group
        self._waiting: deque[Job] = deque()
        self._items = 0
        lock = threading.Lock()
        self._wakes = (threading.Condition(lock), threading.Condition(lock))
        self._enough = (1, MUCH)
        """How many items must wait for the first thread, and for the second."""
        self._asleep = [False, False]
        """Which thread waits for its wake-up; waking one that is awake costs as much as taking a request."""
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._joined = Memory()

    def start(self) -> None:
        """Begin; a database that is down is noticed by the first request, not here."""
        for number in range(len(self._wakes)):
            name = f"slinga-ingest-{number + 1}"
            self._threads.append(threading.Thread(target=self._run, args=(number,), name=name, daemon=True))
            self._threads[-1].start()

    def stop(self) -> None:
        """Refuse what is new, commit what waits, close the connections."""
        with self._wakes[0]:
            self._stopping = True
            for wake in self._wakes:
                wake.notify_all()
        for thread in self._threads:
            thread.join()
        self._threads = []

    async def take(self, job: Job) -> Outcome:
        """Queue a request of the running event loop and wait for its outcome. Raises Unavailable."""
        waiter: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        job.waiter = waiter
        self._put(job)
        return await waiter

    def submit(self, job: Job) -> "Future[Outcome]":
        """Queue a request of a thread. Raises Unavailable when the queue is full or the committer stops."""
        waiter: Future[Outcome] = Future()
        job.waiter = waiter
        self._put(job)
        return waiter

    def _put(self, job: Job) -> None:
        with self._wakes[0]:
            if self._stopping:
                raise Unavailable("the server is stopping; send it again")
            if len(self._waiting) >= self._room:
                raise Unavailable("too many requests wait to be stored; send it again later")
            self._waiting.append(job)
            self._items += job.count or 1
            for number, enough in enumerate(self._enough):
                if self._asleep[number] and self._items >= enough:
                    self._asleep[number] = False
                    self._wakes[number].notify()

    def _run(self, number: int) -> None:
        hand = Hand(self._connect)
        while jobs := self._gather(number):
            try:
                self._commit(hand, jobs)
            except BaseException as error:  # a bug must not leave requests waiting for ever
                LOG.error("ingest.commit_failed", error=repr(error))
                self._fail(jobs)
        hand.drop()

    def _gather(self, number: int) -> list[Job]:
        """The next group; empty when all is written and no more may come."""
        wake, enough = self._wakes[number], self._enough[number]
        jobs: list[Job] = []
        items = size = 0
        with wake:
            while self._items < enough and not self._stopping:
                self._asleep[number] = True
                wake.wait()
            while self._waiting and items < self._group and size < BYTES:
                jobs.append(self._waiting.popleft())
                items += jobs[-1].count or 1
                size += len(jobs[-1].body)
            self._items -= items
        return jobs

    def _commit(self, hand: Hand, jobs: Sequence[Job]) -> None:
        answered = 0
        try:
            try:
                began = time.monotonic()
                worked = store(hand, jobs, self._joined, self.refer)
                self._answer([(one.job, one.outcome) for one in worked], began)
            except psycopg.DataError:
                # Each by itself, and answered at once: whatever becomes of the next, this one is stored.
                for job in jobs:
                    began = time.monotonic()
                    self._answer([(job, rescue(hand, job, self.refer))], began)
                    answered += 1
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
            LOG.warning("ingest.database_down", error=str(error).strip())
            hand.drop()
            self._joined.clear()
            self._fail(jobs[answered:])

    def _answer(self, done: Sequence[tuple[Job, Outcome]], began: float) -> None:
        """Answer requests that are stored."""
        self._tell([(job.waiter, outcome) for job, outcome in done])
        meters.COMMIT.observe(time.monotonic() - began)
        outcomes = [outcome for _, outcome in done]
        meters.ingested(
            sum(outcome.accepted for outcome in outcomes),
            sum(outcome.duplicates for outcome in outcomes),
            sum(len(outcome.drops) for outcome in outcomes),
        )

    def _fail(self, jobs: Sequence[Job]) -> None:
        fault = "the database does not answer; send it again later"
        self._tell([(job.waiter, Unavailable(fault)) for job in jobs])

    @staticmethod
    def _tell(told: Sequence[Told]) -> None:
        """Wake each event loop once for all its waiters: a wake-up costs more than an answer."""
        loops: dict[asyncio.AbstractEventLoop | None, list[Told]] = {}
        for one in told:
            loop = one[0].get_loop() if isinstance(one[0], asyncio.Future) else None
            loops.setdefault(loop, []).append(one)
        for loop, theirs in loops.items():
            if loop is None:
                tell(theirs)
            else:
                with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                    loop.call_soon_threadsafe(tell, theirs)
