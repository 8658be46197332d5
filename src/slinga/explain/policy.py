"""The policy's verdict on one message with everything it rested on, and what would turn it.

In: an intent, the person at that instant, the program. Out: checks in the order of the policy's questions;
proposals for the search.
Always true: each check asks the functions that the policy itself asks; the verdict is the policy's own.
"""

from collections.abc import Iterable, Iterator

import msgspec

from slinga.engine.model import Person, Program
from slinga.engine.sending import confirms, policy_of, suppressions
from slinga.engine.view import PersonView, address_of
from slinga.explain import changes, sayings
from slinga.explain.model import Added, Change, Check
from slinga.explain.scene import Scene
from slinga.ingest.model import Input
from slinga.journeys.node import person_zone
from slinga.journeys.nodes.send import Send
from slinga.kernel.calendar import local
from slinga.kernel.clock import Instant, iso
from slinga.kernel.words import ENGLISH, Words
from slinga.kernel.words import noted as N_
from slinga.messages.model import Intent
from slinga.messages.policy import TEXTS, Cap, Decision, Defer, Permit, Policy, Reason, decide, quiet_until
from slinga.messages.sends import Sent, counted
from slinga.people.consent import Permission, changes_at, key_of, state

CONSENTS = (Reason.NO_CONSENT, Reason.PENDING_CONSENT, Reason.WITHDRAWN, Reason.DENIED)
CAPS = (Reason.CAP_CHANNEL, Reason.CAP_OVERALL, Reason.LOST_SLOT)
MOST_FEWER = 5


def intent_at(program: Program, person: str, fact: dict[str, object], now: Instant) -> Intent:
    """The message that a fact of the policy (send_planned, send_deferred, send_blocked) was about."""
    template = program.templates.get(str(fact.get("template", "")))
    journey = str(fact.get("journey", ""))
    found = next((j for (key, _), j in program.versions.items() if key == journey), None)
    found = program.journeys.get(journey, found)
    node = found.journey.nodes.get(str(fact.get("node", ""))) if found is not None else None
    sends = node if isinstance(node, Send) else None
    priority = (found.journey.priority if found else 0) if sends is None or sends.priority is None else (
        sends.priority
    )  # fmt: skip
    return Intent(
        send_key=str(fact.get("send_key", "")),
        person=person,
        message_class=template.message_class if template else fact.get("class", "marketing"),  # type: ignore[arg-type]
        channel=template.channel if template else fact.get("channel", "email"),  # type: ignore[arg-type]
        topic=(template.topic if template else "") or str(fact.get("topic") or ""),
        journey=journey,
        run=str(fact.get("run", "")),
        node=str(fact.get("node", "")),
        template=str(fact.get("template", "")),
        priority=priority,
        planned_at=now,
    )


def verdict(intent: Intent, person: Person, program: Program, now: Instant) -> Decision:
    """What the policy says, the message's own slot not counted against it."""
    view = PersonView(person, program, now)
    sends = msgspec.structs.replace(
        person.sends, recent={k: s for k, s in person.sends.recent.items() if k != intent.send_key}
    )
    limits = suppressions(person, intent.channel, program.policy)
    return decide(intent, sends, person.consents, limits, policy_of(person, program), person_zone(view), now)


def checks(
    intent: Intent, person: Person, program: Program, now: Instant, _: Words = ENGLISH
) -> Iterator[Check]:
    """Address, suppression, the switch, consent, caps and quiet hours, each with its values at `now`."""
    address = address_of(person, intent.channel, claimed=confirms(intent))
    text = _("has an address for %(channel)s") % {"channel": intent.channel}
    yield Check(text, address is not None, address)
    limits = suppressions(person, intent.channel, program.policy)
    said = ", ".join(each.reason or each.scope for each in limits)
    yield Check(_("the address is not suppressed, nobody wrote the person off"), not limits, said or None)
    marketing = intent.message_class == "marketing"
    if not marketing:
        yield Check(_("transactional: needs no marketing consent; caps and quiet hours do not apply"))
        return
    policy = policy_of(person, program)
    yield Check(_("marketing is not stopped"), not policy.stopped)
    if intent.channel not in policy.capped:
        text = _("%(channel)s talks to a machine: no consent, no caps, no quiet hours")
        yield Check(text % {"channel": intent.channel})
        return
    yield consent(intent, person, policy, now, _)
    for number, cap in enumerate(policy.caps):
        if not cap.channels or intent.channel in cap.channels:
            yield _cap(cap, intent, person, now, _, own=number >= len(program.policy.caps))
    yield _quiet(intent, person, program, policy, now, _)


def consent(intent: Intent, person: Person, policy: Policy, now: Instant, _: Words = ENGLISH) -> Check:
    """Where consent stands for the channel and topic, with the acts that decide it."""
    topic = next((topic for topic in policy.topics if topic.key == intent.topic), None)
    explicit = topic is not None and topic.explicit
    found = state(person.consents, intent.channel, intent.topic, now, explicit=explicit)
    acts = []
    for key in dict.fromkeys((key_of(intent.channel, intent.topic), intent.channel, "*")):
        acts += _acts(key, person.consents.entries.get(key, Permission()), _)
    about = f"{intent.channel}/{intent.topic}" if intent.topic else intent.channel
    until = changes_at(person.consents, intent.channel, intent.topic, now)
    return Check(
        _("consent %(about)s is granted") % {"about": about},
        found == "granted",
        _(found),
        until,
        note="; ".join(acts) or _("nothing said"),
    )


_ACTS = {"grant": N_("granted"), "spoken": N_("granted for them"), "stop": "", "asked": N_("asked for")}


def _acts(key: str, entry: Permission, _: Words) -> list[str]:
    found = []
    for field, word in _ACTS.items():
        act = getattr(entry, field)
        if act is not None:
            values = {"about": key, "act": _(word or act.action), "at": iso(act.at), "source": act.source}
            text = (
                _("%(about)s %(act)s %(at)s by %(source)s") if act.source else _("%(about)s %(act)s %(at)s")
            )
            found.append(text % values)
    return found


def near(cap: Cap, intent: Intent, person: Person, now: Instant) -> list[tuple[str, Sent]]:
    """The messages that count against a cap at `now`, oldest first."""
    found = [
        (key, sent)
        for key, sent in person.sends.recent.items()
        if key != intent.send_key
        and counted(sent)
        and (not cap.channels or sent.channel in cap.channels)
        and abs(sent.at - now) < cap.within_for
    ]
    return sorted(found, key=lambda pair: pair[1].at)


def _cap(cap: Cap, intent: Intent, person: Person, now: Instant, _: Words, *, own: bool) -> Check:
    there = near(cap, intent, person, now)
    text = _.many(
        "fewer than %(num)s message by %(channel)s in %(length)s",
        "fewer than %(num)s messages by %(channel)s in %(length)s",
        cap.count,
        channel="/".join(cap.channels) or _("any channel"),
        length=_hours(cap.within_h, _),
    )
    if own:
        text += " " + _("(the limit of the person's stage)")
    told = "; ".join(
        f"{_.called('journey', sent.journey) if sent.journey else _('a broadcast')} "
        f"{iso(sent.at)} {_(sent.status)}"
        for _key, sent in there[-5:]
    )
    full = len(there) >= cap.count
    free = there[len(there) - cap.count][1].at + cap.within_for if full else None
    return Check(text, not full, len(there), free, note=told)


def _hours(hours: float, _: Words) -> str:
    whole, rest = divmod(hours, 24)
    if whole > 1 and not rest:
        return _.many("%(num)s day", "%(num)s days", int(whole))
    return _("%(num)s h") % {"num": f"{hours:g}"}


def _quiet(intent: Intent, person: Person, program: Program, policy: Policy, now: Instant, _: Words) -> Check:
    zone = person_zone(PersonView(person, program, now))
    hours = intent.quiet_hours or policy.quiet_hours
    until = quiet_until(now, hours, zone)
    clock = _("%(time)s in %(zone)s") % {"time": f"{local(now, zone):%H:%M}", "zone": zone.key}
    if hours in ("", "none"):
        return Check(_("no quiet hours"), True, clock)
    return Check(
        _("outside quiet hours %(hours)s") % {"hours": hours},
        until == now,
        clock,
        until if until > now else None,
    )


def proposed(intent: Intent, reason: str, scene: Scene, until: Instant | None) -> Iterator[Change]:
    """What might let a message through that was put off or dropped for a reason."""
    _, person, policy = scene.words, scene.person, policy_of(scene.person, scene.program)
    if reason in CONSENTS or reason == Reason.EXITED:
        for topic in dict.fromkeys((intent.topic, "")):
            text = sayings.consent_text(_, intent.channel, topic, "granted")
            yield changes.say(text, sayings.consented(intent.channel, topic, "granted"))
    if reason in (Reason.NO_ADDRESS, Reason.UNSUPPORTED_ADDRESS):
        for way in sayings.reachable(intent.channel, scene):
            yield way
            for topic in dict.fromkeys(("", intent.topic)):
                text = sayings.consent_text(_, intent.channel, "", "granted")
                grant = changes.say(text, sayings.consented(intent.channel, topic, "granted"))
                both = changes.together([way, grant], _)
                if both is not None:
                    yield both
    if reason == Reason.SUPPRESSED:
        yield sayings.revived(_, intent.channel)
        for tag in policy.written_off:
            if tag in person.profile.tags:
                yield sayings.untagged(_, tag)
    if reason == Reason.STOPPED:
        yield changes.define("policy", "", "stopped", False, _("marketing not stopped"))
    if reason in CAPS or reason == Reason.EXPIRED:
        yield from _fewer(intent, policy, scene)
    if until is not None and until > scene.now:
        there = local(until, scene.zone)
        text = _("wait until %(at)s") % {"at": f"{there:%Y-%m-%d %H:%M:%S}"}
        yield changes.wait(until, scene.now, text)
    if reason == Reason.QUIET_HOURS:
        yield changes.define("policy", "", "quiet_hours", "none", _("no quiet hours"))


def _fewer(intent: Intent, policy: Policy, scene: Scene) -> Iterator[Change]:
    """The latest messages that count against a cap had never gone out."""
    _ = scene.words
    for cap in policy.caps:
        if cap.channels and intent.channel not in cap.channels:
            continue
        there = near(cap, intent, scene.person, scene.now)
        for count in range(1, min(len(there), MOST_FEWER) + 1):
            keys = [key for key, _sent in there[-count:]]
            number = _.many("one message", "%(num)s messages", count)
            text = (
                _("%(messages)s fewer by %(channel)s in the last %(length)s")
                if cap.channels
                else _("%(messages)s fewer in the last %(length)s")
            )
            values = {"messages": number, "channel": "/".join(cap.channels)}
            yield unsent(text % {**values, "length": _hours(cap.within_h, _)}, keys, scene.inputs)


def unsent(text: str, keys: Iterable[str], inputs: Iterable[Input]) -> Change:
    """Messages that came to nothing: their slots are given back, what is known of their sending is gone."""
    wanted = set(keys)
    gone = [item.seq for item in inputs if _tells_of(item, wanted)]
    back = [Added("receipt", "cancelled", {"send_key": key}) for key in sorted(wanted)]
    things = len(wanted)
    return Change(text, tuple(back), tuple(gone), things=things, rank=changes.OTHER * things)


def _tells_of(item: Input, keys: set[str]) -> bool:
    if item.kind == "receipt":
        return item.body.get("send_key") in keys
    properties = item.body.get("properties")
    about = item.name.startswith("Message ") and isinstance(properties, dict)
    return about and isinstance(properties, dict) and properties.get("send_key") in keys


def reason_text(reason: str, _: Words = ENGLISH) -> str:
    """A reason of the policy in words; one of others' as it is."""
    known = {each.value: text for each, text in TEXTS.items()}
    return _(known.get(reason, reason.replace("_", " ")))


def answer_text(decision: Decision, _: Words = ENGLISH) -> str:
    """The policy's answer in words."""
    if isinstance(decision, Permit):
        return _("may go")
    values = {"why": _(TEXTS[decision.reason])}
    if isinstance(decision, Defer):
        if decision.until is None:
            return _("waits: %(why)s") % values
        return _("waits: %(why)s, until %(at)s") % {**values, "at": iso(decision.until)}
    text = _("is dropped: %(why)s (%(detail)s)") if decision.detail else _("is dropped: %(why)s")
    return text % {**values, "detail": decision.detail}
