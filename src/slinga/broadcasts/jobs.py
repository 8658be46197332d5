"""Orders to broadcasts, and the loop that addresses audiences.

In: documents, orders of members, a connection. Out: commands in the log; states; progress.
Always true: an order that a broadcast has obeyed already changes nothing; a portion of the audience and the
place behind it commit together; a portion is appended only while few inputs wait, so live ones come first.
"""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.broadcasts import store
from slinga.broadcasts.addressing.jobs import Applied, Audience, Hand
from slinga.broadcasts.choice import Came, winner
from slinga.broadcasts.model import OPEN, Progress, State
from slinga.broadcasts.store import Row
from slinga.delivery.holds import jobs as outbox
from slinga.engine.jobs import Definition, publish
from slinga.journeys.broadcast import Broadcast, journey_key, parse
from slinga.kernel.calendar import add, period
from slinga.kernel.clock import DAY, MINUTE, Instant
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.kernel.ids import BUCKETS
from slinga.runtime import clock
from slinga.runtime.db import Db, locked_if_free

ROOM = 4_000
"""No portion is appended while more inputs than this wait to be applied."""


class Asked(msgspec.Struct, frozen=True):
    """What addressing asks of other stages."""

    audience: Audience
    behind: Callable[[Db, int], int]
    """How many inputs wait, counted no further than a limit."""
    applied: Applied


def create(db: Db, document: dict[str, Any], by: str = "") -> Broadcast:
    """Store a draft. Raises Invalid for a faulty document, Conflict where the key is taken."""
    found = parse(document)
    if not store.add(db, found.key, document, by):
        raise Conflict("there is a broadcast '%(key)s' already", field="key", key=found.key)
    return found


def edit(db: Db, document: dict[str, Any]) -> Broadcast:
    """Change a broadcast that has not started. Raises Invalid, Missing, or Conflict where it has."""
    found = parse(document)
    if not store.edit(db, found.key, document):
        row = _found(db, found.key)
        raise Conflict(
            "the broadcast is %(state)s; copy it under a new key", field="key", state=row.state.value
        )
    return found


def schedule(db: Db, key: str, starts_at: Instant) -> None:
    """Have it start by itself at an instant. Raises Missing, Conflict where it has started, Invalid."""
    with db.transaction():
        row = _found(db, key, lock=True)
        if row.state not in (State.DRAFT, State.SCHEDULED):
            raise Conflict("the broadcast is %(state)s", field="key", state=row.state.value)
        if starts_at <= clock.now(db):
            raise Invalid("this instant has passed; start it now, or choose a later one", field="starts_at")
        store.move(db, key, State.SCHEDULED, starts_at)


def unschedule(db: Db, key: str) -> None:
    """Make a scheduled broadcast a draft again. Raises Missing, Conflict where it has started."""
    with db.transaction():
        row = _found(db, key, lock=True)
        if row.state not in (State.DRAFT, State.SCHEDULED):
            raise Conflict("the broadcast is %(state)s", field="key", state=row.state.value)
        store.move(db, key, State.DRAFT)


def start(db: Db, key: str, by: str = "") -> bool:
    """Start it now; False where it has been started before.

    Raises Missing, Conflict where it was cancelled, and Invalid where it names what is not in force.
    """
    with db.transaction():
        row = _found(db, key, lock=True)
        if row.state in (*OPEN, State.DONE):
            return False
        if row.state is State.CANCELLED:
            raise Conflict("the broadcast was cancelled; copy it under a new key", field="key")
        publish(db, [Definition("broadcast", key, row.document)], by=by)
        store.begin(db, key)
    return True


def pause(db: Db, key: str, by: str = "") -> None:
    """Address nobody more and hold what is planned. Raises Missing, Conflict where nothing is under way."""
    with db.transaction():
        row = _found(db, key, lock=True)
        if row.state is State.PAUSED:
            return
        if row.state not in OPEN:
            raise Conflict("the broadcast is %(state)s", field="key", state=row.state.value)
        outbox.hold(db, f"journey:{journey_key(key)}", "paused", by)
        store.move(db, key, State.PAUSED)


def resume(db: Db, key: str) -> None:
    """Go on after a pause. Raises Missing, Conflict where it is not paused."""
    with db.transaction():
        row = _found(db, key, lock=True)
        if row.state in (State.RUNNING, State.TESTING, State.ADDRESSED):
            return
        if row.state is not State.PAUSED:
            raise Conflict("the broadcast is %(state)s", field="key", state=row.state.value)
        outbox.release(db, f"journey:{journey_key(key)}")
        tried = parse(row.document).test is not None and row.round == 1
        addressed = State.TESTING if tried else State.ADDRESSED
        store.move(db, key, addressed if row.next_bucket >= BUCKETS else State.RUNNING)


def cancel(db: Db, key: str) -> int:
    """Send nothing more of it, ever; how many planned messages were taken back.

    People who wait for their hour or were put off stay inside until then, and get nothing: the broadcast is
    no longer in force. Raises Missing, Conflict where it is done.
    """
    with db.transaction():
        row = _found(db, key, lock=True)
        if row.state is State.CANCELLED:
            return 0
        if row.state is State.DONE:
            raise Conflict("the broadcast is done", field="key")
        store.move(db, key, State.CANCELLED)
        if row.started_at is None:
            return 0
        publish(db, [Definition("broadcast", key, None, forget=True)])
        outbox.release(db, f"journey:{journey_key(key)}")
        return outbox.cancel_journey(db, journey_key(key))


def progress(db: Db, key: str) -> Progress:
    """How far a broadcast has come. Raises Missing."""
    return _progress(db, _found(db, key))


def next_due(db: Db) -> Instant | None:
    """When the next scheduled one starts."""
    return store.next_due(db)


def turn(db: Db, asked: Asked, zone: ZoneInfo, hand: Hand) -> bool:
    """Start what is due and address one portion of one audience; whether there was anything to do.

    Any number of workers may call it, each with a hand of its own.
    """
    due = store.due(db)
    for key in due:
        _start_due(db, key)
    if _decide(db):
        return True
    if not hand.free(db, asked.applied) or asked.behind(db, ROOM) >= ROOM:
        return bool(due)
    with db.transaction():
        row = store.running(db)
        if row is None:
            return bool(due)
        if hand.count(db, row, asked.audience, zone):
            return True
        hand.look(db, row, asked.audience, zone)
        hand.append(db, row)
    return True


def finish(db: Db) -> int:
    """Mark as done what has come to its end, or can no longer send; how many. Ask now and then.

    While another worker asks, this one leaves it at that.
    """
    found = 0
    with locked_if_free(db, "slinga.broadcasts") as free:
        for row in store.addressed(db) if free else ():
            if outbox.busy(db, journey_key(row.key)) or not (_accounted(db, row) or _over(db, row)):
                continue
            with db.transaction():
                again = store.find(db, row.key, lock=True)
                if again is not None and again.state is State.ADDRESSED:
                    store.move(db, row.key, State.DONE)
                    publish(db, [Definition("broadcast", row.key, None, forget=True)])
                    found += 1
    return found


def _accounted(db: Db, row: Row) -> bool:
    """Whether everybody of the audience has a message or a reason for none."""
    at = _progress(db, row)
    return at.planned + at.held_out + sum(at.excluded.values()) >= at.audience


def _over(db: Db, row: Row) -> bool:
    """Whether nothing of it can leave any more: everybody's hour has come and their message expired."""
    ends = max(row.started_at or 0, row.decide_at or 0, row.ends_at or 0)
    ends = add(ends, period(parse(row.document).expires), ZoneInfo("UTC")) + 2 * DAY
    return clock.now(db) > ends


def _decide(db: Db) -> bool:
    """Judge the samples whose time has come, and let the rest be addressed; whether there was one."""
    with db.transaction():
        rows = store.to_decide(db)
        for row in rows:
            test = parse(row.document).test
            came = _came(db, row)
            store.decided(db, row.key, winner(came, test.by) if test else "")
    return bool(rows)


def came(db: Db, key: str) -> dict[str, Came]:
    """What came of each content so far, counted now, those that nobody was sent too. Raises Missing."""
    return _came(db, _found(db, key))


def _came(db: Db, row: Row) -> dict[str, Came]:
    broadcast = parse(row.document)
    event = broadcast.test.event if broadcast.test else "Order Completed"
    found = store.came(db, journey_key(row.key), event)
    return {each.key: found.get(f"send_{each.key}", Came()) for each in broadcast.contents}


def _start_due(db: Db, key: str) -> None:
    try:
        start(db, key, by="schedule")
    except Invalid:  # what it names is no longer in force: somebody has to look, the others go on
        with db.transaction():
            store.move(db, key, State.DRAFT)
    except Conflict:  # cancelled a moment ago
        return


def _found(db: Db, key: str, *, lock: bool = False) -> Row:
    row = store.find(db, key, lock=lock)
    if row is None:
        raise Missing("there is no broadcast '%(key)s'", field="key", key=key)
    return row


def _progress(db: Db, row: Row) -> Progress:
    journey = journey_key(row.key)
    counts = outbox.counts(db, journey=journey) if row.started_at is not None else None
    excluded = {} if row.started_at is None else store.excluded(db, journey, row.started_at - MINUTE)
    held_out = excluded.pop("", 0)
    return Progress(
        key=row.key,
        name=str(row.document.get("name", "")),
        state=row.state,
        starts_at=row.starts_at,
        started_at=row.started_at,
        addressed=row.next_bucket / BUCKETS if row.state is not State.TESTING else 1.0,
        audience=row.audience,
        held_out=held_out,
        excluded=excluded,
        planned=counts.planned if counts is not None else 0,
        outcomes=counts.by_state if counts is not None else {},
        decide_at=row.decide_at,
        winner=row.winner,
        ends_at=row.ends_at,
    )
