"""The consent ledger, folded: what a person permits, per channel and topic, at an instant.

In: inputs of kind `consent` in any order. Out: `Consents`, and the state of a channel and topic.
Always true: the fold does not depend on the order of arrival; the newest act of the person wins and a tie
is a withdrawal; nothing that a team or a program said in a person's name beats a withdrawal; what a
browser merely claims is never a grant. (GDPR articles 7(1), 7(3) and 21; CASL section 10.)

Purposes are channels here: email, sms, push, `tracking` (opens and clicks of a person's mail) and `web`
(visits). Topic "" is the whole channel; channel "*" is everything, for the right to object.
"""

from typing import Any, Literal

import msgspec

from slinga.ingest.model import CLAIMED, Input
from slinga.kernel.calendar import add, period, zone
from slinga.kernel.clock import DAY, Instant
from slinga.kernel.errors import Invalid

State = Literal["granted", "withdrawn", "denied", "expired", "pending", "unknown"]

ACTIONS = ("granted", "denied", "withdrawn", "expired", "confirmed")
OWN_ACTS = frozenset(
    {
        "form",
        "preferences",
        "one_click",
        "sms_keyword",
        "complaint",
        "confirm",
        "snippet",
        "browser",
        "checkout",
    }
)
"""Sources where the person acted. Anything else (import, api, admin) is somebody speaking for them."""

PENDING_FOR = 7 * DAY
"""How long a confirmation link works."""

IMPLIED = {"casl_purchase": "24mo", "casl_inquiry": "6mo"}
"""Bases that run out by law, and when."""


class Act(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry that still matters: when, what, on which basis and from where; `until` ends a grant."""

    at: Instant
    action: str = "granted"
    basis: str = "consent"
    source: str = ""
    until: Instant | None = None
    evidence: str = ""
    """Where the proof is: the wording's id, form version or message id."""


class Permission(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of one channel and topic: the greatest of each sort of act, whatever the order."""

    grant: Act | None = None
    """The newest grant or confirmation the person made."""
    spoken: Act | None = None
    """The longest-lasting grant made in the person's name: import, sale, legitimate interest."""
    stop: Act | None = None
    """The newest withdrawal or denial, whoever reported it."""
    asked: Act | None = None
    """The newest unconfirmed request (double opt-in, or a claim)."""
    ended_at: Instant | None = None
    """Grants up to here have been declared expired."""


class Consents(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person's permissions; keys are "channel" or "channel:topic"."""

    entries: dict[str, Permission] = {}


NOTHING = Permission()


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A subject people can choose or leave. `explicit` topics need their own grant, not the channel's."""

    key: str
    name: str
    description: str = ""
    channels: tuple[str, ...] = ("email",)
    explicit: bool = False
    double_opt_in: bool = False
    public: bool = True
    names: dict[str, str] = {}


def key_of(channel: str, topic: str = "") -> str:
    """The entry's key."""
    return f"{channel}:{topic}" if topic else channel


def _later(a: Act | None, b: Act) -> Act:
    # On a tie the stricter word wins ("withdrawn" sorts after "denied" and "granted"), then any fixed order.
    return b if a is None or _rank(b) > _rank(a) else a


def _rank(act: Act) -> tuple[Any, ...]:
    return (act.at, act.action, act.until is None, act.until or 0, act.basis, act.source, act.evidence)


def _longer(a: Act | None, b: Act) -> Act:
    def lasts(act: Act) -> tuple[Any, ...]:
        return (act.until is None, act.until or 0, *_rank(act))

    return b if a is None or lasts(b) > lasts(a) else a


def _ends(body: dict[str, Any], at: Instant, basis: str) -> Instant | None:
    given = body.get("expires_at")
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    length = IMPLIED.get(basis)
    return add(at, period(length), zone("UTC")) if length else None


def fold(consents: Consents, record: Input) -> Consents:
    """The ledger with one more entry. Raises Invalid on an action outside the closed list.

    `record.body`: channel, topic?, action, basis? (consent|soft_opt_in|contract|legitimate_interest|
    casl_purchase|casl_inquiry), source?, evidence?, expires_at? (Instant), double_opt_in? (bool: this grant
    still waits for its confirmation). The act's time is `record.occurred_at`, never later than acceptance.
    """
    body = record.body
    action = str(body.get("action", ""))
    channel = str(body.get("channel", ""))
    if action not in ACTIONS:
        raise Invalid(
            "'%(value)s' is not one of %(known)s", field="action", value=action, known=", ".join(ACTIONS)
        )
    if not channel:
        raise Invalid("a consent names its channel", field="channel")
    at = min(record.occurred_at or record.at, record.at)
    basis = str(body.get("basis") or "consent")
    source = str(body.get("source") or record.source or "")
    evidence = body.get("evidence") or ""
    proof = (
        evidence
        if isinstance(evidence, str)
        else str(evidence.get("wording_id") or evidence.get("form_id") or "")
    )
    act = Act(at, action, basis, source, _ends(body, at, basis), proof)
    key = key_of(channel, str(body.get("topic") or ""))
    old = consents.entries.get(key, NOTHING)
    claimed = record.trust == CLAIMED and channel != "web"
    if action in ("withdrawn", "denied"):
        new = msgspec.structs.replace(old, stop=_later(old.stop, act))
    elif action == "expired":
        new = msgspec.structs.replace(old, ended_at=max(old.ended_at or at, at))
    elif action == "granted" and (body.get("double_opt_in") or claimed):
        new = msgspec.structs.replace(old, asked=_later(old.asked, act))
    elif claimed:
        return consents
    elif basis == "consent" and (action == "confirmed" or source in OWN_ACTS):
        new = msgspec.structs.replace(old, grant=_later(old.grant, act))
    else:
        new = msgspec.structs.replace(old, spoken=_longer(old.spoken, act))
    return Consents({**consents.entries, key: new})


def unite(a: Consents, b: Consents) -> Consents:
    """The permissions of two people who are one: each sort of act by its greatest."""
    entries = dict(a.entries)
    for key, theirs in b.entries.items():
        ours = entries.get(key, NOTHING)
        ends = [x for x in (ours.ended_at, theirs.ended_at) if x is not None]
        entries[key] = Permission(
            _later(ours.grant, theirs.grant) if theirs.grant else ours.grant,
            _longer(ours.spoken, theirs.spoken) if theirs.spoken else ours.spoken,
            _later(ours.stop, theirs.stop) if theirs.stop else ours.stop,
            _later(ours.asked, theirs.asked) if theirs.asked else ours.asked,
            max(ends) if ends else None,
        )
    return Consents(entries)


def _alive(act: Act | None, entry: Permission, now: Instant) -> bool:
    if act is None or (entry.ended_at is not None and act.at <= entry.ended_at):
        return False
    return act.until is None or now < act.until


def state(consents: Consents, channel: str, topic: str, now: Instant, *, explicit: bool = False) -> State:
    """What the person permits at `now`.

    A grant for the topic stands against an older stop of the topic, the channel or everything. A grant for
    the channel covers a topic that the person never left, unless the topic is `explicit`.
    """
    everything = consents.entries.get("*", NOTHING)
    whole = consents.entries.get(channel, NOTHING)
    own = consents.entries.get(key_of(channel, topic), NOTHING) if topic else whole
    stops = [entry.stop for entry in (everything, whole, own) if entry.stop is not None]
    stop = max(stops, key=_rank) if stops else None
    stopped_at = stop.at if stop else -1
    covers = [own] if explicit or (topic and own.stop is not None) else [own, whole]
    for entry in covers:
        if entry.grant is not None and entry.grant.at > stopped_at and _alive(entry.grant, entry, now):
            return "granted"
    if stop is not None:
        if own.asked is not None and own.asked.at > stop.at and now < own.asked.at + PENDING_FOR:
            return "pending"
        return "denied" if stop.action == "denied" else "withdrawn"
    if any(_alive(entry.spoken, entry, now) for entry in covers):
        return "granted"
    if any(entry.asked is not None and now < entry.asked.at + PENDING_FOR for entry in covers):
        return "pending"
    if any(entry.grant is not None or entry.spoken is not None for entry in covers):
        return "expired"
    return "unknown"


def permitted(consents: Consents, channel: str, topic: str, now: Instant, *, explicit: bool = False) -> str:
    """The state in the four words conditions use: granted, withdrawn, denied or unknown."""
    found = state(consents, channel, topic, now, explicit=explicit)
    return found if found in ("granted", "withdrawn", "denied") else "unknown"


def changes_at(consents: Consents, channel: str, topic: str, now: Instant) -> Instant | None:
    """The next instant after `now` at which time alone may change the state, or None."""
    ends: list[Instant] = []
    for key in {"*", channel, key_of(channel, topic)}:
        entry = consents.entries.get(key, NOTHING)
        ends += [
            act.until for act in (entry.grant, entry.spoken) if act is not None and act.until is not None
        ]
        if entry.asked is not None:
            ends.append(entry.asked.at + PENDING_FOR)
    return min((end for end in ends if end > now), default=None)
