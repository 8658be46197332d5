"""Make, find and withdraw keys; make and use one-time sign-in links.

In: what a member or the command line asks. Out: texts to show once; keys by their text.
Always true: a text leaves here once, on making.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from slinga.access import store
from slinga.access.audit import Audited, broken
from slinga.access.keys import fresh_key, hash_of, hint_of, well_formed
from slinga.access.model import ApiKey, KeyKind
from slinga.access.proofs import IdentityKey, algorithm_of
from slinga.access.scopes import EVERYTHING, known
from slinga.access.store import Kept
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.kernel.ids import new_token
from slinga.runtime.db import Db

LINK_LASTS_S = 24 * 3600


def add_key(
    db: Db,
    kind: KeyKind,
    source: str,
    *,
    trust: int = 0,
    origins: Sequence[str] = (),
    scopes: Sequence[str] = (EVERYTHING,),
    expires_at: Instant | None = None,
) -> str:
    """Make a key and return its text, which cannot be had again. `scopes` are a secret key's.

    Raises Invalid for an empty source, a trust outside 0 to 2, an origin or a scope that is none.
    """
    if not source.strip():
        raise Invalid("A key needs the name of its source, such as website.", field="source")
    if trust not in (0, 1, 2):
        raise Invalid("Trust is 0 (claimed), 1 (signed) or 2 (proven).", field="trust")
    for origin in origins:
        parts = urlsplit(origin)
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or origin != f"{parts.scheme}://{parts.netloc}"
        ):
            raise Invalid(
                f"{origin!r} is not an origin; write for example https://shop.example", field="origins"
            )
    allowed = known(scopes) if kind == "secret" else ()
    text = fresh_key(kind)
    store.add_key(
        db,
        kind=kind,
        hashed=hash_of(text),
        hint=hint_of(text),
        source=source.strip(),
        trust=trust,
        origins=origins,
        scopes=allowed,
        expires_at=expires_at,
    )
    return text


def find_key(db: Db, text: str, kind: KeyKind) -> ApiKey | None:
    """The living key of a presented text and kind, or None."""
    if not well_formed(text):
        return None
    found = store.find_key(db, hash_of(text))
    if found is None or found.kind != kind or found.withdrawn:
        return None
    if kind == "secret":
        store.used_key(db, found.id)
    return found


def keys(db: Db) -> list[ApiKey]:
    """All keys, oldest first, without their texts."""
    return store.keys(db)


def withdraw_key(db: Db, number: int) -> None:
    """Let a key work no more. Raises Missing."""
    if not store.withdraw_key(db, number):
        raise Missing(f"There is no key {number}.", field="id")


def add_identity_key(db: Db, source: str, text: str, *, required: bool = False) -> int:
    """Keep a public key (PEM) by which a source's identity tokens are checked; its number.

    `required`: from now on browsers of this source name nobody without a token. Raises Invalid.
    """
    if not source.strip():
        raise Invalid("An identity key needs the name of its source, such as website.", field="source")
    return store.add_identity_key(db, source.strip(), algorithm_of(text), text, required=required)


def identity_keys(db: Db, source: str = "") -> tuple[IdentityKey, ...]:
    """The identity keys in use, of a source or of all."""
    return store.identity_keys(db, source)


def withdraw_identity_key(db: Db, number: int) -> None:
    """Let an identity key prove nothing any more. Raises Missing."""
    if not store.withdraw_identity_key(db, number):
        raise Missing(f"There is no identity key {number}.", field="id")


def sign_in_link(db: Db, base_url: str, member: str = "admin") -> str:
    """A new address that signs a member in, once, within a day."""
    token = new_token(24)
    store.add_sign_in(db, hash_of(token), member, LINK_LASTS_S)
    return f"{base_url}/sign-in/{token}"


def use_link(db: Db, token: str) -> str | None:
    """The member whom an address signs in, which it then does no more; None when it does not."""
    return store.use_sign_in(db, hash_of(token))


def once(db: Db, number: int, key: str, request: bytes) -> Kept | None:
    """What was answered to this request before, or None: then do it, and `keep` the answer.

    In the transaction of the effect; `request` is the hash of all that was asked. Raises Conflict while
    another request with this key is being worked on, Invalid when the key was used for something else.
    """
    if not store.hold_write(db, number, key):
        raise Conflict("The first request with this Idempotency-Key is still being worked on; try again.")
    found = store.kept_write(db, number, key)
    if found is not None and found.request != request:
        raise Invalid(
            "This Idempotency-Key was used for another request; use a new one.", field="Idempotency-Key"
        )
    return found


def keep(db: Db, number: int, key: str, request: bytes, status: int, answer: bytes) -> None:
    """Keep the answer to a write, in the transaction of its effect."""
    store.keep_write(db, number, key, Kept(request, status, answer))


def forget_writes(db: Db, before: Instant) -> int:
    """Forget answers to writes older than an instant; how many."""
    return store.forget_writes(db, before)


def audit(db: Db, actor: str, action: str, what: str = "", **detail: Any) -> None:
    """Tell who did what, in the transaction of the effect and as its last statement: others wait for it.

    `what` and `detail` name keys and definitions, never an address or a name of a person.
    """
    store.audit(db, actor, action, what, detail)


def audited(db: Db, *, before: int = 2**62, limit: int = 100) -> list[Audited]:
    """The newest entries before number `before`."""
    return store.audited(db, before=before, limit=limit)


def audit_broken(db: Db) -> int:
    """The number of the first audit entry whose chain does not verify; 0 when the whole log does.

    Entries past their retention are gone from the beginning; the chain is verified from the first left.
    """
    first = store.audit_from(db, 0, 1)
    after, previous = (first[0].n - 1, first[0].prev_hash) if first else (0, b"")
    while entries := store.audit_from(db, after, 5_000):
        if found := broken(entries, after=after, previous=previous):
            return found
        after, previous = entries[-1].n, entries[-1].hash
    return 0
