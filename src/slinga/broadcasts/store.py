"""The statements over `broadcast`, and what its facts tell.

Always true: every function runs in the caller's transaction.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.broadcasts.choice import Came
from slinga.broadcasts.model import State
from slinga.broadcasts.warming import Warming
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import At, Db, Json, Key, at, statements

S = statements(__file__)


class Row(msgspec.Struct, frozen=True):
    """One broadcast as stored."""

    key: str
    document: dict[str, Any]
    state: State
    starts_at: Instant | None
    started_at: Instant | None
    next_bucket: int
    audience: int
    place: int
    """Of the buckets from `next_bucket` on, people whose key begins with less than this are addressed too."""
    round: int = 1
    """1: the sample, or everybody where there is none; 2: the rest."""
    decide_at: Instant | None = None
    winner: str | None = None
    """The content that won, "" where none did; None while it is not decided."""
    warming: dict[str, Any] = {}
    """While warming up: a `Warming`."""
    ends_at: Instant | None = None


def _row(found: tuple[Any, ...] | None) -> Row | None:
    return None if found is None else Row(found[0], found[1], State(found[2]), *found[3:])


def add(db: Db, key: str, document: dict[str, Any], by: str) -> bool:
    """Store a draft; whether the key was free."""
    row = db.execute(S.add, {"key": key, "document": Json(document), "by": by}).fetchone()
    return row is not None


def edit(db: Db, key: str, document: dict[str, Any]) -> bool:
    """Change one that has not started; whether there is such a one."""
    return db.execute(S.edit, {"key": key, "document": Json(document)}).fetchone() is not None


def find(db: Db, key: str, *, lock: bool = False) -> Row | None:
    """The broadcast of a key, locked until the transaction ends where asked."""
    return _row(db.execute(S.lock if lock else S.find, {"key": key}).fetchone())


def listed(db: Db, after: str = "", limit: int = 100) -> list[Row]:
    """Broadcasts by key, those behind `after`."""
    rows = db.execute(S.listed, {"after": after, "limit": limit}).fetchall()
    return [row for each in rows if (row := _row(each)) is not None]


def move(db: Db, key: str, state: State, starts_at: Instant | None = None) -> None:
    """Put a broadcast into a state."""
    db.execute(S.move, {"key": key, "state": state.value, "starts_at": at(starts_at)})


def begin(db: Db, key: str) -> None:
    """Start one at the present instant."""
    db.execute(S.begin, {"key": key})


def due(db: Db) -> list[str]:
    """Keys of the scheduled ones whose time has come."""
    return [key for (key,) in db.execute(S.due)]


def running(db: Db) -> Row | None:
    """One with people left to address, locked; None where there is none or another worker is at it."""
    return _row(db.execute(S.running).fetchone())


def addressed(db: Db) -> list[Row]:
    """Those that only wait for their messages."""
    return [row for each in db.execute(S.addressed).fetchall() if (row := _row(each)) is not None]


def advance(db: Db, key: str, next_bucket: int, place: int, found: int, ended: State) -> None:
    """Buckets before `next_bucket` are addressed, and people before `place`; `found` people more.

    Behind the last bucket the state is `ended`.
    """
    asked = {"key": key, "next": next_bucket, "place": place, "found": found, "ended": ended.value}
    db.execute(S.advance, asked)


def warmed(db: Db, key: str, warming: Warming, days: int | None = None) -> None:
    """How far the plan is; the last of those addressed now waits for so many days from the start."""
    db.execute(S.warmed, {"key": key, "warming": Json(msgspec.to_builtins(warming)), "days": days})


def decide_at(db: Db, key: str, at_: Instant) -> None:
    """Say when the sample is judged."""
    db.execute(S.decide_at, {"key": key, "at": at(at_)})


def to_decide(db: Db) -> list[Row]:
    """Those whose sample is to be judged now, locked; what another worker judges is left out."""
    return [row for each in db.execute(S.to_decide).fetchall() if (row := _row(each)) is not None]


def decided(db: Db, key: str, winner: str) -> None:
    """The sample is judged: the rest is addressed from the beginning."""
    db.execute(S.decided, {"key": key, "winner": winner})


def came(db: Db, journey: str, event: str) -> dict[str, Came]:
    """What came of the messages that went out, by node."""
    rows = db.execute(S.came, {"journey": journey, "event": event}).fetchall()
    return {
        node: Came(
            recipients=sent, opened=opened, clicked=clicked, converted=converted, revenue=float(spent),
            squares=float(squares),
        )
        for node, sent, opened, clicked, converted, spent, squares in rows
    }  # fmt: skip


def addresses(db: Db, people: Sequence[str]) -> dict[str, str]:
    """The mail addresses of people, by key."""
    asked = {"buckets": [bucket_of(key) for key in people], "people": [Key(key) for key in people]}
    return dict(db.execute(S.addresses, asked).fetchall())


def population(db: Db) -> int:
    """About how many people there are."""
    return int((db.execute(S.population).fetchone() or (0,))[0])


def next_due(db: Db) -> Instant | None:
    """When the next scheduled one starts."""
    row = db.execute(S.next_due).fetchone()
    return None if row is None else row[0]


def excluded(db: Db, journey: str, since: Instant) -> dict[str, int]:
    """People of the audience who get nothing, by reason; "" is the holdout."""
    return dict(db.execute(S.excluded, {"journey": journey, "since": At(since)}).fetchall())
