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
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress

import msgspec
import psycopg
import structlog

from slinga.ingest import log, store
from slinga.ingest.model import Call, Drop, DropReason, New, Source
from slinga.ingest.steps import Entry, Refer, enter
from slinga.ingest.store import Refused
from slinga.kernel.clock import DAY, MINUTE, Instant
from slinga.kernel.errors import Unavailable
from slinga.runtime import meters
from slinga.runtime.db import Db

LOG = structlog.get_logger()

ROOM = 10_000
"""Requests that may wait."""

GROUP = 4_000
"""Items in one transaction."""

MUCH = 400
"""Items that wait from which on a second thread helps."""

GONE = Drop(
    DropReason.ERASED, "", "this person's data were erased; stop sending about them, or readmit them first"
)
"""Answered without keeping anything of the item, not even in the quarantine."""

SEEN_FOR = 8 * DAY
QUARANTINE_FOR = 90 * DAY


class Checked(msgspec.Struct):
    """One item after the pure steps: a call to append or a drop to keep aside."""

    raw: bytes
    found: Call | Drop


class Job(msgspec.Struct):
    """One request on its way to the log. `waiter` gets the outcome, or what made it fail."""

    source: Source
    items: list[Checked]
    call: str = ""
    sent_at: Instant | None = None
    waiter: "asyncio.Future[Outcome] | Future[Outcome]" = msgspec.field(default_factory=Future)


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


class Outcome(msgspec.Struct):
    """What became of a request, item by item; `drops` and `warnings` carry the item's index."""

    accepted: int = 0
    duplicates: int = 0
    drops: list[tuple[int, Drop]] = []
    warnings: list[tuple[int, str, str]] = []


class _Worked(msgspec.Struct):
    """A job turned into rows: where each accepted item's rows begin, and what is refused."""

    job: Job
    news: list[New]
    starts: list[int]
    refused: list[Refused]
    outcome: Outcome


class Memory:
    """The merges that were stored within the last minute, so that a visitor who names two ids with every call
    asks the store once a minute whether they are one. May be used by several threads."""

    def __init__(self, room: int = 20_000) -> None:
        self._at: dict[str, Instant] = {}
        self._room = room

    def has(self, dedupe: str, now: Instant) -> bool:
        """Whether the store has this merge for certain."""
        at = self._at.get(dedupe)
        return at is not None and abs(now - at) < MINUTE

    def add(self, stored: Iterable[str], now: Instant) -> None:
        """Remember merges that were committed just now."""
        self._at.update(dict.fromkeys(stored, now))
        if len(self._at) > self._room:
            self._at = {dedupe: at for dedupe, at in list(self._at.items()) if abs(now - at) < MINUTE}
            if len(self._at) > self._room:
                self.clear()

    def clear(self) -> None:
        """Forget all: the database may be another one now."""
        self._at = {}


def _good(worked: _Worked) -> list[int]:
    """The places of the items that make rows, in the order of `starts`."""
    dropped = {index for index, _ in worked.outcome.drops}
    return [n for n in range(len(worked.job.items)) if n not in dropped]


class _Hand:
    """One writing thread's connection."""

    def __init__(self, connect: Callable[[], Db]) -> None:
        self._connect = connect
        self._db: Db | None = None

    def now(self) -> tuple[Db, Instant]:
        """A connection that answers, and the present. One that was lost since is opened again, once."""
        for again in (True, False):
            if self._db is None or self._db.closed:
                again, self._db = False, self._connect()
                store.prepare(self._db)
            try:
                return self._db, store.now(self._db)
            except psycopg.OperationalError:
                self.drop()
                if not again:
                    raise
        raise AssertionError("one of two attempts returns or raises")

    def drop(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.close()
            self._db = None


class Committer:
    """The threads that write, each on a connection of its own; call `start`, and `stop` at the end.

    One thread takes all that waits. The other helps where much waits, so that one prepares rows while the
    database writes those of the other; where little waits it would only make groups smaller.
    """

    def __init__(
        self, connect: Callable[[], Db], refer: Refer, *, room: int = ROOM, group: int = GROUP
    ) -> None:
        self._connect = connect
        self._refer = refer
        self._room = room
        self._group = group
        self._waiting: deque[Job] = deque()
        self._items = 0
        lock = threading.Lock()
        self._wakes = (threading.Condition(lock), threading.Condition(lock))
        self._enough = (1, MUCH)
        """How many items must wait for the first thread, and for the second."""
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
            self._items += len(job.items) or 1
            for wake, enough in zip(self._wakes, self._enough, strict=True):
                if self._items >= enough:
                    wake.notify()

    def _run(self, number: int) -> None:
        hand = _Hand(self._connect)
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
        jobs, items = [], 0
        with wake:
            while self._items < enough and not self._stopping:
                wake.wait()
            while self._waiting and items < self._group:
                jobs.append(self._waiting.popleft())
                items += len(jobs[-1].items) or 1
            self._items -= items
        return jobs

    def _commit(self, hand: _Hand, jobs: Sequence[Job]) -> None:
        began = time.monotonic()
        try:
            db, received = hand.now()
            worked = [self._work(job, received) for job in jobs]
            try:
                self._write(db, worked, received)
                merges = [new.dedupe for one in worked for new in one.news if new.kind == "merge"]
            except psycopg.DataError:
                merges = []
                for one in worked:
                    self._rescue(db, one, received)
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
            LOG.warning("ingest.database_down", error=str(error).strip())
            hand.drop()
            self._joined.clear()
            self._fail(jobs)
            return
        self._tell([(one.job.waiter, one.outcome) for one in worked])
        meters.COMMIT.observe(time.monotonic() - began)
        for one in worked:
            meters.ingested(one.outcome.accepted, one.outcome.duplicates, len(one.outcome.drops))
        self._joined.add(merges, received)

    def _work(self, job: Job, received: Instant) -> _Worked:
        outcome = Outcome(drops=[], warnings=[])
        worked = _Worked(job, [], [], [], outcome)
        for index, item in enumerate(job.items):
            found: Entry | Drop = (
                item.found
                if isinstance(item.found, Drop)
                else enter(item.found, job.source, received, self._refer)
            )
            if isinstance(found, Drop):
                outcome.drops.append((index, found))
                worked.refused.append(Refused(job.source, job.call, found, item.raw, job.sent_at))
                continue
            worked.starts.append(len(worked.news))
            worked.news.append(found.news[0])
            worked.news += [new for new in found.news[1:] if not self._joined.has(new.dedupe, received)]
            outcome.warnings.extend((index, field, message) for field, message in found.warnings)
        return worked

    @staticmethod
    def _write(db: Db, worked: Sequence[_Worked], received: Instant) -> None:
        with db.transaction():
            store.quarantine(db, [r for one in worked for r in one.refused], received)
            seqs = log.append(db, [new for one in worked for new in one.news])
        base = 0
        for one in worked:
            taken = [seqs[base + start] for start in one.starts]
            if log.ERASED in taken:
                good = _good(one)
                one.outcome.drops += [
                    (n, GONE) for n, seq in zip(good, taken, strict=False) if seq == log.ERASED
                ]
            one.outcome.accepted = sum(1 for seq in taken if seq != log.ERASED)
            one.outcome.duplicates = sum(1 for seq in taken if not seq)
            base += len(one.news)

    def _rescue(self, db: Db, one: _Worked, received: Instant) -> None:
        """Write a job of a group that the store refused: whole if it can be, else item by item."""
        try:
            self._write(db, [one], received)
            return
        except psycopg.DataError:
            pass
        final = Outcome(drops=list(one.outcome.drops), warnings=one.outcome.warnings)
        refused = list(one.refused)
        good = _good(one)
        ends = [*one.starts[1:], len(one.news)]
        for index, start, end in zip(good, one.starts, ends, strict=True):
            single = _Worked(one.job, one.news[start:end], [0], [], Outcome())
            try:
                self._write(db, [single], received)
            except psycopg.DataError as error:
                drop = Drop(
                    DropReason.STORE, "", f"the store cannot hold this item: {error.diag.message_primary}"
                )
                final.drops.append((index, drop))
                refused.append(
                    Refused(one.job.source, one.job.call, drop, one.job.items[index].raw, one.job.sent_at)
                )
                continue
            if single.outcome.drops:
                final.drops.append((index, GONE))
                continue
            final.accepted += 1
            final.duplicates += single.outcome.duplicates
        with db.transaction():
            store.quarantine(db, refused, received)
        one.outcome = final

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
