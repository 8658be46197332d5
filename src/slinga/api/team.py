"""What members of the team hold in their hands: the marketing switch, keys, the audit log.

In: orders. Out: how things stand.
Always true: a key's text is shown once, when it is made; a key makes no key that may do more than itself.
"""

from typing import Any, Literal

from slinga.access import jobs as access
from slinga.access.scopes import WRITES, covers, known
from slinga.api import cursors
from slinga.api.changes import Asked
from slinga.api.frame import Call, Page, operation
from slinga.api.people import Out, When, when
from slinga.kernel.clock import from_datetime
from slinga.kernel.errors import Forbidden, Invalid


class LateOf(Out):
    """Marketing of a journey that fell due while it was stopped."""

    journey: str
    count: int
    oldest_at: When
    stale: int


class Marketing(Out):
    """Whether marketing is stopped."""

    stopped: bool
    since: When | None = None
    reason: str = ""
    by: str = ""
    late: list[LateOf] = []


@operation("GET", "/marketing", Marketing)
def read_marketing(call: Call) -> Marketing:
    """Whether all marketing is stopped, since when and why, and what waits because of it."""
    return _marketing(call)


def _marketing(call: Call) -> Marketing:
    switch = call.state.switch
    hold = switch.hold(call.db)
    if hold is None:
        return Marketing(stopped=False)
    late = [
        LateOf(journey=each.journey, count=each.count, oldest_at=when(each.oldest), stale=each.stale)
        for each in switch.late(call.db)
    ]
    return Marketing(stopped=True, since=when(hold.since), reason=hold.reason, by=hold.member, late=late)


class Stop(Asked):
    """Why."""

    reason: str = ""


@operation("POST", "/marketing/stop", Marketing, body=Stop)
def stop_marketing(call: Call) -> Marketing:
    """Let no marketing leave until it is resumed. Transactional messages go on."""
    call.state.switch.stop(call.db, call.actor, call.body.reason[:500])
    return _marketing(call)


class Resume(Asked):
    """What becomes of what fell due meanwhile: send all, skip all, or let expire what is stale."""

    late: Literal["send", "skip", "expire"]


@operation("POST", "/marketing/resume", Marketing, body=Resume)
def resume_marketing(call: Call) -> Marketing:
    """Let marketing go again."""
    if call.state.switch.hold(call.db) is not None:
        call.state.switch.resume(call.db, call.actor, call.body.late)
    call.detail = {"late": call.body.late}
    return _marketing(call)


class Key(Out):
    """A key, without its text."""

    number: int
    kind: str
    hint: str
    source: str
    trust: int
    scopes: list[str]
    origins: list[str]
    works: bool
    expires_at: When | None


class Keys(Out):
    """All keys, oldest first."""

    keys: list[Key]


@operation("GET", "/keys", Keys)
def list_keys(call: Call) -> Keys:
    """All keys, oldest first, without their texts."""
    return Keys(keys=[_key(each) for each in access.keys(call.db)])


def _key(each: Any) -> Key:
    return Key(
        number=each.id,
        kind=each.kind,
        hint=each.hint,
        source=each.source,
        trust=each.trust,
        scopes=each.scopes,
        origins=each.origins,
        works=not each.withdrawn,
        expires_at=when(each.expires_at),
    )


class NewKey(Asked):
    """A key to make."""

    kind: Literal["write", "secret"]
    source: str
    """The name under which its events appear."""
    scopes: list[str] = []
    """What a secret key may do."""
    origins: list[str] = []
    """Where browsers may send from with a write key; empty for anywhere."""
    trust: Literal[0, 2] = 0
    """What its facts are worth: 0 claimed, 2 proven. A secret key's are proven."""
    expires_at: When | None = None


class Made(Out):
    """The key's text: it is shown this once, and an answer that is replayed does not show it again."""

    number: int
    text: str


@operation(
    "POST",
    "/keys",
    Made,
    status=201,
    body=NewKey,
    example={"kind": "secret", "source": "crm", "scopes": ["people:read"]},
)
def make_key(call: Call) -> Made:
    """Make a key. Its text is shown once."""
    asked: NewKey = call.body
    if call.once:
        raise Invalid("a key's text is kept nowhere, so this call takes no key", field="Idempotency-Key")
    if len(asked.source) > 200 or len(asked.origins) > 50:
        raise Invalid("a source has at most 200 characters, a key at most 50 origins", field="source")
    secret = asked.kind == "secret"
    if secret:
        beyond = [scope for scope in known(asked.scopes) if not covers(call.key.scopes, scope)]
        if beyond:
            raise Forbidden("This key itself may not: %(known)s", field="scopes", known=", ".join(beyond))
    elif asked.scopes:
        raise Invalid("a write key sends events and nothing else", field="scopes")
    elif asked.trust and not covers(call.key.scopes, WRITES):
        raise Forbidden(
            f"A key whose facts are proven may {WRITES}, which this key itself may not.", field="trust"
        )
    text = access.add_key(
        call.db,
        asked.kind,
        asked.source,
        trust=2 if secret else asked.trust,
        origins=asked.origins,
        scopes=asked.scopes or (),
        expires_at=None if asked.expires_at is None else from_datetime(asked.expires_at),
    )
    number = access.key_of(call.db, text).id
    call.about, call.detail = str(number), {"kind": asked.kind, "scopes": asked.scopes}
    return Made(number=number, text=text)


class Withdrawn(Out):
    """It works no more."""

    number: int


@operation("DELETE", "/keys/{number}", Withdrawn)
def withdraw_key(call: Call) -> Withdrawn:
    """Let a key work no more."""
    text = call.path["number"]
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Invalid("a key has a number", field="number")
    access.withdraw_key(call.db, int(text))
    call.about = text
    return Withdrawn(number=int(text))


class Audited(Out):
    """Who did what, when."""

    n: int
    at: When
    actor: str
    action: str
    object: str
    detail: dict[str, Any]
    hash: str


class Audit(Out):
    """A page of the audit log, newest first."""

    audit: list[Audited]
    next: str = ""


@operation("GET", "/audit", Audit, query=Page)
def read_audit(call: Call) -> Audit:
    """Who did what, when, newest first; each entry's hash covers the entry before."""
    before = cursors.read(call.query.cursor, tuple[int])
    rows = access.audited(call.db, before=before[0] if before else 2**62, limit=call.query.limit)
    found = [
        Audited(
            n=each.n,
            at=when(each.at),
            actor=each.actor,
            action=each.action,
            object=each.object,
            detail=each.detail,
            hash=bytes(each.hash).hex(),
        )
        for each in rows
    ]
    following = cursors.written(rows[-1].n) if len(rows) == call.query.limit else ""
    return Audit(audit=found, next=following)


OPERATIONS = [
    read_marketing,
    stop_marketing,
    resume_marketing,
    list_keys,
    make_key,
    withdraw_key,
    read_audit,
]
