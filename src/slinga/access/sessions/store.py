"""Every statement over sessions.

In: hashes of session ids, numbers. Out: `Device` values, the member of a session.
Always true: no id of a session comes here, so a dump of the database opens nothing.
"""

import msgspec

from slinga.access.members.store import member_of_row
from slinga.access.model import Member
from slinga.kernel.clock import Instant
from slinga.runtime.db import Db, statements

S = statements(__file__)


class Device(msgspec.Struct, frozen=True):
    """A session that still opens the desk."""

    id: int
    hash: bytes
    agent: str
    begun_at: Instant
    seen_at: Instant


class Here(msgspec.Struct, frozen=True):
    """Who asks: the member, whether this session was ended, whether they must set a second factor up."""

    member: Member
    ended: bool
    stale: bool
    """Whether it is time to note that the session lives."""
    required: bool


def begin(db: Db, hashed: bytes, member: int, epoch: int, agent: str, seconds: int) -> None:
    """Note a session that begins."""
    values = {"hash": hashed, "member": member, "epoch": epoch, "agent": agent, "seconds": seconds}
    db.execute(S.begin, values)


def here(db: Db, member: int, hashed: bytes) -> Here | None:
    """The member of a session, and how the session stands; None for a member who is gone."""
    row = db.execute(S.here, {"member": member, "hash": hashed}).fetchone()
    if row is None:
        return None
    *columns, ended, stale, required = row
    return Here(member_of_row(tuple(columns)), bool(ended), bool(stale), bool(required))


def seen(db: Db, hashed: bytes) -> None:
    """Note that a session lives."""
    db.execute(S.seen, {"hash": hashed})


def of_member(db: Db, member: int) -> list[Device]:
    """The sessions that open the desk for a member, the last seen first."""
    rows = db.execute(S.of_member, {"member": member}).fetchall()
    return [Device(number, bytes(hashed), *rest) for number, hashed, *rest in rows]


def finish(db: Db, member: int, number: int) -> bool:
    """End one session of a member; whether it was one that lived."""
    return db.execute(S.finish, {"member": member, "id": number}).fetchone() is not None


def finish_hash(db: Db, hashed: bytes) -> None:
    """End the session of an id."""
    db.execute(S.finish_hash, {"hash": hashed})
