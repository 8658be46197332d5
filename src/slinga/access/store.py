"""Every statement over keys, one-time links, writes done once and the audit log.

In: hashes. Out: `ApiKey` values, members' names, kept answers, audit entries.
Always true: no text of a key or link comes here.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.access.audit import Audited, link_hash
from slinga.access.model import ApiKey, KeyKind
from slinga.access.proofs import IdentityKey
from slinga.kernel.clock import Instant
from slinga.runtime.db import At, Db, Json, at, statements

S = statements(__file__)


def add_key(
    db: Db,
    *,
    kind: KeyKind,
    hashed: bytes,
    hint: str,
    source: str,
    trust: int,
    origins: Sequence[str],
    scopes: Sequence[str],
    expires_at: Instant | None,
    shown: str,
) -> int:
    """Store a key; its id."""
    values = {"kind": kind, "hash": hashed, "hint": hint, "source": source, "trust": trust}
    more = {"origins": list(origins), "scopes": list(scopes), "expires_at": at(expires_at), "shown": shown}
    (number,) = db.execute(S.add_key, values | more).fetchone() or (0,)
    return int(number)


def find_key(db: Db, hashed: bytes) -> ApiKey | None:
    """The key of a hash, withdrawn, run out or not."""
    row = db.execute(S.find_key, {"hash": hashed}).fetchone()
    return _key(row) if row else None


def used_key(db: Db, number: int) -> None:
    """Note that a key is in use, at most once an hour."""
    db.execute(S.used_key, {"id": number})


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
    number, kind, hint, source, trust, origins, withdrawn, scopes, expires_at, shown = row
    return ApiKey(
        id=number,
        kind=kind,
        hint=hint,
        source=source,
        trust=trust,
        origins=origins,
        withdrawn=withdrawn,
        scopes=scopes,
        expires_at=expires_at,
        shown=shown,
    )


class Kept(msgspec.Struct, frozen=True):
    """The answer to a write that was done, and the hash of what had been asked."""

    request: bytes
    status: int
    answer: bytes


def hold_write(db: Db, number: int, key: str) -> bool:
    """Keep a key's idempotency key until the transaction ends; False while another request holds it."""
    row = db.execute(S.hold_write, {"name": f"slinga.once.{number}.{key}"}).fetchone()
    return bool(row and row[0])


def kept_write(db: Db, number: int, key: str) -> Kept | None:
    """What was answered under an idempotency key."""
    row = db.execute(S.kept_write, {"api_key": number, "key": key}).fetchone()
    return Kept(*row) if row else None


def keep_write(db: Db, number: int, key: str, kept: Kept) -> None:
    """Keep an answer, in the transaction of its effect."""
    db.execute(
        S.keep_write,
        {
            "api_key": number,
            "key": key,
            "request": kept.request,
            "status": kept.status,
            "answer": kept.answer,
        },
    )


def forget_writes(db: Db, before: Instant) -> int:
    """Forget answers older than an instant."""
    return db.execute(S.forget_writes, {"before": At(before)}).rowcount


def audit(db: Db, actor: str, action: str, what: str, detail: dict[str, Any]) -> None:
    """Add an entry to the chain, in the transaction of what it tells; others wait until that ends."""
    db.execute(S.hold_audit)
    n, previous = db.execute(S.last_audit).fetchone() or (0, b"")
    (now,) = db.execute(S.now).fetchone() or (0,)
    entry = Audited(n + 1, now, actor, action, what, detail, bytes(previous))
    values = {"n": entry.n, "at": At(now), "actor": actor, "action": action, "object": what}
    values |= {"detail": Json(detail), "prev_hash": entry.prev_hash, "hash": link_hash(entry)}
    db.execute(S.add_audit, values)


def audited(db: Db, *, before: int, limit: int, actor: str, action: str) -> list[Audited]:
    """Entries with n < before, newest first; of an actor and of an action unless these are empty."""
    values = {"before": before, "limit": limit, "actor": actor, "action": action}
    rows = db.execute(S.audited, values).fetchall()
    return [Audited(*row) for row in rows]


def audit_from(db: Db, after: int, limit: int) -> list[Audited]:
    """The entries behind number `after`, oldest first."""
    rows = db.execute(S.audit_from, {"after": after, "limit": limit}).fetchall()
    return [
        Audited(n, at_, actor, action, what, detail, bytes(previous), bytes(hashed))
        for n, at_, actor, action, what, detail, previous, hashed in rows
    ]
