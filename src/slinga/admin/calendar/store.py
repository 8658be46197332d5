"""The statements of the calendar.

In: a connection, days. Out: rows.
Always true: each list has a limit; only plan items are ever written.
"""

from datetime import date
from typing import Any

import msgspec

from slinga.admin.calendar.plan import Item
from slinga.kernel.clock import Instant
from slinga.runtime.db import At, Db, statements

S = statements(__file__)


def broadcasts(db: Db, until: Instant) -> list[tuple[Any, ...]]:
    """(key, document, state, starts, started, judged, warmed up) of what is to come or under way."""
    return db.execute(S.broadcasts, {"until": At(until)}).fetchall()


def planned(db: Db, zone: str) -> list[tuple[date, str, int]]:
    """(day, journey, messages) that wait, of the first 20,000."""
    return db.execute(S.planned, {"zone": zone}).fetchall()


def dates(db: Db, name: str, *, type: str = "", yearly: bool) -> tuple[dict[str, int], bool]:
    """How many people have a date on each day (10-15 where yearly), and whether that is exact."""
    buckets = int((db.execute(S.parts).fetchone() or (256,))[0])
    asked = {"name": name, "type": type, "from": 6 if yearly else 1, "buckets": buckets}
    rows = db.execute(S.thing_dates if type else S.trait_dates, asked).fetchall()
    found: dict[str, int] = {}
    for day, count in rows:
        key = day[:5] if yearly else day
        found[key] = found.get(key, 0) + round(count * 256 / buckets)
    return found, buckets == 256


def items(db: Db, first: date, last: date) -> list[Item]:
    """What was planned by hand."""
    rows = db.execute(S.items, {"first": first, "last": last}).fetchall()
    return [Item(**dict(zip(Item.__struct_fields__, row, strict=True))) for row in rows]


def item(db: Db, number: int) -> Item | None:
    """One plan item."""
    row = db.execute(S.item, {"id": number}).fetchone()
    return None if row is None else Item(**dict(zip(Item.__struct_fields__, row, strict=True)))


def save(db: Db, found: Item, by: str) -> None:
    """Write a plan item, a new one where its id is 0."""
    db.execute(S.edit_item if found.id else S.add_item, msgspec.structs.asdict(found) | {"by": by})


def remove(db: Db, number: int) -> None:
    """Remove a plan item."""
    db.execute(S.remove_item, {"id": number})
