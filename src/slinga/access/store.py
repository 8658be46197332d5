"""Every statement over `api_key` and `sign_in`.

In: hashes. Out: `ApiKey` values and members' names.
Always true: no text of a key or link comes here.
"""

from collections.abc import Sequence
from typing import Any

from slinga.access.model import ApiKey, KeyKind
from slinga.access.proofs import IdentityKey
from slinga.runtime.db import Db, statements

S = statements(__file__)


def add_key(
    db: Db, *, kind: KeyKind, hashed: bytes, hint: str, source: str, trust: int, origins: Sequence[str]
) -> int:
    """Store a key; its id."""
    values = {"kind": kind, "hash": hashed, "hint": hint, "source": source, "trust": trust}
    (number,) = db.execute(S.add_key, values | {"origins": list(origins)}).fetchone() or (0,)
    return int(number)


def find_key(db: Db, hashed: bytes) -> ApiKey | None:
    """The key of a hash, withdrawn or not."""
    row = db.execute(S.find_key, {"hash": hashed}).fetchone()
    return _key(row) if row else None


def keys(db: Db) -> list[ApiKey]:
    """All keys, oldest first."""
    return [_key(row) for row in db.execute(S.keys)]


def withdraw_key(db: Db, number: int) -> bool:
    """Withdraw a key; whether there is such a key."""
    return db.execute(S.withdraw_key, {"id": number}).fetchone() is not None


def add_identity_key(db: Db, source: str, algorithm: str, text: str, *, required: bool) -> int:
    """Keep a public key for the tokens of a source; its number."""
    row = db.execute(
        S.add_identity_key, {"source": source, "algorithm": algorithm, "text": text, "required": required}
    ).fetchone()
    return int(row[0]) if row else 0


def identity_keys(db: Db, source: str = "") -> tuple[IdentityKey, ...]:
    """The identity keys in use, of a source or of all."""
    return tuple(IdentityKey(*row) for row in db.execute(S.identity_keys, {"source": source}).fetchall())


def withdraw_identity_key(db: Db, number: int) -> bool:
    """Let an identity key prove nothing any more; whether there is one of that number."""
    return db.execute(S.withdraw_identity_key, {"id": number}).fetchone() is not None


def add_sign_in(db: Db, hashed: bytes, member: str, seconds: int) -> None:
    """Store a one-time link."""
    db.execute(S.add_sign_in, {"hash": hashed, "member": member, "seconds": seconds})


def use_sign_in(db: Db, hashed: bytes) -> str | None:
    """Use a link up: the member's name, or None when it is unknown, used or too old."""
    row = db.execute(S.use_sign_in, {"hash": hashed}).fetchone()
    return str(row[0]) if row else None


def _key(row: tuple[Any, ...]) -> ApiKey:
    number, kind, hint, source, trust, origins, withdrawn = row
    return ApiKey(
        id=number, kind=kind, hint=hint, source=source, trust=trust, origins=origins, withdrawn=withdrawn
    )
