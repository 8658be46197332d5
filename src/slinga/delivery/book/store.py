"""What is remembered of addresses: suppressions, mailboxes in trouble, and what each was given.

In: messages, keys made by `key_maker`. Out: reasons to send nothing. Always true: an address is stored only
as its key; of two people who share one address, marketing content reaches it once.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

from slinga.delivery.addresses import address_key
from slinga.delivery.model import Message, Settled
from slinga.delivery.outcome import Kind, worn_out
from slinga.delivery.states import State
from slinga.kernel.clock import DAY, Instant
from slinga.runtime.db import Blobs, Db, Ints, Key, Keys, Texts, statements
from slinga.runtime.obligations import LIFTED, SUPPRESSION, note

S = statements(__file__)
SAME_CONTENT_FOR = DAY
"""Within this, one address gets the same marketing content once, whichever person it is meant for."""

KeyOf = Callable[[str], bytes]


def key_maker(pepper: bytes) -> KeyOf:
    """The function from an address to its key, for one installation's secret."""

    @lru_cache(maxsize=4096)
    def key_of(address: str) -> bytes:
        return address_key(address, pepper)

    return key_of


def suppress(db: Db, key: bytes, scope: str, reason: str, *, detail: str = "", message: str = "") -> None:
    """Never write again to the address with this key, within `scope`: global, marketing or topic:<key>.

    In the caller's transaction; what is new is noted for the obligations journal too.
    """
    new = db.execute(
        S.suppress,
        {
            "bucket": key[0],
            "key": key,
            "scope": scope,
            "reason": reason,
            "detail": detail,
            "message": Key(message) if message else None,
        },
    ).rowcount
    if new:
        note(db, SUPPRESSION, address=key.hex(), scope=scope, reason=reason)


def unsuppress(db: Db, key: bytes, scope: str) -> bool:
    """Lift a suppression, by a member of the team who may; whether there was one."""
    gone = db.execute(S.unsuppress, {"bucket": key[0], "key": key, "scope": scope}).rowcount > 0
    if gone:
        note(db, LIFTED, address=key.hex(), scope=scope)
    return gone


def suppressions(db: Db, keys: Sequence[bytes]) -> dict[bytes, dict[str, str]]:
    """Of these address keys, the suppressed ones: {key: {scope: reason}}."""
    out: dict[bytes, dict[str, str]] = {}
    if keys:
        rows = db.execute(S.suppressed, {"buckets": Ints([key[0] for key in keys]), "keys": Blobs(keys)})
        for key, scope, reason in rows.fetchall():
            out.setdefault(bytes(key), {})[scope] = reason
    return out


def suppressed(db: Db, messages: Sequence[Message], key_of: KeyOf) -> list[Settled]:
    """The messages whose address is suppressed, as cancelled."""
    keys = {message.name: key_of(message.address) for message in messages}
    scopes = suppressions(db, list(keys.values()))
    ends = []
    for message in messages:
        found = scopes.get(keys[message.name], {})
        applies = ["global"]
        if message.message_class == "marketing":
            applies += ["marketing", f"topic:{message.topic}"]
        reason = next((found[scope] for scope in applies if scope in found), None)
        if reason is not None:
            ends.append(Settled(message, State.CANCELLED, f"suppressed_{reason}"))
    return ends


def shared(db: Db, messages: Sequence[Message], key_of: KeyOf) -> list[Settled]:
    """Messages whose content the address was given already for another person: marketing, and confirmations.

    Anybody can type anybody's address into a form, under as many names as they like.
    """
    claims: dict[tuple[bytes, str], str] = {}
    """Who of this batch asks for an address and a content: the first by the order of message ids."""
    asking: list[tuple[Message, tuple[bytes, str]]] = []
    for message in sorted(messages, key=lambda each: each.id):
        if message.message_class == "marketing" or message.topic == "confirm":
            content = f"{message.channel}|{message.journey}|{message.node}|{message.template}"
            asking.append((message, (key_of(message.address), content)))
            claims.setdefault(asking[-1][1], message.person)
    if not asking:
        return []
    names = {claim: message.id for message, claim in reversed(asking) if claims[claim] == message.person}
    ordered = sorted(claims)  # two couriers never wait for each other crosswise
    rows = db.execute(
        S.use_address,
        {
            "buckets": Ints([key[0] for key, _ in ordered]),
            "keys": Blobs([key for key, _ in ordered]),
            "contents": Texts([content for _, content in ordered]),
            "persons": Keys([claims[claim] for claim in ordered]),
            "messages": Keys([names[claim] for claim in ordered]),
            "window_us": SAME_CONTENT_FOR,
        },
    ).fetchall()
    granted = {(bytes(key), content) for key, content in rows}
    return [
        Settled(message, State.CANCELLED, "duplicate_address")
        for message, claim in asking
        if claim not in granted or claims[claim] != message.person
    ]


def remember(db: Db, ends: Sequence[Settled], key_of: KeyOf, instant: Instant) -> None:
    """Suppress bad addresses, count full mailboxes, forget troubles that passed."""
    well: list[tuple[bytes, str]] = []
    for end in ends:
        if end.verdict is None:
            continue
        message = end.message
        if end.verdict.kind is Kind.ACCEPTED:
            well.append((key_of(message.address), message.id))
        elif end.verdict.suppress:
            suppress(
                db,
                key_of(message.address),
                end.verdict.suppress,
                end.reason,
                detail=end.text,
                message=message.id,
            )
        elif end.verdict.kind is Kind.MAILBOX:
            key = key_of(message.address)
            row = db.execute(S.trouble, {"bucket": key[0], "key": key, "message": Key(message.id)}).fetchone()
            failures, messages, first_at = row or (0, 0, instant)
            if worn_out(failures, messages, first_at, instant):
                suppress(db, key, "marketing", "mailbox_full", detail=end.text, message=message.id)
    if well:
        db.execute(
            S.well_again,
            {
                "buckets": Ints([key[0] for key, _ in well]),
                "keys": Blobs([key for key, _ in well]),
                "messages": Keys([message for _, message in well]),
            },
        )
