"""Questions about stages: read-only, over projections.

In: a connection. Out: counts.
Always true: nothing here writes.
"""

from slinga.runtime.db import Db, statements

S = statements(__file__)


def positions(db: Db, model: str) -> list[tuple[str, str, int]]:
    """(stage, status or '', people) of a model."""
    return db.execute(S.positions, {"model": model}).fetchall()


def people_count(db: Db) -> tuple[int, int]:
    """(everybody, those of whom we know who they are)."""
    row = db.execute(S.people_count).fetchone() or (0, 0)
    return row[0], row[1]
