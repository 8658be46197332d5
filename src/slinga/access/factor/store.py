"""Every statement over second factors and recovery codes.

In: a member's number, sealed secrets, hashes. Out: the same. Always true: no secret comes here unsealed.
"""

from collections.abc import Sequence

from slinga.runtime.db import Blobs, Db, statements

S = statements(__file__)


def secret(db: Db, member: int) -> tuple[bytes | None, int]:
    """(the sealed secret, the newest used step) of a member."""
    sealed, step = db.execute(S.secret, {"id": member}).fetchone() or (None, 0)
    return bytes(sealed) if sealed is not None else None, int(step)


def set_secret(db: Db, member: int, sealed: bytes, step: int) -> None:
    """Give a member a second factor; sessions end."""
    db.execute(S.set_secret, {"id": member, "secret": sealed, "step": step})


def drop_secret(db: Db, member: int) -> bool:
    """Take it away, the recovery codes too; sessions end. Whether there was one."""
    db.execute(S.drop_codes, {"id": member})
    return db.execute(S.drop_secret, {"id": member}).fetchone() is not None


def use_step(db: Db, member: int, step: int) -> bool:
    """Use a step up; False where it or a later one was used."""
    return db.execute(S.use_step, {"id": member, "step": step}).fetchone() is not None


def set_codes(db: Db, member: int, hashes: Sequence[bytes]) -> None:
    """Keep recovery codes in place of those before."""
    db.execute(S.drop_codes, {"id": member})
    db.execute(S.add_codes, {"id": member, "hashes": Blobs(hashes)})


def use_code(db: Db, member: int, hashed: bytes) -> bool:
    """Use a recovery code up; whether it was one."""
    return db.execute(S.use_code, {"id": member, "hash": hashed}).fetchone() is not None


def count_codes(db: Db, member: int) -> int:
    """How many recovery codes are left."""
    (found,) = db.execute(S.count_codes, {"id": member}).fetchone() or (0,)
    return int(found)


def required(db: Db) -> bool:
    """Whether every member must have a second factor."""
    row = db.execute(S.required).fetchone()
    return bool(row and row[0])


def require(db: Db, wanted: bool) -> None:
    """Set whether every member must have one."""
    db.execute(S.require, {"required": wanted})
