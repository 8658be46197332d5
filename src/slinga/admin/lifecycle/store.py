"""Questions about stages: read-only, over sums and projections.

In: a connection. Out: days, counts, names.
Always true: nothing here writes; what pages ask reads sums or a bounded number of rows.
"""

from datetime import date

from slinga.runtime.db import Db, statements

S = statements(__file__)


def today(db: Db, zone: str) -> date:
    """The present day of a zone."""
    row = db.execute(S.today, {"zone": zone}).fetchone()
    assert row is not None  # it has no FROM
    found: date = row[0]
    return found


def history(db: Db, model: str) -> list[tuple[date, str, int]]:
    """(day, stage, change of how many stand there) of a model, in order of days."""
    return db.execute(S.history, {"model": model}).fetchall()


def links(db: Db, model: str, since: date, until: date) -> list[tuple[str, str, int]]:
    """(from stage or '', to stage, moves) within some days, both included."""
    return db.execute(S.links, {"model": model, "since": since, "until": until}).fetchall()


def sources(db: Db) -> list[str]:
    """Channels over which visits came, by name; fifty at most."""
    return [key for (key,) in db.execute(S.sources).fetchall() if key]


def positions(db: Db, model: str) -> list[tuple[str, str, int]]:
    """(stage, status or '', people) of a model."""
    return db.execute(S.positions, {"model": model}).fetchall()


def people_count(db: Db) -> tuple[int, int]:
    """(everybody, those of whom we know who they are)."""
    row = db.execute(S.people_count).fetchone() or (0, 0)
    return row[0], row[1]
