"""Set a second factor up, ask for it, take it away.

In: members, codes, the installation's secrets. Out: a secret to show once, recovery codes to show once.
Always true: a code works once; codes are counted like passwords before they are looked at; the secret lies
sealed and recovery codes as keyed hashes; each change has its entry in the audit log and ends sessions.
"""

import hmac
import secrets as chance
import time

import msgspec
import pyotp

from slinga.access.factor import codes, store
from slinga.access.jobs import audit, member
from slinga.access.model import Member
from slinga.kernel.errors import Conflict, Invalid
from slinga.kernel.words import noted as N_
from slinga.runtime.db import Db
from slinga.runtime.secrets import Secrets

PURPOSE = "second factor"
WRONG = N_("This code is not right, or it was used already. Wait for the next one and try again.")


class Begun(msgspec.Struct, frozen=True):
    """A second factor that is not confirmed yet: what its member has to see, once."""

    member: int
    secret: str
    codes: tuple[str, ...]


def begin(keys: Secrets, found: Member) -> tuple[Begun, str]:
    """A fresh secret with recovery codes, and the same sealed for the form that confirms it."""
    made = tuple(codes.spelt(chance.randbits(64)) for _ in range(codes.RECOVERY_CODES))
    begun = Begun(found.id, pyotp.random_base32(), made)
    return begun, keys.seal(PURPOSE, msgspec.json.encode(begun)).hex()


def opened(keys: Secrets, found: Member, sealed: str) -> Begun:
    """What a form brings back. Raises Invalid for a foreign or a changed one."""
    try:
        begun = msgspec.json.decode(keys.unseal(PURPOSE, bytes.fromhex(sealed)), type=Begun)
    except (Conflict, ValueError):
        begun = None
    if begun is None or begun.member != found.id:
        raise Invalid("This page is too old. Begin again.")
    return begun


def confirm(db: Db, keys: Secrets, found: Member, begun: Begun, code: str) -> Member:
    """Keep it once a code of it was typed: the member anew; sessions end. Raises Invalid."""
    step = codes.step_of(begun.secret, code, time.time(), 0)
    if step is None:
        raise Invalid(WRONG, field="code")
    with db.transaction():
        store.set_secret(db, found.id, keys.seal(PURPOSE, begun.secret.encode()), step)
        store.set_codes(db, found.id, [_hash(keys, found.id, codes.recovery(one)) for one in begun.codes])
        audit(db, found.actor, "set_second_factor", f"member/{found.id}")
    return member(db, found.id)


def passes(db: Db, keys: Secrets, found: Member, code: str) -> bool:
    """Whether a code of the authenticator or a recovery code is right; it is used up by that."""
    sealed, used = store.secret(db, found.id)
    if sealed is None:
        return False
    try:
        secret = keys.unseal(PURPOSE, sealed).decode()
    except Conflict:
        secret = ""
    step = codes.step_of(secret, code, time.time(), used) if secret else None
    if step is not None:
        return store.use_step(db, found.id, step)
    typed = codes.recovery(code)
    if not typed:
        return False
    with db.transaction():
        if not store.use_code(db, found.id, _hash(keys, found.id, typed)):
            return False
        audit(db, found.actor, "use_recovery_code", f"member/{found.id}")
    return True


def take_away(db: Db, by: str, found: Member) -> None:
    """Have no second factor any more. Raises Conflict where there is none."""
    with db.transaction():
        if not store.drop_secret(db, found.id):
            raise Conflict("There is no second factor to take away.")
        audit(db, by, "drop_second_factor", f"member/{found.id}")


def left(db: Db, found: Member) -> int:
    """How many recovery codes somebody has."""
    return store.count_codes(db, found.id)


def required(db: Db) -> bool:
    """Whether every member must have a second factor."""
    return store.required(db)


def require(db: Db, by: Member, wanted: bool) -> None:
    """Have every member set one up, or not. Raises Conflict for an owner who has none themselves."""
    if wanted and not by.second_factor:
        raise Conflict("Set your own second factor up first, on your own page.")
    with db.transaction():
        store.require(db, wanted)
        audit(db, by.actor, "require_second_factor", detail="yes" if wanted else "no")


def _hash(keys: Secrets, number: int, code: str) -> bytes:
    """Keyed, so that a dump of the database does not let codes be guessed."""
    return hmac.digest(keys.key("recovery codes"), f"{number} {code}".encode(), "sha256")
