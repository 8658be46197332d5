"""What was spent, as it was entered by hand or imported.

In: a connection. Out: rows.
Always true: only spend is ever written; each list has a limit.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from slinga.admin.reports.money.month import Spend
from slinga.runtime.db import Db, statements

S = statements(__file__)


def spends(db: Db, first: date, last: date) -> list[Spend]:
    """What was spent on any of some days, the newest first."""
    names = ("id", "source", "purpose", "from_day", "until_day", "amount", "currency", "note", "created_by")
    rows = db.execute(S.spends, {"first": first, "last": last}).fetchall()
    return [Spend(**dict(zip(names, row, strict=True))) for row in rows]


def save(db: Db, found: Sequence[Spend], by: str) -> None:
    """Write spend, all or none; the same row again replaces it."""
    with db.transaction():
        for each in found:
            db.execute(S.save_spend, msgspec.structs.asdict(each) | {"created_by": by})


def remove(db: Db, number: int) -> None:
    """Remove a row of spend."""
    db.execute(S.remove_spend, {"id": number})
