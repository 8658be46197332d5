"""What every page needs of the database: the present, and the definitions in force.

In: a connection, people of a page. Out: an instant, a `Programme`, traits.
Always true: nothing here writes.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import Db, Key, statements

S = statements(__file__)


class Programme(msgspec.Struct, frozen=True):
    """The definitions in force, by kind and key; `live` is false for those that only finish."""

    number: int
    zone: str
    parts: dict[str, dict[str, dict[str, Any]]]
    live: dict[tuple[str, str], bool]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        return self.parts.get(kind, {})

    def model(self, wanted: str) -> str:
        """The lifecycle model to show: the wanted one, else the bow-tie, else any, else ''."""
        models = self.of("model")
        if wanted in models:
            return wanted
        return "bow-tie" if "bow-tie" in models else next(iter(models), "")


def now(db: Db) -> Instant:
    """The database's present."""
    row = db.execute(S.now).fetchone()
    return int(row[0]) if row else 0


def programme(db: Db) -> Programme:
    """The newest published program; number 0 when nothing was published."""
    rows = db.execute(S.program).fetchall()
    number, zone = rows[0][:2] if rows else (0, "UTC")
    parts: dict[str, dict[str, dict[str, Any]]] = {}
    live: dict[tuple[str, str], bool] = {}
    for _number, _zone, kind, key, _version, is_live, document in rows:
        # Versions come in order, so the newest live one stands.
        if is_live or key not in parts.get(kind, {}):
            parts.setdefault(kind, {})[key] = document
        live[kind, key] = live.get((kind, key), False) or bool(is_live)
    return Programme(number, zone, parts, live)


def traits(db: Db, people: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What is known of the people of one page, by key."""
    keys = list(people)
    given = {"buckets": sorted({bucket_of(key) for key in keys}), "people": [Key(key) for key in keys]}
    return dict(db.execute(S.traits, given).fetchall())
