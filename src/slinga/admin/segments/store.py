"""Questions about who is in segments: read-only, over projections.

In: a connection, keys of people. Out: sizes, who can be reached.
Always true: nothing here writes; questions about people are asked of a bounded number of them.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import Db, Key, statements

S = statements(__file__)
ROWS = 100


class Reach(msgspec.Struct, frozen=True):
    """Of `people`, how many a channel reaches, and why not the others. `unsure` has an address that is not
    confirmed or does not work."""

    channel: str
    people: int
    reached: int
    refused: int
    without: int

    @property
    def unsure(self) -> int:
        return self.people - self.reached - self.refused - self.without


def size(db: Db, segment: str) -> int:
    """How many are in a published segment."""
    row = db.execute(S.size, {"segment": segment}).fetchone()
    return int(row[0]) if row else 0


def sizes(db: Db) -> dict[str, int]:
    """How many are in each published segment; an empty one is left out."""
    return dict(db.execute(S.sizes).fetchall())


def daily(db: Db, segment: str) -> list[tuple[date, int, int, int]]:
    """(day, change of size, entered, left) in order of the workspace's days."""
    return db.execute(S.daily, {"segment": segment}).fetchall()


def people(db: Db, segment: str, after: str = "") -> list[tuple[int, str, Instant, dict[str, Any]]]:
    """A page of (bucket, person, since, traits) behind the person `after`."""
    key = after if len(after) == 32 and all(c in "0123456789abcdef" for c in after) else ""
    place = {"bucket": bucket_of(key) if key else -1, "after": Key(key or "0" * 32)}
    return db.execute(S.people, {"segment": segment, "limit": ROWS, **place}).fetchall()


def reach(db: Db, people: Iterable[str]) -> list[Reach]:
    """Who of these people can be reached by which channel."""
    found = {row[0]: Reach(*row) for row in db.execute(S.reach, _who(people)).fetchall()}
    return [found[channel] for channel in ("email", "push", "sms") if channel in found]


def topics(db: Db, people: Iterable[str]) -> list[tuple[str, str, int]]:
    """(channel, topic, people) that permit it."""
    return db.execute(S.topics, _who(people)).fetchall()


def names(db: Db, people: Iterable[str]) -> dict[str, str]:
    """What people are called; "" for those of whom no name is known."""
    return dict(db.execute(S.names, _who(people)).fetchall())


def _who(people: Iterable[str]) -> dict[str, list[Any]]:
    keys = list(people)
    return {"buckets": [bucket_of(key) for key in keys], "people": [Key(key) for key in keys]}
