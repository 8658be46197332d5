"""Every statement over asked rehearsals.

In: a connection. Out: `Asked`. Always true: only the row that is played is written while it plays.
"""

from typing import Any

from slinga.rehearsal.asked.model import Asked
from slinga.runtime.db import Db, Json, statements

S = statements(__file__)
KEPT = 20


def ask(db: Db, journey: str, request: dict[str, Any], by: str) -> int:
    """A new one that waits; its id."""
    row = db.execute(S.ask, {"journey": journey, "request": Json(request), "by": by}).fetchone()
    assert row is not None  # the statement returns what it wrote
    db.execute(S.forget, {"journey": journey, "keep": KEPT})
    return int(row[0])


def of_journey(db: Db, journey: str, limit: int = KEPT) -> list[Asked]:
    """Those of a journey, newest first, without reports."""
    return [Asked(*row) for row in db.execute(S.of_journey, {"journey": journey, "limit": limit}).fetchall()]


def one(db: Db, number: int) -> Asked | None:
    """One with its report."""
    row = db.execute(S.one, {"id": number}).fetchone()
    return Asked(*row) if row else None


def last_done(db: Db, journey: str) -> Asked | None:
    """The newest that came to its end."""
    row = db.execute(S.last_done, {"journey": journey}).fetchone()
    return Asked(*row) if row else None


def take(db: Db) -> tuple[int, dict[str, Any]] | None:
    """The next to play."""
    row = db.execute(S.take).fetchone()
    return (int(row[0]), row[1]) if row else None


def beat(db: Db, number: int, done: int, parts: int) -> bool:
    """Tell how far it is; False once it was cancelled."""
    return db.execute(S.beat, {"id": number, "done": done, "parts": parts}).fetchone() is not None


def finish(db: Db, number: int, state: str, report: dict[str, Any] | None, fault: str = "") -> None:
    """Keep what came of it."""
    values = {"id": number, "state": state, "report": Json(report) if report else None, "fault": fault}
    db.execute(S.finish, values)


def cancel(db: Db, number: int) -> bool:
    """Play it no further; whether it was still open."""
    return db.execute(S.cancel, {"id": number}).rowcount > 0
