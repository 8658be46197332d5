"""Keep the sums up to date: count new facts and events behind the cursors, correct once a day, count anew.

In: a connection; called by the loop beside the worker. Out: rows of sums.
Always true: sums and cursors commit together, so each fact and each event counts exactly once whatever dies;
one process counts at a time; counting never waits for the engine and the engine never waits for it; pages
read a whole counting and never one under way.

After an erasure or the undoing of an import, sums of what happened stay: they name nobody. How many stand
where, and how many are in a segment, is corrected once a day by comparing with the rows. A release that
counts in another form counts everything anew, beside the sums that pages go on reading; days that are no
longer wholly kept are taken over as they are.
"""

import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

import psycopg
import structlog

from slinga.engine.model import FORMAT, decode
from slinga.engine.projecting import project_runs
from slinga.insight.counting import store
from slinga.insight.counting.jobs import BUCKETS, EACH, portion
from slinga.insight.tally import FORM, Sums
from slinga.kernel.calendar import period
from slinga.kernel.clock import DAY, Instant
from slinga.runtime import clock
from slinga.runtime.db import Db
from slinga.segments.projection import Projection

PAUSE_S = 2.0
"""How long to gather before counting again: many rows in one go cost least."""

AFTER_A_FAULT_S = 60.0

TOO_FAR = 5_000
"""A correction waits while more than this is still to be counted."""

NEARLY_ALL = 1_000
"""A counting anew takes over once it lacks less than this: the rest is counted with it."""

LAST_PORTIONS = 20
"""So many at most, for somebody may report events without end."""

KEPT = ("events", "anonymous")
"""What is kept for a time only and counts; both lengths are told before anything is counted anew."""

log = structlog.get_logger("insight")


class State(NamedTuple):
    """`share` of what is kept that is counted, from 0 to 1. `older_since`: sums are of an older form, newer
    kinds count since then. `anew`: how much of a counting anew is done, None where none is under way.
    `taken_over`: days before it are counted in the form of their time; None where there are none."""

    share: float
    older_since: Instant | None
    anew: float | None
    taken_over: date | None


Save = Callable[[Db, Sequence[Projection]], object]
"""Writes rows of the projection: `segments.store.save_projection`."""


def attributed_days(db: Db) -> int:
    """So long after a click an order is its message's; older sums keep what held when they were counted."""
    return store.attributed_days(db)


class Counter:
    """Counts while there is something, then pauses; counts anew meanwhile. Not shared between threads."""

    def __init__(self, save: Save) -> None:
        self._save = save
        self._next = self._anew_at = 0.0
        self._correct_at: Instant = 0
        self._formed = False

    def turn(self, db: Db) -> bool:
        """Count one portion if it is time; whether there is more at once.

        A fault other than the connection's is logged and tried again: nothing else waits for sums.
        """
        now = time.monotonic()
        if now < self._next and now < self._anew_at:
            return False
        try:
            if now >= self._next:
                return self._turn(db)
            # Half of the time at most, so that whatever else goes on beside the worker goes on.
            step = anew_once(db)
            done = time.monotonic()
            self._anew_at = done + (done - now if step else AFTER_A_FAULT_S)
            if step == "over":
                self._correct_at = 0
            return False
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:
            log.exception("sums stand still", again_in_s=AFTER_A_FAULT_S)
            self._next = self._anew_at = time.monotonic() + AFTER_A_FAULT_S
            return False

    def _turn(self, db: Db) -> bool:
        if not self._formed:
            store.formed(db)
            self._formed = True
        if backfill(db, self._save):
            return True
        counted = tally_once(db)
        if counted >= BUCKETS * EACH // 2:
            return True
        self._next = time.monotonic() + PAUSE_S
        now = clock.now(db)
        if now >= self._correct_at and store.behind(db, store.form(db).gen, TOO_FAR) < TOO_FAR:
            self._correct_at = now + DAY
            correct(db)
        return False


def tally_once(db: Db) -> int:
    """Count one portion of new facts and events; how many rows. 0 too when another process counts."""
    with db.transaction():
        return portion(db, store.form(db).gen) if store.mine(db) else 0


def tally(db: Db) -> int:
    """Count until nothing is left; how many rows."""
    store.formed(db)
    total = 0
    while found := tally_once(db):
        total += found
    return total


def anew_once(db: Db, *, asked: bool = False) -> Literal["", "step", "over"]:
    """One step of counting anew, if the sums are of an older form or it is asked for; "" where there is none.

    Begins, counts a portion, changes over, or removes what a counting before left: each in one short
    transaction, so whatever ends it goes on from there.
    """
    with db.transaction():
        if asked:
            store.wait(db)
        elif not store.mine(db):
            return "step"
        if store.tidy(db):
            return "step"
        form = store.form(db)
        if form.next is None or form.next_form != FORM:
            lengths = store.kept_for(db, KEPT)
            if not asked and (form.form >= FORM or len(lengths) < len(KEPT)):
                return ""
            store.begin(db, _floor(db, lengths))
            log.info("sums are counted anew", form=FORM)
            return "step"
        nearly = store.behind(db, form.next, NEARLY_ALL) < NEARLY_ALL
        for _ in range(LAST_PORTIONS if nearly else 1):
            if not portion(db, form.next, floor=form.floor, older=form.gen):
                break
        if not nearly:
            return "step"
        store.change_over(db)
        log.info("sums were counted anew", form=FORM)
        return "over"


def _floor(db: Db, lengths: Sequence[str]) -> date | None:
    """The first day that is wholly kept; None where nothing can have been forgotten yet."""
    now = clock.now(db)
    found = [period(one) for one in lengths if one != "never"]
    kept_since = max((now - one.months * 28 * DAY - one.micros for one in found), default=0)
    began = store.began_at(db)
    if began is None or began >= kept_since:
        return None
    return Sums(store.workspace(db)[0]).moment(kept_since)[0] + timedelta(days=1)


def rebuild(db: Db, tell: Callable[[float], object] = lambda share: None) -> None:
    """Count everything anew from the facts and the log that are kept.

    Pages show the sums of before meanwhile, and workers count on. `tell` hears the share that is done.
    """
    while store.form(db).next is not None:
        with db.transaction():
            store.wait(db)
            store.give_up(db)
    before = store.form(db).gen
    while (form := store.form(db)).gen == before:
        anew_once(db, asked=True)
        if form.next is not None:
            tell(store.share(db, form.next))
    tally(db)
    correct(db)
    while _tidied(db):
        pass
    tell(1.0)


def _tidied(db: Db) -> bool:
    with db.transaction():
        return store.tidy(db)


def state(db: Db) -> State:
    """How far the sums are, and in which form."""
    form = store.form(db)
    older = form.form < FORM and form.next is None
    anew = None if form.next is None else store.share(db, form.next)
    return State(store.share(db, form.gen), form.since if older else None, anew, form.floor)


def correct(db: Db) -> int | None:
    """Bring stock and sizes to what stands now; how many sums were off, None when another process counts."""
    try:
        with db.transaction():
            store.one_snapshot(db)
            if not store.mine(db):
                return None
            gen = store.form(db).gen
            # What this snapshot holds and is not counted belongs to the same snapshot's positions.
            while portion(db, gen):
                pass
            zone, _ = store.workspace(db)
            return store.correct(db, gen, Sums(zone).moment(clock.now(db))[0])
    except psycopg.errors.SerializationFailure:
        return None


def backfill(db: Db, save: Save) -> bool:
    """Write the rows of runs of one bucket whose states are older than these rows; whether there was one."""
    bucket = store.without_runs(db)
    if bucket is None:
        return False
    with db.transaction():
        store.with_runs(db, None)
        store.hold_lane(db, bucket)
        people = [decode(state) for state in store.states(db, bucket, FORMAT)]
        save(
            db,
            [
                Projection(person.key, traits=None, runs=project_runs(person))
                for person in people
                if person.runs
            ],
        )
        store.with_runs(db, bucket)
    return True
