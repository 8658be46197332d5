"""Whether a message may go to a person now: the only place where that is decided.

In: an intent, the person's recent sends, consents and suppressions, the policy, a zone, an instant.
Out: `Permit`, `Defer(until, reason)` or `Refuse(reason)`; `arbitrate` decides several at once.
Always true: each intent gets exactly one answer with a reason from a closed list; permits that are
recorded never exceed a cap in any window, wherever it starts; the result does not depend on the order in
which requests are handed in; a transactional message ignores marketing rules but never a dead address.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import time
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from slinga.kernel.calendar import is_zone, local, next_local, zone
from slinga.kernel.clock import HOUR, Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.words import noted as N_
from slinga.messages.model import EXPIRES_FOR, Intent, convert
from slinga.messages.sends import Sends, counted, plan
from slinga.people.consent import Consents, Topic, state


class Reason(StrEnum):
    """Why a message waits or is dropped. Closed: lists, filters and reports rest on it."""

    STOPPED = "stopped"
    NOT_YET = "not_yet"
    QUIET_HOURS = "quiet_hours"
    CAP_CHANNEL = "cap_channel"
    CAP_OVERALL = "cap_overall"
    LOST_SLOT = "lost_slot"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    ALREADY_SENT = "already_sent"
    OUTCOME_UNKNOWN = "outcome_unknown"
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no_consent"
    PENDING_CONSENT = "pending_consent"
    WITHDRAWN = "withdrawn"
    DENIED = "denied"
    NO_ADDRESS = "no_address"
    UNSUPPORTED_ADDRESS = "unsupported_address"
    EXITED = "exited"
    ERASED = "erased"


TEXTS: dict[Reason, str] = {
    Reason.STOPPED: N_("All marketing is stopped; it waits until marketing is resumed"),
    Reason.NOT_YET: N_("It is planned for later"),
    Reason.QUIET_HOURS: N_("It is quiet hours where the person is"),
    Reason.CAP_CHANNEL: N_("The person got a message on this channel too recently"),
    Reason.CAP_OVERALL: N_("The person got too many messages recently, over all channels"),
    Reason.LOST_SLOT: N_("A message of higher priority took the slot"),
    Reason.EXPIRED: N_("It waited so long that it is stale"),
    Reason.SKIPPED: N_("It was skipped when marketing was resumed"),
    Reason.ALREADY_SENT: N_("This very message has gone out already"),
    Reason.OUTCOME_UNKNOWN: N_("It may have arrived; marketing is never repeated in doubt"),
    Reason.SUPPRESSED: N_("The address is on the suppression list"),
    Reason.NO_CONSENT: N_("The person has not given permission for this channel and topic"),
    Reason.PENDING_CONSENT: N_("The person has not confirmed the sign-up yet"),
    Reason.WITHDRAWN: N_("The person has withdrawn permission"),
    Reason.DENIED: N_("The person has refused permission"),
    Reason.NO_ADDRESS: N_("The person has no address on this channel"),
    Reason.UNSUPPORTED_ADDRESS: N_("The mail server does not take this form of address"),
    Reason.EXITED: N_("The person left the journey, or reached its goal, before it was sent"),
    Reason.ERASED: N_("The person's data have been erased"),
}


class Permit(msgspec.Struct, frozen=True, tag="permit"):
    """It may go now. Record it at once (`sends.plan`), in the same transaction."""


class Defer(msgspec.Struct, frozen=True, tag="defer", omit_defaults=True):
    """Ask again at `until` (None: when marketing resumes). `winner` is the send key that took the slot."""

    until: Instant | None
    reason: Reason
    winner: str = ""
    journey: str = ""
    """The winner's journey."""


class Refuse(msgspec.Struct, frozen=True, tag="refuse", omit_defaults=True):
    """It will never go; `detail` adds to the reason's text."""

    reason: Reason
    detail: str = ""


Decision = Permit | Defer | Refuse


class Suppression(msgspec.Struct, frozen=True, omit_defaults=True):
    """An address that gets nothing in a scope: `all` (hard bounce, erasure), `marketing` (complaint, soft
    bounces) or one `topic`. `channel` "" means any."""

    scope: Literal["all", "marketing", "topic"]
    reason: str = ""
    channel: str = ""
    topic: str = ""


LONGEST_ATTRIBUTION = 90


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """At most `count` messages in any window of `within_h` hours; `channels` empty counts all together."""

    count: int
    within_h: float
    channels: tuple[str, ...] = ()

    @property
    def within_for(self) -> int:
        """The window's length in microseconds."""
        return int(self.within_h * HOUR)


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The workspace's rules for messages. `quiet_hours` "21:00-09:00" in the person's zone, "" is none."""

    zone: str = "UTC"
    caps: tuple[Cap, ...] = (Cap(1, 16, ("email",)), Cap(1, 24, ("push",)), Cap(1, 24, ("sms",)), Cap(3, 24))
    quiet_hours: str = "21:00-09:00"
    stopped: bool = False
    """The one switch: no marketing leaves while it is on."""
    capped: tuple[str, ...] = ("email", "push", "sms")
    """Channels to which consent, caps and quiet hours apply; a webhook talks to a machine."""
    tracking: Literal["off", "aggregate_only", "consented", "all"] = "consented"
    topics: tuple[Topic, ...] = ()
    written_off: tuple[str, ...] = ("written-off",)
    """People who bear one of these tags get no marketing, until the tag is taken away."""
    attributed_days: int = 5
    """So long after a click an order counts as its message's, in reports."""


def parse(document: dict[str, object]) -> Policy:
    """Validate a policy document. Raises Invalid(field=path)."""
    policy: Policy = convert(document, Policy, "policy")
    if not is_zone(policy.zone):
        raise Invalid("'%(zone)s' is not a time zone of the IANA database", field="zone", zone=policy.zone)
    for index, cap in enumerate(policy.caps):
        if cap.count < 1 or not 0 < cap.within_h <= 24 * 60:
            raise Invalid(
                "a cap is at least 1 message in more than 0 and at most 1440 hours", field=f"caps.{index}"
            )
    _hours(policy.quiet_hours)
    if not 1 <= policy.attributed_days <= LONGEST_ATTRIBUTION:
        raise Invalid("Orders are attributed for 1 to 90 days after a click.", field="attributed_days")
    if len({topic.key for topic in policy.topics}) < len(policy.topics):
        raise Invalid("two topics have the same key", field="topics")
    return policy


def _hours(text: str) -> tuple[time, time] | None:
    if text in ("", "none"):
        return None
    start, _, end = text.partition("-")
    try:
        span = time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    except ValueError:
        span = None
    if span is None or any(
        edge.tzinfo is not None for edge in span
    ):  # what is compared is the person's clock
        raise Invalid("'%(text)s' is not a span such as 21:00-09:00", field="quiet_hours", text=text)
    return span if span[0] != span[1] else None


def quiet_until(now: Instant, hours: str, tz: ZoneInfo) -> Instant:
    """`now` outside quiet hours, else the instant at which they end in that zone."""
    span = _hours(hours)
    if span is None:
        return now
    start, end = span
    clock = local(now, tz).time()
    inside = start <= clock < end if start < end else clock >= start or clock < end
    return next_local(now, end, tz) if inside else now


def _free_at(cap: Cap, intent: Intent, sends: Sends, at: Instant) -> Instant:
    """The first instant from `at` on at which one more message stays within the cap."""
    marks = sorted(
        sent.at
        for key, sent in sends.recent.items()
        if key != intent.send_key and counted(sent) and (not cap.channels or sent.channel in cap.channels)
    )
    # A message at t shares a window with every one less than the window's length away, before or after.
    while True:
        near = [mark for mark in marks if abs(mark - at) < cap.within_for]
        if len(near) < cap.count:
            return at
        at = near[len(near) - cap.count] + cap.within_for


def _forbidden(intent: Intent, consents: Consents, policy: Policy, now: Instant) -> Refuse | None:
    topic = next((topic for topic in policy.topics if topic.key == intent.topic), None)
    found = state(consents, intent.channel, intent.topic, now, explicit=topic is not None and topic.explicit)
    if found == "granted":
        return None
    reasons = {"withdrawn": Reason.WITHDRAWN, "denied": Reason.DENIED, "pending": Reason.PENDING_CONSENT}
    return Refuse(
        reasons.get(found, Reason.NO_CONSENT), "the permission has run out" if found == "expired" else ""
    )


def _suppressed(intent: Intent, suppressed: Iterable[Suppression]) -> Refuse | None:
    for entry in suppressed:
        if entry.channel not in ("", intent.channel):
            continue
        hit = entry.scope == "all" or (
            intent.message_class == "marketing"
            and (entry.scope == "marketing" or (entry.scope == "topic" and entry.topic == intent.topic))
        )
        if hit:
            return Refuse(Reason.SUPPRESSED, entry.reason)
    return None


def _repeated(intent: Intent, sends: Sends) -> Refuse | None:
    mine = sends.recent.get(intent.send_key)
    if mine is None or mine.status == "planned":
        return None
    if mine.status == "accepted":
        return Refuse(Reason.ALREADY_SENT)
    return Refuse(Reason.OUTCOME_UNKNOWN) if intent.message_class == "marketing" else None


def decide(
    intent: Intent,
    sends: Sends,
    consents: Consents,
    suppressed: Iterable[Suppression],
    policy: Policy,
    tz: ZoneInfo | None,
    now: Instant,
) -> Decision:
    """Whether the message may go at `now`.

    `tz` None (the person's zone is unknown) is the workspace's. Caps are sliding windows, so 23:00 and 00:30
    are on the same day. Deferral never passes the intent's end; there it is refused as expired.
    """
    final = _repeated(intent, sends) or _suppressed(intent, suppressed)
    if final is not None:
        return final
    marketing = intent.message_class == "marketing"
    if marketing and policy.stopped:
        return Defer(None, Reason.STOPPED)
    if now >= intent.ends_at:
        return Refuse(Reason.EXPIRED)
    personal = marketing and intent.channel in policy.capped
    refusal = _forbidden(intent, consents, policy, now) if personal else None
    if refusal is not None:
        return refusal
    at, reason = now, None
    if intent.not_before > now:
        at, reason = intent.not_before, Reason.NOT_YET
    if personal:
        at, reason = _slot(intent, sends, policy, tz or zone(policy.zone), at, reason)
    if reason is None:
        return Permit()
    return Defer(min(at, intent.ends_at), reason)


def _slot(
    intent: Intent, sends: Sends, policy: Policy, tz: ZoneInfo, at: Instant, reason: Reason | None
) -> tuple[Instant, Reason | None]:
    """Move `at` forward until caps and quiet hours all allow it; the reason is the first that moved it."""
    hours = intent.quiet_hours or policy.quiet_hours
    while at < intent.ends_at:
        before = at
        for cap in policy.caps:
            if cap.channels and intent.channel not in cap.channels:
                continue
            free = _free_at(cap, intent, sends, at)
            if free > at:
                at, reason = free, reason or (Reason.CAP_CHANNEL if cap.channels else Reason.CAP_OVERALL)
        calm = quiet_until(at, hours, tz)
        if calm > at:
            at, reason = calm, reason or Reason.QUIET_HOURS
        if at == before:
            break
    return at, reason


def precedence(intent: Intent) -> tuple[bool, int, Instant, str]:
    """The order in which intents compete: transactional, then priority, then age, then key."""
    return (intent.message_class != "transactional", -intent.priority, intent.planned_at, intent.send_key)


def arbitrate(
    intents: Sequence[Intent],
    sends: Sends,
    consents: Consents,
    suppressed: Callable[[Intent], Iterable[Suppression]],
    policy: Policy,
    tz: ZoneInfo | None,
    now: Instant,
) -> tuple[list[tuple[Intent, Decision]], Sends]:
    """Decide all that a person's journeys want to send at one instant; permits are recorded in the sends.

    Hand in those that were deferred to now as well as the new ones: who wins does not depend on the order.
    A loser is deferred as LOST_SLOT, naming the winner and its journey.
    """
    before, answers = sends, []
    won: list[Intent] = []
    for intent in sorted(intents, key=precedence):
        limits = tuple(suppressed(intent))
        answer = decide(intent, sends, consents, limits, policy, tz, now)
        if isinstance(answer, Permit):
            sends = plan(sends, intent, now)
            won += [intent] if counted(sends.recent[intent.send_key]) else []
        elif isinstance(answer, Defer) and answer.reason in (Reason.CAP_CHANNEL, Reason.CAP_OVERALL):
            alone = decide(intent, before, consents, limits, policy, tz, now)
            if isinstance(alone, Permit):
                same = [one for one in won if one.channel == intent.channel]
                winner = (same if answer.reason is Reason.CAP_CHANNEL and same else won)[0]
                answer = Defer(answer.until, Reason.LOST_SLOT, winner.send_key, winner.journey)
        answers.append((intent, answer))
    return answers, sends


def resume(
    held: Sequence[Intent], choice: Literal["send", "skip", "expire"], now: Instant
) -> list[tuple[Intent, Refuse | None]]:
    """What becomes of messages held by the stop switch when marketing resumes.

    `send` gives each a fresh 72 h, `skip` drops all, `expire` drops only those that are stale. None in the
    second place means: ask for a decision again now.
    """
    if choice == "skip":
        return [(intent, Refuse(Reason.SKIPPED)) for intent in held]
    if choice == "expire":
        return [(intent, Refuse(Reason.EXPIRED) if now >= intent.ends_at else None) for intent in held]
    fresh = [
        msgspec.structs.replace(intent, expires_at=max(intent.ends_at, now + EXPIRES_FOR)) for intent in held
    ]
    return [(intent, None) for intent in fresh]


class Tracking(msgspec.Struct, frozen=True):
    """How far opens and clicks of one message may be followed: not at all, in sum, or to the person."""

    opens: Literal["off", "aggregate", "person"] = "off"
    clicks: Literal["off", "aggregate", "person"] = "off"


def tracking_of(message_class: str, policy: Policy, consents: Consents, now: Instant) -> Tracking:
    """The tracking a message may carry, and a hit on it may count, at `now`.

    Consent is the purpose `tracking` with topics `opens` and `clicks`; without it a `consented` workspace
    counts in sum only. Transactional mail carries nothing.
    """
    if policy.tracking == "off" or message_class == "transactional":
        return Tracking()
    if policy.tracking == "aggregate_only":
        return Tracking("aggregate", "aggregate")

    def of(topic: str) -> Literal["aggregate", "person", "off"]:
        found = state(consents, "tracking", topic, now)
        if policy.tracking == "all":
            return "aggregate" if found in ("withdrawn", "denied") else "person"
        return "person" if found == "granted" else "aggregate"

    return Tracking(of("opens"), of("clicks"))
