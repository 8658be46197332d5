"""What is held back, why, and the replies in a row that lead to it.

In: settled messages. Out: holds by key: `lane:<lane>`, `journey:<key>`, `class:marketing`. Always true: a
hold carries the receiver's own words; one good answer ends a row of bad ones.
"""

from collections.abc import Sequence

from slinga.delivery.model import Settled
from slinga.delivery.outcome import Kind
from slinga.delivery.pacing import hold_after, strike
from slinga.kernel.clock import Instant
from slinga.runtime.db import Db, statements

S = statements(__file__)


def hold(db: Db, key: str, reason: str, detail: str = "", *, held_for: int | None = None) -> None:
    """Hold back `lane:...`, `journey:...` or `class:...` for so many microseconds, or until released."""
    db.execute(S.hold, {"key": key, "reason": reason, "detail": detail, "for_us": held_for})


def release(db: Db, key: str) -> None:
    """Let go of what was held."""
    db.execute(S.release_hold, {"key": key})


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
