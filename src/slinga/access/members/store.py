"""Every statement over members, invitations and tries at a password.

In: numbers, e-mails in lower case, hashes. Out: `Member` and `Invitation` values.
Always true: a password's hash leaves here for being checked and in no other value.
"""

from typing import Any

from slinga.access.model import Invitation, Member
from slinga.runtime.db import Db, statements

S = statements(__file__)


def hold(db: Db) -> None:
    """Keep others from changing who owns the workspace until the transaction ends."""
    db.execute(S.hold)


def add(db: Db, *, email: str, name: str, role: str, password: str | None, locale: str) -> int | None:
    """Store a member; their number, None where the e-mail is taken. `password` is a hash."""
    values = {"email": email, "name": name, "role": role, "password": password, "locale": locale}
    row = db.execute(S.add, values).fetchone()
    return int(row[0]) if row else None


def one(db: Db, number: int) -> Member | None:
    """The member of a number, disabled ones too."""
    row = db.execute(S.one, {"id": number}).fetchone()
    return member_of_row(row) if row else None


def by_email(db: Db, email: str) -> Member | None:
    """The member of an e-mail, disabled ones too."""
    row = db.execute(S.by_email, {"email": email}).fetchone()
    return member_of_row(row) if row else None


def everybody(db: Db) -> list[Member]:
    """All members, disabled ones too, the first first."""
    return [member_of_row(row) for row in db.execute(S.all)]


def owners(db: Db) -> list[Member]:
    """The owners who are not disabled, the first first."""
    return [member_of_row(row) for row in db.execute(S.owners)]


def some(db: Db) -> bool:
    """Whether there is any member at all."""
    (found,) = db.execute(S.some).fetchone() or (False,)
    return bool(found)


def password(db: Db, number: int) -> str | None:
    """The stored hash of a member's password."""
    row = db.execute(S.password, {"id": number}).fetchone()
    return row[0] if row else None


def rename(db: Db, number: int, name: str, locale: str) -> None:
    """Set a member's name and language."""
    db.execute(S.rename, {"id": number, "name": name, "locale": locale})


def set_role(db: Db, number: int, role: str) -> None:
    """Give a role; sessions end."""
    db.execute(S.set_role, {"id": number, "role": role})


def disable(db: Db, number: int) -> None:
    """Let a member in no more; sessions end."""
    db.execute(S.disable, {"id": number})


def enable(db: Db, number: int) -> None:
    """Let a member in again."""
    db.execute(S.enable, {"id": number})


def set_password(db: Db, number: int, hashed: str) -> int:
    """Store a new password's hash; sessions end. The new epoch."""
    (epoch,) = db.execute(S.set_password, {"id": number, "password": hashed}).fetchone() or (0,)
    return int(epoch)


def rehash(db: Db, number: int, checked: str, hashed: str) -> None:
    """Store the same password under other parameters, if it is still the one that was checked."""
    db.execute(S.rehash, {"id": number, "checked": checked, "password": hashed})


def end_sessions(db: Db, number: int) -> None:
    """Begin a new epoch."""
    db.execute(S.end_sessions, {"id": number})


def forget_links(db: Db, member: str) -> None:
    """Let the one-time addresses of a member, or of "setup", work no more."""
    db.execute(S.forget_links, {"member": member})


def invite(db: Db, *, hashed: bytes, email: str, role: str, by: int, seconds: int) -> int:
    """Store an invitation in place of older ones to the same e-mail; its number."""
    values = {"hash": hashed, "email": email, "role": role, "invited_by": by, "seconds": seconds}
    (number,) = db.execute(S.invite, values).fetchone() or (0,)
    return int(number)


def invitation(db: Db, hashed: bytes) -> Invitation | None:
    """The invitation of an address, while it can be accepted."""
    row = db.execute(S.invitation, {"hash": hashed}).fetchone()
    return _invitation(row) if row else None


def use_invitation(db: Db, hashed: bytes) -> Invitation | None:
    """Use an invitation up; None where it cannot be accepted."""
    row = db.execute(S.use_invitation, {"hash": hashed}).fetchone()
    return _invitation(row) if row else None


def invitations(db: Db) -> list[Invitation]:
    """Those that can still be accepted, the newest first."""
    return [_invitation(row) for row in db.execute(S.invitations)]


def withdraw_invitation(db: Db, number: int) -> bool:
    """Let an invitation be accepted no more; whether it could."""
    return db.execute(S.withdraw_invitation, {"id": number}).fetchone() is not None


def setup_open(db: Db, hashed: bytes) -> bool:
    """Whether an address may make the first owner; it stays unused."""
    (found,) = db.execute(S.setup_open, {"hash": hashed}).fetchone() or (False,)
    return bool(found)


def charge(db: Db, key: bytes, seconds: int) -> tuple[int, float]:
    """Count a try within a window of so many seconds; (tries in it, seconds left of it)."""
    tries, left = db.execute(S.charge, {"key": key, "seconds": seconds}).fetchone() or (0, 0.0)
    return int(tries), float(left)


def refund(db: Db, key: bytes) -> None:
    """Take one counted try back."""
    db.execute(S.refund, {"key": key})


def forget_tries(db: Db, key: bytes) -> None:
    """Count from nothing."""
    db.execute(S.forget_tries, {"key": key})


def member_of_row(row: tuple[Any, ...]) -> Member:
    """The member of a row as the statements here select it."""
    number, email, name, role, locale, epoch, created_at, disabled_at, has_password, second_factor = row
    return Member(
        id=number,
        email=email,
        name=name,
        role=role,
        locale=locale,
        epoch=epoch,
        created_at=created_at,
        disabled_at=disabled_at,
        has_password=has_password,
        second_factor=second_factor,
    )


def _invitation(row: tuple[Any, ...]) -> Invitation:
    number, email, role, created_at, expires_at = row
    return Invitation(id=number, email=email, role=role, created_at=created_at, expires_at=expires_at)
