"""Group commit: many requests, one durable transaction.

In: requests that were checked, each with its accepted calls and refused items. Out: a future per request,
resolved only after the commit that holds it is on disk.
Always true: the queue is bounded; a full queue or a database that is down is `Unavailable` at once, so
that senders keep their items and try again; one request that the store refuses harms no other.

While one group is being committed the next one gathers, so groups grow with load and a lone request waits
for nobody.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress

import msgspec
import psycopg
import structlog

from slinga.ingest import log, store
from slinga.ingest.model import Call, Drop, DropReason, New, Source
from slinga.ingest.steps import Entry, Refer, enter
from slinga.ingest.store import Refused
from slinga.kernel.clock import DAY, Instant
from slinga.kernel.errors import Unavailable
from slinga.runtime.db import Db

LOG = structlog.get_logger()

ROOM = 10_000
"""Requests that may wait."""

GROUP = 4_000
"""Items in one transaction."""

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


def _good(worked: _Worked) -> list[int]:
    """The places of the items that make rows, in the order of `starts`."""
    dropped = {index for index, _ in worked.outcome.drops}
    return [n for n in range(len(worked.job.items)) if n not in dropped]


class Committer:
    """The thread that writes. `connect` opens its own connection; call `start`, and `stop` at the end."""

    def __init__(
        self, connect: Callable[[], Db], refer: Refer, *, room: int = ROOM, group: int = GROUP
    ) -> None:
        self._connect = connect
        self._refer = refer
        self._group = group
        self._queue: queue.Queue[Job | None] = queue.Queue(room)
        self._db: Db | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin; a database that is down is noticed by the first request, not here."""
        self._thread = threading.Thread(target=self._run, name="slinga-ingest", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse what is new, commit what waits, close the connection."""
        self._stopping = True
        if self._thread is None:
            return
        self._queue.put(None)
        self._thread.join()
        self._thread = None

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
        if self._stopping:
            raise Unavailable("the server is stopping; send it again")
        try:
            self._queue.put_nowait(job)
        except queue.Full:
            raise Unavailable("too many requests wait to be stored; send it again later") from None

    def _run(self) -> None:
        last = False
        while not last:
            jobs, last = self._gather()
            if not jobs:
                continue
            try:
                self._commit(jobs)
            except BaseException as error:  # a bug must not leave requests waiting for ever
                LOG.error("ingest.commit_failed", error=repr(error))
                self._fail(jobs)
        if self._db is not None:
            self._db.close()
            self._db = None

    def _gather(self) -> tuple[list[Job], bool]:
        first = self._queue.get()
        if first is None:
            return [], True
        jobs, items = [first], len(first.items)
        while items < self._group:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
            items += len(job.items)
        return jobs, False

    def _commit(self, jobs: Sequence[Job]) -> None:
        try:
            db = self._database()
            received = store.now(db)
            worked = [self._work(job, received) for job in jobs]
            try:
                self._write(db, worked, received)
            except psycopg.DataError:
                for one in worked:
                    self._rescue(db, one, received)
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError) as error:
            LOG.warning("ingest.database_down", error=str(error).strip())
            self._drop_connection()
            self._fail(jobs)
            return
        self._tell([(one.job.waiter, one.outcome) for one in worked])

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
            worked.news.extend(found.news)
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

    def _database(self) -> Db:
        if self._db is None or self._db.closed:
            self._db = self._connect()
            store.prepare(self._db)
        return self._db

    def _drop_connection(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

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
