"""Every statement over drafts; published versions are read here too.

In: a connection. Out: `Draft`s and `Version`s.
Always true: a save remembers the revision it makes, in the same transaction.
"""

from typing import Any

from slinga.drafts.model import Draft, Version
from slinga.kernel.clock import Instant
from slinga.runtime.db import Db, Json, statements

S = statements(__file__)


def now(db: Db) -> Instant:
    """The database's present."""
    row = db.execute(S.now).fetchone()
    return int(row[0]) if row else 0


def draft(db: Db, kind: str, key: str) -> Draft | None:
    """The draft, or None; kept until the transaction ends."""
    row = db.execute(S.draft, {"kind": kind, "key": key}).fetchone()
    return Draft(*row) if row else None


def drafts(db: Db, kind: str = "") -> list[Draft]:
    """All of a kind, or all."""
    return [Draft(*row) for row in db.execute(S.drafts, {"kind": kind}).fetchall()]


def save(db: Db, kind: str, key: str, document: dict[str, Any], *, based_on: int, by: str) -> Draft:
    """The next revision."""
    values = {"kind": kind, "key": key, "document": Json(document), "based_on": based_on, "by": by}
    row = db.execute(S.save, values).fetchone()
    assert row is not None  # the statement returns what it wrote
    saved = Draft(*row)
    db.execute(S.remember, values | {"revision": saved.revision})
    db.execute(S.forget, values | {"revision": saved.revision})
    return saved


def revisions(db: Db, kind: str, key: str) -> list[Version]:
    """The revisions of a draft, newest first; `version` is the revision."""
    return [Version(*row) for row in db.execute(S.revisions, {"kind": kind, "key": key}).fetchall()]


def discard(db: Db, kind: str, key: str) -> bool:
    """Forget a draft; whether there was one."""
    return db.execute(S.discard, {"kind": kind, "key": key}).rowcount > 0


def versions(db: Db, kind: str, key: str) -> list[Version]:
    """Every published version, newest first."""
    return [Version(*row) for row in db.execute(S.versions, {"kind": kind, "key": key}).fetchall()]
