"""What a person's click on a public page means for their permissions.

In: the link's token, what stands, the form. Out: ledger entries and events to append.
Always true: pure; a topic that was not on the page the person saw is never changed; leaving is always
written, also where it already stood, because a grant may be on its way through the log.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import msgspec

from slinga.identity.identifiers import email
from slinga.ingest.model import PROVEN, New
from slinga.kernel.clock import MINUTE, Instant
from slinga.kernel.errors import Invalid
from slinga.onsite.links import Tracking
from slinga.onsite.model import Choice, Sent, about
from slinga.onsite.tokens import Token
from slinga.people.consent import Consents, key_of, state
from slinga.people.ledger import Consent

TRACKING = "tracking"
"""The channel under which tracking of mail is allowed, see `people.consent`."""

EVERYTHING = "*"


class Offer(msgspec.Struct, frozen=True):
    """One switch of the preference centre."""

    field: str
    channel: str
    topic: str
    name: str
    description: str
    on: bool


class Written(msgspec.Struct, frozen=True):
    """What to write: ledger entries, and events for the log."""

    entries: tuple[Consent, ...] = ()
    events: tuple[New, ...] = ()


def tracking_consent(held: Consents, now: Instant, topic: str = "") -> bool | None:
    """Whether `opens`, `clicks` or all hits may be tied to the person; None where they were never asked."""
    found = state(held, TRACKING, topic, now)
    return None if found in ("unknown", "pending", "expired") else found == "granted"


def leave(
    person: str,
    own: Token,
    sent: Sent,
    held: Consents,
    now: Instant,
    *,
    everything: bool,
    evidence: dict[str, Any],
) -> Written:
    """One-click: leave the topic of the message, or everything.

    A second request within a minute adds nothing. The event is only told when something changed.
    """
    channel, topic = (EVERYTHING, "") if everything else (own.channel, own.topic)
    stood = _withdrawn(held, channel, topic, now)
    stop = (
        held.entries[key_of(channel, topic)].stop
        if stood and key_of(channel, topic) in held.entries
        else None
    )
    if stop is not None and now - stop.at < MINUTE:
        return Written()
    entry = _entry(person, own, channel, topic, "withdrawn", "one_click", sent, evidence)
    return Written((entry,), () if stood else (_unsubscribed(person, sent, channel, topic, "one_click"),))


def offers(
    own: Token, choices: Iterable[Choice], held: Consents, now: Instant, mode: Tracking
) -> list[Offer]:
    """The switches to show: each public topic on each of its channels, and tracking."""
    known = list(choices)
    if own.topic and all(choice.key != own.topic for choice in known):
        known.append(Choice(own.topic, own.topic.replace("_", " ").replace("-", " ").capitalize()))
    out = [
        Offer(
            f"{channel}:{choice.key}",
            channel,
            choice.key,
            choice.name,
            choice.description,
            state(held, channel, choice.key, now) == "granted",
        )
        for choice in known
        for channel in choice.channels
    ]
    if mode is not Tracking.OFF:
        said = tracking_consent(held, now)
        on = mode is Tracking.ALL if said is None else said
        out.append(Offer(f"{TRACKING}:", TRACKING, "", "", "", on))
    return out


def save(
    person: str,
    own: Token,
    sent: Sent,
    shown: Iterable[Offer],
    form: dict[str, str],
    evidence: dict[str, Any],
    wording: str = "",
) -> Written:
    """The changes in a submitted form: `shown:FIELD` says a switch was there, `allow:FIELD` that it is on.

    The proof of a topic names the version of the words that the form showed, which it carries; `wording` is
    the present one, and no form can name a later.
    """
    worded = evidence | ({"wording_id": found} if (found := _read_by_them(form, wording)) else {})
    entries, events = [], []
    for offer in shown:
        want = f"allow:{offer.field}" in form
        if f"shown:{offer.field}" not in form or want == offer.on:
            continue
        action = "granted" if want else "withdrawn"
        proof = worded if offer.topic else evidence
        entries.append(_entry(person, own, offer.channel, offer.topic, action, "preferences", sent, proof))
        if not want and offer.channel != TRACKING:
            events.append(_unsubscribed(person, sent, offer.channel, offer.topic, "preferences"))
    return Written(tuple(entries), tuple(events))


def _read_by_them(form: dict[str, str], present: str) -> str:
    """The version that a form carries, if it is one of what is offered at present; else the present one."""
    place, _, number = form.get("wording", "").rpartition("/")
    known, _, newest = present.rpartition("/")
    earlier = number.isascii() and number.isdigit() and len(number) < 10 and int(number) > 0
    return f"{place}/{number}" if place == known and earlier and int(number) <= int(newest or 0) else present


def confirm(
    person: str, own: Token, sent: Sent, held: Consents, now: Instant, evidence: dict[str, Any]
) -> Written:
    """Double opt-in, second step; doing it twice adds nothing.

    The address that the message went to is proven from now on: its owner has just read our mail.
    """
    entry = held.entries.get(key_of(own.channel, own.topic))
    if entry and entry.grant and entry.grant.action == "confirmed" and state_is(held, own, now, "granted"):
        return Written()
    asked = entry.asked if entry else None
    trail = evidence | {"double_opt_in": {"message_id": own.message, "confirmed_at": now}}
    if asked is not None:  # what they read when they asked is what they confirm
        trail["double_opt_in"] |= {"asked_at": asked.at}
        trail |= {"wording_id": asked.evidence} if asked.evidence else {}
    event = New(
        person=person,
        kind="event",
        name="Subscription Confirmed",
        body={"properties": about(sent)},
        source="onsite",
    )
    return Written(
        (_entry(person, own, own.channel, own.topic, "confirmed", "confirm", sent, trail),),
        (*_proof(person, sent), event),
    )


def _proof(person: str, sent: Sent) -> tuple[New, ...]:
    """The e-mail address of a message, as a fact that its owner has proven."""
    if sent.channel != "email" or not sent.address:
        return ()
    body: dict[str, Any] = {"traits": {"email": sent.address}, "identifiers": []}
    with suppress(Invalid):
        body["identifiers"] = [["email", email(sent.address)]]
    return (New(person=person, kind="identify", body=body, trust=PROVEN, source="onsite"),)


def state_is(held: Consents, own: Token, now: Instant, wanted: str) -> bool:
    """Whether the token's channel and topic stand at `wanted`."""
    return state(held, own.channel, own.topic, now) == wanted


def _withdrawn(held: Consents, channel: str, topic: str, now: Instant) -> bool:
    return state(held, channel, topic, now) in ("withdrawn", "denied")


def _entry(
    person: str,
    own: Token,
    channel: str,
    topic: str,
    action: str,
    source: str,
    sent: Sent,
    evidence: dict[str, Any],
) -> Consent:
    return Consent(
        person=person,
        channel=channel,
        topic=topic,
        action=action,
        source=source,
        message=own.message,
        address_hash=sent.address_hash,
        evidence=evidence,
    )


def _unsubscribed(person: str, sent: Sent, channel: str, topic: str, how: str) -> New:
    left = {"left_channel": channel, "left_topic": topic, "how": how}
    return New(
        person=person,
        kind="event",
        name="Unsubscribed",
        body={"properties": about(sent) | left},
        source="onsite",
    )
