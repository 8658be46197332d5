"""Keep the sums up to date: count new facts and events behind the cursors, correct once a day, count anew.

In: a connection; called by the loop beside the worker. Out: rows of `tally` and `stay`.
Always true: sums and cursors commit together, so each fact and each event counts exactly once whatever dies;
one process counts at a time; counting never waits for the engine and the engine never waits for it.

After an erasure or the undoing of an import, sums of what happened stay: they name nobody. How many stand
where, and how many are in a segment, is corrected once a day by comparing with the rows. Counting anew reads
the facts and the log that are still kept, so what retention or an erasure took is then gone from the sums.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import psycopg
import structlog

from slinga.engine.model import FORMAT, decode
from slinga.engine.projecting import project_runs
from slinga.insight.counting import store
from slinga.insight.counting.store import Portion
from slinga.insight.happened import REACTIONS, Event, count_names, order_key
from slinga.insight.happened import count as count_event
from slinga.insight.products import store as products
from slinga.insight.products.ranks import Ranked, gather
from slinga.insight.tally import FORM, Fact, Sent, Sums, count, money, text
from slinga.kernel.clock import DAY, Instant
from slinga.runtime.db import Db
from slinga.segments.projection import Projection

BUCKETS, EACH = 64, 100
"""Buckets in one transaction, and rows of each: short enough that nobody feels it."""

PAUSE_S = 2.0
"""How long to gather before counting again: many rows in one go cost least."""

AFTER_A_FAULT_S = 60.0

TOO_FAR = 5_000
"""A correction waits while more facts than this are still to be counted."""


log = structlog.get_logger("insight")


class State(NamedTuple):
    """`share` of what is kept that is counted, from 0 to 1; `newer_since`: kinds of sums that came with a
    later release are counted since then only, None where all are."""

    share: float
    newer_since: Instant | None


Save = Callable[[Db, Sequence[Projection]], object]
"""Writes rows of the projection: `segments.store.save_projection`."""


def attributed_days(db: Db) -> int:
    """So long after a click an order is its message's; older sums keep what held when they were counted."""
    return store.attributed_days(db)


class Counter:
    """Counts while there is something, then pauses. Not shared between threads."""

    def __init__(self, save: Save) -> None:
        self._save = save
        self._next = 0.0
        self._correct_at: Instant = 0
        self._formed = False

    def turn(self, db: Db) -> bool:
        """Count one portion if it is time; whether there is more at once.

        A fault other than the connection's is logged and tried again: nothing else waits for sums.
        """
        if time.monotonic() < self._next:
            return False
        try:
            return self._turn(db)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:
            log.exception("sums stand still", again_in_s=AFTER_A_FAULT_S)
            self._next = time.monotonic() + AFTER_A_FAULT_S
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
        now = store.now(db)
        if now >= self._correct_at and store.behind(db, TOO_FAR) < TOO_FAR:
            self._correct_at = now + DAY
            correct(db)
        return False


def tally_once(db: Db) -> int:
    """Count one portion of new facts and events; how many rows. 0 too when another process counts."""
    with db.transaction():
        return _portion(db) if store.mine(db) else 0


def tally(db: Db) -> int:
    """Count until nothing is left; how many rows."""
    total = 0
    while found := tally_once(db):
        total += found
    return total


def rebuild(db: Db, tell: Callable[[float], object] = lambda share: None) -> int:
    """Count everything anew from the facts and the log that are kept; how many rows.

    Pages show what is counted so far meanwhile, and workers count too. `tell` hears the share that is done.
    """
    with db.transaction():
        store.begin_anew(db)
        products.forget(db)
    total = 0
    while True:
        with db.transaction():
            store.wait(db)
            found = _portion(db)
        total += found
        tell(store.share(db))
        if not found and store.behind(db, 1) == 0:
            break
    correct(db)
    return total


def state(db: Db) -> State:
    """How far the sums are, and since when the newest kinds are counted."""
    form, since = store.form(db)
    return State(store.share(db), None if form >= FORM else since)


def correct(db: Db) -> int | None:
    """Bring stock and sizes to what stands now; how many sums were off, None when another process counts."""
    try:
        with db.transaction():
            store.one_snapshot(db)
            if not store.mine(db):
                return None
            # What this snapshot holds and is not counted belongs to the same snapshot's positions.
            while _portion(db):
                pass
            zone, _ = store.workspace(db)
            return store.correct(db, Sums(zone).moment(store.now(db))[0])
    except psycopg.errors.SerializationFailure:
        return None


def _portion(db: Db) -> int:
    zone, models = store.workspace(db)
    sums = Sums(zone)
    facts, inputs = store.new_facts(db, BUCKETS, EACH), store.new_inputs(db, BUCKETS, EACH)
    rows = _count_facts(db, sums, facts, models) if facts else 0
    rows += _count_inputs(db, sums, inputs, models) if inputs else 0
    if facts or inputs:
        store.add(db, sums)
        store.counted(db, facts, inputs)
    return rows or len(facts) + len(inputs)


def _count_facts(db: Db, sums: Sums, portions: list[Portion], models: list[str]) -> int:
    found = store.facts(db, portions)
    settled = [
        (f.bucket, f.body.message)
        for f in found
        if f.kind == "send_settled" and isinstance(f.body.message, str) and len(f.body.message) == 32
    ]
    messages = store.sent(db, settled) if settled else {}
    for fact in found:
        count(sums, fact, messages.get(text(fact.body.message)))
    _touches(db, sums, found, models, messages)
    _entries(db, sums, found)
    return len(found)


def _touches(db: Db, sums: Sums, found: list[Fact], models: list[str], messages: dict[str, Sent]) -> None:
    """Visits and messages, by the stage their person stood in."""
    touches = [
        fact
        for fact in found
        if fact.kind == "visit_started" or (fact.kind == "send_settled" and fact.body.outcome == "accepted")
    ]
    stages = store.stood(db, touches, models)
    for fact, places in zip(touches, stages, strict=True):
        visit = fact.kind == "visit_started"
        sent = messages.get(text(fact.body.message))
        channel = fact.body.channel if visit else sent.channel if sent else ""
        for model, stage in places:
            kind = "visit" if visit else "message"
            sums.add("touch", model, sums.moment(fact.at)[0], stage, kind, channel)


def _entries(db: Db, sums: Sums, found: list[Fact]) -> None:
    """The last touch before somebody came forward into a stage, or was placed in their first."""
    moves = [
        fact
        for fact in found
        if fact.kind == "stage_moved" and fact.body.direction != "back" and fact.body.cause != "merge"
    ]
    for fact, (visit, message) in zip(moves, store.before(db, moves), strict=True):
        day = sums.moment(fact.at)[0]
        for kind, channel in (("visit", visit), ("message", message)):
            if channel:
                sums.add("entry_touch", fact.name, day, fact.body.to_stage, kind, channel)
        if not visit and not message:
            sums.add("entry_touch", fact.name, day, fact.body.to_stage, "none")


def _count_inputs(db: Db, sums: Sums, portions: list[Portion], models: list[str]) -> int:
    named = store.names(db, portions)
    count_names(sums, named)
    found = store.events(db, portions)
    keys = [order_key(event) for event in found if event.name not in REACTIONS]
    before = store.orders(db, keys) if keys else {}
    known = dict(before)
    bought = [event for event in found if count_event(sums, event, known)]
    changed = {key: order for key, order in known.items() if before.get(key) != order}
    if changed:
        store.save_orders(db, changed)
    _stages_of(db, sums, bought, models)
    _products(db, bought)
    _clicks(db, sums, found, models)
    return sum(number for _, _, number in named)


def _stages_of(db: Db, sums: Sums, bought: list[Event], models: list[str]) -> None:
    """Orders, by the stage their person stood in just before."""
    places = store.stood(db, bought, models)
    for event, found in zip(bought, places, strict=True):
        total = event.properties.total if event.properties.total is not None else event.properties.revenue
        for model, stage in found:
            day = sums.moment(event.at)[0]
            sums.add("order_in", model, day, stage, event.properties.currency, value=money(total))


def _products(db: Db, bought: list[Event]) -> None:
    """What is bought, for recommendations."""
    found: dict[str, Ranked] = {}
    for event in bought:
        gather(found, event.properties.products, event.properties.currency, event.at)
    products.add(db, found)


def _clicks(db: Db, sums: Sums, found: list[Event], models: list[str]) -> None:
    """Clicks by people, by the stage they stood in."""
    clicks = [
        event for event in found if event.name == "Message Clicked" and event.properties.machine is not True
    ]
    places = store.stood(db, clicks, models)
    for event, stages in zip(clicks, places, strict=True):
        for model, stage in stages:
            day = sums.moment(event.at)[0]
            sums.add("touch_click", model, day, stage, "message", event.properties.channel)


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
