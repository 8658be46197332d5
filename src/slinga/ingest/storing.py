"""A group of requests made durable: in one statement, or each request by itself where the store refuses some.

In: a writing thread's connection, and requests. Out: each request turned into rows, with its outcome.
Always true: a request is stored whole or not at all, in one transaction; when `store` raises, nothing of the
group is stored, and when `rescue` raises, nothing of its request is (or nobody knows, because the connection
was lost while it committed).
"""

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import msgspec
import psycopg
from psycopg.pq import TransactionStatus

from slinga.ingest import log
from slinga.ingest import store as tables
from slinga.ingest.model import Drop, DropReason, Refused
from slinga.ingest.rows import by_person, spell
from slinga.ingest.steps import Refer
from slinga.ingest.worked import Job, Memory, Outcome, Work, Worked, judge, usual
from slinga.kernel.clock import SECOND, Instant
from slinga.runtime.db import Db

IDLE = 1.0
"""Seconds after which a connection is asked whether it still stands, before anything is sent over it."""

LARGE = 256
"""Rows from which on they are stored person by person, which the log's indexes like, and without holding the
log's lock until they are on disk."""


class _Moved(Exception):
    """The present was another than the rows rest on; nothing was stored."""


class Hand:
    """One writing thread's connection, and what its last answer said: the present, and whether keys of a
    release before are still remembered."""

    def __init__(self, connect: Callable[[], Db]) -> None:
        self._connect = connect
        self._db: Db | None = None
        self._now: Instant = 0
        self._told = 0.0
        self.remembered = False

    def ready(self) -> tuple[Db, Instant]:
        """A connection that answers, and about the present. One that was lost since is opened again, once."""
        passed = time.monotonic() - self._told
        if self._db is not None and not self._db.closed and passed < IDLE:
            return self._db, self._now + int(passed * SECOND)
        for again in (True, False):
            if self._db is None or self._db.closed:
                again, self._db = False, self._connect()
                tables.prepare(self._db)
            try:
                return self._db, self.ask(self._db)
            except psycopg.OperationalError:
                self.drop()
                if not again:
                    raise
        raise AssertionError("one of two attempts returns or raises")

    def ask(self, db: Db) -> Instant:
        """The present."""
        self.told(tables.now(db))
        return self._now

    def told(self, now: Instant) -> None:
        """The database said what the present is."""
        self._now, self._told = now, time.monotonic()

    def drop(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.close()
            self._db = None


def store(hand: Hand, jobs: Sequence[Job], joined: Memory, refer: Refer) -> list[Worked]:
    """Make rows of the jobs and store them, durably and together.

    Raises psycopg.DataError where the store cannot hold some of it, other errors of psycopg for a database
    that is down; then nothing is stored.
    """
    db, now = hand.ready()
    while True:
        if not all(usual(job, now) for job in jobs):
            now = hand.ask(db)  # what waits for the instant of receipt shall not guess it
        work = Work(now, joined, refer)
        worked = [work.of(job) for job in jobs]
        try:
            _write(hand, db, worked, now)
        except _Moved:
            _, now = hand.ready()
            continue
        joined.add([dedupe for one in worked for dedupe in one.merges], now)
        return worked


def rescue(hand: Hand, job: Job, refer: Refer) -> Outcome:
    """Store one job of a group that the store refused: all items but those that it cannot hold.

    Raises as `store`, and then nothing is stored.
    """
    while True:
        db, _ = hand.ready()
        try:
            with db.transaction():
                return _parted(hand, db, job, refer, hand.ask(db))
        except _Moved:
            continue


def _parted(hand: Hand, db: Db, job: Job, refer: Refer, now: Instant) -> Outcome:
    """Store a job whole if it can be, else each half of it; within a transaction."""
    job.unbundle(refer)
    # What others merged is asked for anew: the item that brings it may be the one that cannot be held.
    one = Work(now, Memory(), refer).of(job)
    try:
        with db.transaction():
            _write(hand, db, [one], now)
    except psycopg.DataError as error:
        middle = len(job.items) // 2
        if middle:
            out = Outcome(drops=[], warnings=[])
            for base, items in ((0, job.items[:middle]), (middle, job.items[middle:])):
                part = _parted(hand, db, msgspec.structs.replace(job, items=items), refer, now)
                out.accepted += part.accepted
                out.duplicates += part.duplicates
                out.drops += [(base + n, drop) for n, drop in part.drops]
                out.warnings += [(base + n, field, message) for n, field, message in part.warnings]
            return out
        fault = f"the store cannot hold this item: {error.diag.message_primary}"
        drop = Drop(DropReason.STORE, "", fault)
        tables.quarantine(db, [Refused(job.source, job.call, drop, job.items[0].raw, job.sent_at)], now)
        return Outcome(drops=[(0, drop)], warnings=[])
    return one.outcome


def _write(hand: Hand, db: Db, worked: Sequence[Worked], now: Instant) -> None:
    """Store the rows and what is refused, and tell the outcomes. Raises _Moved."""
    rows = worked[0].rows if len(worked) == 1 else [row for one in worked for row in one.rows]
    refused = [r for one in worked for r in one.refused]
    when = spell(now)
    low, high = max(one.low for one in worked), min(one.high for one in worked)
    when = when._replace(low=max(when.low, low), high=min(when.high, high))
    # One statement is a transaction; where more is stored with it, nothing may be if the rows are not.
    with db.transaction() if refused else nullcontext():
        tables.quarantine(db, refused, now)
        if not rows:
            return
        # What is asked of the log is asked of one person, and people are worked off beside each other.
        order = by_person(rows) if len(rows) >= LARGE else None
        placed = rows if order is None else [rows[n] for n in order]
        idle = db.info.transaction_status == TransactionStatus.IDLE
        unflushed = order is not None and idle
        taken = log.take(db, placed, when, ids=hand.remembered, unflushed=unflushed)
        hand.told(taken.accepted)
        hand.remembered = bool(taken.remembered)
        if taken.stored == log.OUTSIDE:
            raise _Moved
        # Beside the other writer, because the disk takes as long as some hundred rows. Where all was known
        # already nothing was written that would wait for the disk, and what is known may be on its way there.
        if unflushed or not taken.stored:
            log.flush(db)
    fates = taken.fates
    if fates is not None and order is not None:
        fates = [fate for _, fate in sorted(zip(order, fates, strict=True))]
    base = 0
    for one in worked:
        one.outcome.accepted = len(one.starts)
        if fates is not None:
            judge(one, fates[base : base + len(one.rows)])
        base += len(one.rows)
