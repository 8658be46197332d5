"""The rows of uploads and of undos that were asked for.

Always true: an upload whose import has begun keeps its mapping; what is asked for outlives a crash.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.runtime.db import Db, Json, statements

S = statements(__file__)


class Upload(msgspec.Struct, frozen=True):
    """A file handed over. `state` is open, asked, done or failed; `total` 0 where it is not known yet."""

    id: int
    name: str
    path: str
    size: int
    by: str
    made_at: Instant
    mapping: dict[str, Any]
    state: str
    phase: str
    done: int
    total: int
    fault: str
    number: int | None
    """The import's, once it has begun."""


class Undo(msgspec.Struct, frozen=True):
    """An import that somebody wants taken back. `state` is asked, done or failed."""

    number: int
    by: str
    state: str
    phase: str
    done: int
    total: int
    fault: str


def add(db: Db, name: str, path: str, size: int, by: str, mapping: dict[str, Any]) -> int:
    """Keep an upload; its number."""
    values = {"name": name, "path": path, "size": size, "by": by, "mapping": Json(mapping)}
    (number,) = db.execute(S.add, values).fetchone() or (0,)
    return int(number)


def _one(rows: Sequence[Any] | None) -> Upload | None:
    return None if rows is None else Upload(*rows)


def find(db: Db, id: int) -> Upload | None:
    """An upload by its number."""
    return _one(db.execute(S.find, {"id": id}).fetchone())


def listed(db: Db, limit: int = 50) -> list[Upload]:
    """Uploads that are not finished, newest first."""
    return [Upload(*row) for row in db.execute(S.listed, {"limit": limit}).fetchall()]


def following(db: Db) -> Upload | None:
    """The upload that is to be worked on."""
    return _one(db.execute(S.next).fetchone())


def of_import(db: Db, number: int) -> Upload | None:
    """The upload that an import came from, if it came from the desk."""
    return _one(db.execute(S.of_import, {"import": number}).fetchone())


def map_as(db: Db, id: int, mapping: dict[str, Any]) -> bool:
    """Keep another mapping; False where the import has begun."""
    return db.execute(S.map, {"id": id, "mapping": Json(mapping)}).rowcount > 0


def ask(db: Db, id: int) -> bool:
    """Have it taken in, or gone on with; False where it is asked for already or done."""
    asked = db.execute(S.ask, {"id": id}).rowcount > 0
    db.execute(S.wake)
    return asked


def begun(db: Db, id: int, number: int) -> None:
    """Its import has this number."""
    db.execute(S.begun, {"id": id, "import": number})


def tell(db: Db, id: int, phase: str, done: int, total: int) -> None:
    """How far it is."""
    db.execute(S.tell, {"id": id, "phase": phase, "done": done, "total": total})


def end(db: Db, id: int, fault: str = "") -> None:
    """It is done, or failed for a reason."""
    db.execute(S.end, {"id": id, "state": "failed" if fault else "done", "fault": fault[:500]})


def drop(db: Db, id: int) -> str:
    """Forget an upload that was not begun; the path of its file, "" where it may not go."""
    row = db.execute(S.drop, {"id": id}).fetchone()
    return str(row[0]) if row else ""


def stale(db: Db) -> list[int]:
    """Uploads that nobody went on with for a week."""
    return [row[0] for row in db.execute(S.stale).fetchall()]


def ask_undo(db: Db, number: int, by: str) -> None:
    """Have an import taken back."""
    db.execute(S.ask_undo, {"import": number, "by": by})
    db.execute(S.wake)


def next_undo(db: Db) -> Undo | None:
    """The undo that is to be worked on."""
    row = db.execute(S.next_undo).fetchone()
    return None if row is None else Undo(*row)


def undo_of(db: Db, number: int) -> Undo | None:
    """What was asked about an import, if anything."""
    row = db.execute(S.undo_of, {"import": number}).fetchone()
    return None if row is None else Undo(*row)


def tell_undo(db: Db, number: int, phase: str, done: int, total: int) -> None:
    """How far an undo is."""
    db.execute(S.tell_undo, {"import": number, "phase": phase, "done": done, "total": total})


def end_undo(db: Db, number: int, fault: str = "") -> None:
    """An undo is done, or failed for a reason."""
    db.execute(S.end_undo, {"import": number, "state": "failed" if fault else "done", "fault": fault[:500]})


def hold(db: Db) -> bool:
    """Be the one who works on files."""
    (found,) = db.execute(S.hold).fetchone() or (False,)
    return bool(found)


def let_go(db: Db) -> None:
    """Let others work on files."""
    db.execute(S.let_go)
