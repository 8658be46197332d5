"""What is held back, why, and the replies in a row that lead to it.

In: settled messages. Out: holds by key: `lane:<lane>`, `journey:<key>`, `class:marketing`. Always true: a
hold carries the receiver's own words; one good answer ends a row of bad ones.
"""

from collections.abc import Sequence
from typing import Literal

from slinga.delivery.model import Message, Settled
from slinga.delivery.outcome import Kind
from slinga.delivery.pacing import hold_after, strike
from slinga.delivery.receipts import inputs
from slinga.delivery.states import State
from slinga.ingest import log
from slinga.kernel.clock import Instant
from slinga.messages.policy import Reason
from slinga.runtime.db import Db, statements

S = statements(__file__)


def hold(db: Db, key: str, reason: str, detail: str = "", *, held_for: int | None = None) -> None:
    """Hold back `lane:...`, `journey:...` or `class:...` for so many microseconds, or until released."""
    db.execute(S.hold, {"key": key, "reason": reason, "detail": detail, "for_us": held_for})


def release(db: Db, key: str) -> None:
    """Let go of what was held."""
    db.execute(S.release_hold, {"key": key})


LET_GO = "released:"
"""Before a hold's key: the row that remembers when a member of the team let go of it."""


def let_go(db: Db, key: str, member: str) -> bool:
    """Let go, by a member of the team; complaints are counted anew from here. Whether it was held."""
    with db.transaction():
        held_ = held(db, key) is not None
        release(db, key)
        db.execute(S.let_go, {"key": LET_GO + key, "member": member})
    return held_


def listed(db: Db) -> list[tuple[str, Instant | None, str, str]]:
    """What is held now: (key, until or None, reason, the receiver's words)."""
    return db.execute(S.holds).fetchall()


def count(db: Db, ends: Sequence[Settled]) -> None:
    """Count replies that are about us, not about an address, and hold what has too many in a row."""
    run: dict[tuple[str, Kind], tuple[int, str]] = {}
    fine: set[str] = set()
    for end in ends:
        if end.verdict is None:
            continue
        kind, message = end.verdict.kind, end.message
        if kind is Kind.ACCEPTED:
            fine |= {f"lane:{message.lane}", f"journey:{message.journey}"}
        elif key := strike(kind, message.lane, message.journey):
            run[key, kind] = (run.get((key, kind), (0, ""))[0] + 1, end.text)
    struck = {key for key, _ in run}
    if fine - struck:
        db.execute(S.clear_strikes, {"keys": sorted(fine - struck)})
    for (key, kind), (times, detail) in sorted(run.items()):
        row = db.execute(
            S.strike, {"key": key, "kind": kind.value, "detail": detail, "count": times}
        ).fetchone()
        found = hold_after(kind, key, row[0]) if row else None
        if found:
            hold(db, found.key, found.reason, detail, held_for=found.held_for)


MARKETING = "class:marketing"
"""The one switch: while it is held, no marketing leaves."""


def held(db: Db, key: str) -> tuple[Instant, str, str] | None:
    """Since when, why and in whose words a key is held; None when it is not."""
    return db.execute(S.held, {"key": key}).fetchone()


def late(db: Db) -> list[tuple[str, int, Instant, int]]:
    """Marketing that fell due while it was stopped: (journey, how many, the oldest, how many are stale)."""
    return db.execute(S.late).fetchall()


def resume(db: Db, answer: Literal["send", "skip", "expire"]) -> int:
    """Let marketing go again; what is late is sent, left out, or left out only where it is stale.

    One transaction; how many messages were left out, each with its receipt in the person's log.
    """
    with db.transaction():
        out: list[Message] = []
        if answer == "send":
            db.execute(S.keep_late)
        else:
            state = State.CANCELLED if answer == "skip" else State.EXPIRED
            reason = Reason.SKIPPED if answer == "skip" else Reason.EXPIRED
            rows = db.execute(
                S.cancel_late, {"state": state.value, "reason": reason.value, "stale": answer == "expire"}
            ).fetchall()
            out = [Message(*row) for row in rows]
        release(db, MARKETING)
        if out:
            log.append(db, inputs([Settled(message, state, reason.value) for message in out]))
    return len(out)


def cancel_journey(db: Db, journey: str) -> int:
    """Take back what is planned of a journey, each with its receipt in the person's log; how many.

    Runs in the caller's transaction, as its last statements.
    """
    rows = db.execute(S.cancel_journey, {"journey": journey, "reason": Reason.SKIPPED.value}).fetchall()
    ends = [Settled(Message(*row), State.CANCELLED, Reason.SKIPPED.value) for row in rows]
    log.append(db, inputs(ends))
    return len(ends)


def busy(db: Db, journey: str) -> bool:
    """Whether a message of a journey is still on its way."""
    return bool((db.execute(S.busy, {"journey": journey}).fetchone() or (False,))[0])
