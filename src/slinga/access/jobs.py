"""Make, find and withdraw keys; members, their one-time addresses and invitations; who did what.

In: what a member or the command line asks. Out: texts to show once; keys by their text; members.
Always true: a secret text leaves here once, on making; somebody who may do everything is always left; each
change to the team has its entry in the audit log, in the same transaction. Passwords come here as hashes.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from slinga.access import store
from slinga.access.audit import Audited, broken
from slinga.access.keys import fresh_key, hash_of, hint_of, well_formed
from slinga.access.members import store as team
from slinga.access.model import LOCALES, ApiKey, KeyKind, Member
from slinga.access.proofs import IdentityKey, algorithm_of
from slinga.access.roles import Role
from slinga.access.scopes import EVERYTHING, known
from slinga.access.store import Kept
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Conflict, Forbidden, Invalid, Missing
from slinga.kernel.ids import new_token
from slinga.runtime.db import Db

LINK_LASTS_S = 24 * 3600
INVITATION_LASTS_S = 7 * 24 * 3600
ACCOUNT_TRIES, NETWORK_TRIES, WINDOW_S = 10, 60, 15 * 60
"""So many passwords may be tried in a quarter of an hour, per account and per network."""

_SETUP = "setup"


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
    """Make a key and return its text, which cannot be had again but for a browser's.

    `scopes` are a secret key's.

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
                "%(origin)s is not an origin; write for example https://shop.example",
                field="origins",
                origin=origin,
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
        shown=text if kind == "write" and trust == 0 else "",
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


def key_of(db: Db, text: str) -> ApiKey:
    """The key of a text, working or not. Raises Missing."""
    found = store.find_key(db, hash_of(text))
    if found is None:
        raise Missing("There is no key %(number)s.", number=hint_of(text))
    return found


def keys(db: Db) -> list[ApiKey]:
    """All keys, oldest first, without their texts."""
    return store.keys(db)


def withdraw_key(db: Db, number: int) -> None:
    """Let a key work no more. Raises Missing."""
    if not store.withdraw_key(db, number):
        raise Missing("There is no key %(number)s.", field="id", number=number)


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
        raise Missing("There is no identity key %(number)s.", field="id", number=number)


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


def audited(
    db: Db, *, before: int = 2**62, limit: int = 100, actor: str = "", action: str = ""
) -> list[Audited]:
    """The newest entries before number `before`, of one actor and one action where these are given."""
    return store.audited(db, before=before, limit=limit, actor=actor, action=action)


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


def address_of(email: str) -> str:
    """A member's e-mail in its one form. Raises Invalid."""
    try:
        found = validate_email(
            email.strip(), check_deliverability=False, globally_deliverable=False, test_environment=True
        )
    except EmailNotValidError as fault:
        raise Invalid("This is no e-mail address: %(why)s", field="email", why=fault) from None
    return found.normalized.lower()


def name_of(name: str) -> str:
    """A member's name, trimmed. Raises Invalid."""
    found = " ".join(name.split())
    if not 0 < len(found) <= 100 or not found.isprintable():
        raise Invalid("Give a name of at most 100 characters.", field="name")
    return found


def add_member(
    db: Db,
    email: str,
    name: str,
    role: Role,
    *,
    hashed: str | None = None,
    locale: str = "en",
    actor: str = "command",
) -> Member:
    """Make a member; without a password they come in by one-time addresses. Raises Invalid, Conflict."""
    if locale not in LOCALES:
        raise Invalid("A language is one of %(known)s.", field="locale", known=", ".join(LOCALES))
    with db.transaction():
        number = team.add(
            db, email=address_of(email), name=name_of(name), role=role, password=hashed, locale=locale
        )
        if number is None:
            raise Conflict("There is a member with this e-mail already.", field="email")
        audit(db, actor, "add_member", f"member/{number}", role=role)
    return member(db, number)


def member(db: Db, number: int) -> Member:
    """The member of a number, disabled or not. Raises Missing."""
    found = team.one(db, number)
    if found is None:
        raise Missing("There is no member %(number)s.", number=number)
    return found


def sign_in_link(db: Db, base_url: str, email: str = "") -> str:
    """A new address that signs a member in, once, within a day; without `email` the first owner.

    Without any member: the address that makes the first owner. Raises Missing, Conflict for who is disabled.
    """
    if nobody(db):
        return setup_link(db, base_url)
    found = member_of_address(db, email)
    if found.disabled_at is not None:
        raise Conflict("This member is disabled. Enable them at the desk first.", field="email")
    token = new_token(24)
    store.add_sign_in(db, hash_of(token), str(found.id), LINK_LASTS_S)
    return f"{base_url}/sign-in/{token}"


def member_of_address(db: Db, email: str) -> Member:
    """The member of an e-mail, disabled or not; without `email` the first owner. Raises Missing."""
    found = team.by_email(db, address_of(email)) if email else next(iter(team.owners(db)), None)
    if found is None:
        raise Missing("There is no member with the e-mail %(email)s.", field="email", email=email)
    return found


def nobody(db: Db) -> bool:
    """Whether there is no member yet."""
    return not team.some(db)


def setup_link(db: Db, base_url: str) -> str:
    """A new address that makes the first owner, once, within a day; older ones work no more.

    Raises Conflict when there are members.
    """
    if team.some(db):
        raise Conflict(
            "There are members already. Run `slinga sign-in` for an address that signs an owner in."
        )
    token = new_token(24)
    with db.transaction():
        team.forget_links(db, _SETUP)
        store.add_sign_in(db, hash_of(token), _SETUP, LINK_LASTS_S)
    return f"{base_url}/setup/{token}"


def use_link(db: Db, token: str) -> Member | None:
    """The member whom an address signs in, which it then does no more; None when it does not."""
    with db.transaction():
        used = store.use_sign_in(db, hash_of(token)) or ""
        found = team.one(db, int(used)) if used.isdigit() else None
        if found is None or found.disabled_at is not None:
            return None
        audit(db, found.actor, "sign_in", f"member/{found.id}", by="link")
    return found


def setup_open(db: Db, token: str) -> bool:
    """Whether an address may still make the first owner."""
    return team.setup_open(db, hash_of(token))


def create_owner(db: Db, token: str, *, email: str, name: str, hashed: str, locale: str) -> Member:
    """The first owner, by the address of `setup_link`. Raises Forbidden for a used one, Invalid."""
    with db.transaction():
        team.hold(db)
        if not team.setup_open(db, hash_of(token)):
            raise Forbidden("This address has been used or is too old. Run `slinga sign-in` for another.")
        team.forget_links(db, _SETUP)
        return add_member(db, email, name, "owner", hashed=hashed, locale=locale, actor="setup")


def charge_try(db: Db, account: bytes, network: bytes) -> float:
    """Count a try at a password, before it is made; 0, or the seconds until one is allowed again.

    `account` and `network` are 32-byte keyed hashes.
    """
    wait = 0.0
    for key, most in ((network, NETWORK_TRIES), (account, ACCOUNT_TRIES)):
        tries, left = team.charge(db, key, WINDOW_S)
        if tries > most:
            wait = max(wait, left, 1.0)
    return wait


def right_password(db: Db, found: Member, account: bytes, network: bytes, *, audited_as: str) -> None:
    """Forget the tries of somebody whose password was right, and tell it."""
    with db.transaction():
        team.forget_tries(db, account)
        team.refund(db, network)
        if audited_as:
            audit(db, found.actor, audited_as, f"member/{found.id}", by="password")


def credentials(db: Db, email: str) -> tuple[Member | None, str | None]:
    """Whoever may try an e-mail's password, and its hash; nobody for unknown, disabled and without one."""
    found = team.by_email(db, email)
    stored = team.password(db, found.id if found else 0)  # asked in any case, so that both take as long
    return (found, stored) if found and stored and found.disabled_at is None else (None, None)


def rehash(db: Db, number: int, checked: str, hashed: str) -> None:
    """Store a checked password under today's parameters; sessions go on."""
    team.rehash(db, number, checked, hashed)


def set_password(db: Db, found: Member, hashed: str) -> Member:
    """A new password for oneself; all sessions end, one-time addresses work no more. The member anew."""
    with db.transaction():
        team.set_password(db, found.id, hashed)
        team.forget_links(db, str(found.id))
        audit(db, found.actor, "set_password", f"member/{found.id}")
    return member(db, found.id)


def rename(db: Db, found: Member, name: str, locale: str) -> None:
    """One's own name and language. Raises Invalid."""
    if locale not in LOCALES:
        raise Invalid("A language is one of %(known)s.", field="locale", known=", ".join(LOCALES))
    with db.transaction():
        team.rename(db, found.id, name_of(name), locale)
        audit(db, found.actor, "rename", f"member/{found.id}")


def end_sessions(db: Db, found: Member) -> None:
    """Sign out everywhere, this session too."""
    with db.transaction():
        team.end_sessions(db, found.id)
        audit(db, found.actor, "end_sessions", f"member/{found.id}")
