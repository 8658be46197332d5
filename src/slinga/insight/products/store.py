"""The statements over `product`, and over the orders of people.

Always true: every function runs in the caller's transaction; each list has a limit.
"""

from collections.abc import Collection, Mapping
from typing import Any

from slinga.insight.products.ranks import Ranked
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import Ats, Db, Documents, Ints, Keys, statements

S = statements(__file__)


def add(db: Db, gen: int, found: Mapping[str, Ranked]) -> None:
    """Join ranks to those of before, in one counting."""
    if found:
        values = list(found.values())
        asked = {"ids": list(found), "ranks": [one.rank for one in values]}
        told = {"said": Documents([one.said for one in values]), "at": Ats(one.at for one in values)}
        db.execute(S.add, asked | told | {"gen": gen})


def ranked(db: Db, most: int) -> list[tuple[str, dict[str, Any]]]:
    """(id, what is said of it), what is bought most of late first."""
    return db.execute(S.ranked, {"most": most}).fetchall()


def owned(db: Db, people: Collection[str], orders: int) -> list[tuple[str, Any]]:
    """(person, products of an order), the newest orders of each."""
    asked = {"buckets": Ints(bucket_of(key) for key in people), "people": Keys(people), "orders": orders}
    return db.execute(S.owned, asked).fetchall()
