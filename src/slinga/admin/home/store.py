"""Questions of the first page: read-only, over sums.

In: a connection. Out: counts. Always true: nothing here writes; nothing counts people one by one.
"""

from collections.abc import Sequence

from slinga.runtime.db import Db, statements

S = statements(__file__)


def standing(db: Db, model: str) -> dict[str, int]:
    """How many stand in each stage of a model."""
    return dict(db.execute(S.standing, {"model": model}).fetchall())


def today(db: Db, zone: str, figures: Sequence[str]) -> dict[str, int]:
    """How many of each figure were counted since midnight in a zone."""
    return dict(db.execute(S.today, {"zone": zone, "figures": list(figures)}).fetchall())


def begun(db: Db) -> tuple[bool, bool]:
    """Whether an event ever came, and whether the team is more than one."""
    row = db.execute(S.begun).fetchone()
    return (bool(row[0]), bool(row[1])) if row else (False, False)
