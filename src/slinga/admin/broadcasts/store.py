"""Questions about broadcasts: the list, one document.

In: a connection, keys. Out: rows.
Always true: nothing here writes; each list has a limit.
"""

import re
from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.runtime.db import Db, statements

S = statements(__file__)
ROWS = 200


class Listed(msgspec.Struct, frozen=True):
    """A broadcast in the list."""

    key: str
    document: dict[str, Any]
    state: str
    starts_at: Instant | None
    started_at: Instant | None
    audience: int
    created_by: str
    changed_at: Instant
    accepted: int
    clicked: int

    @property
    def name(self) -> str:
        return str(self.document.get("name") or self.key)


def listed(db: Db) -> list[Listed]:
    """Broadcasts, those under way first."""
    return [Listed(*row) for row in db.execute(S.listed, {"limit": ROWS}).fetchall()]


def one(db: Db, key: str) -> tuple[dict[str, Any], str, str, Instant] | None:
    """(document, state, by whom, changed when)."""
    return db.execute(S.one, {"key": key}).fetchone()


def names(db: Db) -> dict[str, str]:
    """What broadcasts are called, the 2,000 that changed last."""
    return dict(db.execute(S.names).fetchall())


def fresh_key(db: Db, name: str) -> str:
    """A key for a name that no broadcast has."""
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "broadcast"
    taken = {row[0] for row in db.execute(S.taken, {"like": base.replace("_", "\\_") + "%"}).fetchall()}
    return next(each for each in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if each not in taken)
