"""The one row that remembers the demo.

In: the twin as bytes. Out: the same. Always true: no row, no demo.
"""

import msgspec
from psycopg.conninfo import make_conninfo

from slinga.kernel.clock import Instant
from slinga.runtime.db import At, Db, at, statements

S = statements(__file__)


class Kept(msgspec.Struct, frozen=True):
    """The demo as it was written down last."""

    twin: bytes
    hits: bytes
    mail: int
    opens_at: Instant
    site: str
    write_key: str


def find(db: Db) -> Kept | None:
    """The demo, or None where none was begun."""
    row = db.execute(S.find).fetchone()
    return Kept(bytes(row[0]), bytes(row[1]), *row[2:]) if row else None


def begin(db: Db, kept: Kept) -> None:
    """Remember a new demo; fails where there is one."""
    row = {"twin": kept.twin, "hits": kept.hits, "opens_at": At(kept.opens_at)}
    db.execute(S.begin, row | {"site": kept.site, "write_key": kept.write_key})


def keep(db: Db, twin: bytes, hits: bytes, mail: int) -> None:
    """Write the twin down, with the last message it was shown."""
    db.execute(S.keep, {"twin": twin, "hits": hits, "mail": mail})


def lived(db: Db) -> bool:
    """Whether anything was ever recorded in this installation."""
    return bool((db.execute(S.lived).fetchone() or (False,))[0])


def set_back(db: Db, at: Instant) -> None:
    """Let time begin at `at` and stand still there; does nothing once anything is recorded."""
    db.execute(S.set_back, {"at": At(at)})


def take_life(db: Db) -> bool:
    """Become the one who lives the demo, as long as the connection lasts; False where another one does."""
    return db.execute(S.alone).fetchone() == (True,)


def want(db: Db, until: Instant | None) -> None:
    """Ask whoever lives the demo to move time forward to `until`; None when that is done."""
    db.execute(S.want, {"at": at(until)})


def wanted(db: Db) -> Instant | None:
    """How far time is to be moved forward, if it is."""
    row = db.execute(S.wanted).fetchone()
    return row[0] if row else None


def hurried(url: str) -> str:
    """The database at `url`, for connections whose commits need not wait for the disk.

    A crash loses the last moments in order, the twin's own among them, and the next start lives them again.
    """
    return make_conninfo(url, options="-c synchronous_commit=off")
