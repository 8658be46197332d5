"""Changing what is known of a person: `POST|PUT|PATCH|DELETE /people/{person}/...`

In: what a server knows, or a member of the team asks. Out: 202 once it is durably in the person's log.
Always true: everything is an input, proven, and folded like any other; nothing is changed behind the engine's
back, so a refusal (an unknown stage, a journey that lets nobody in) stands in the person's timeline.
"""

from typing import Any, Literal

import msgspec

from slinga.api import whom
from slinga.api.frame import Call, operation, proper
from slinga.api.people import Out, When
from slinga.engine.jobs import in_force
from slinga.engine.model import Person
from slinga.identity.identifiers import email, key_of, phone, plain, refer
from slinga.ingest import log
from slinga.ingest.model import PROVEN, Drop, New
from slinga.ingest.steps import Envelope, examine
from slinga.journeys.triggers import OnApi, OnManual
from slinga.kernel.clock import Instant, from_datetime
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.kernel.ids import person_key, rank_of
from slinga.people.consent import ACTIONS
from slinga.people.ledger import Consent
from slinga.people.log import record
from slinga.people.wording import kept, proven
from slinga.runtime import clock

BASES = Literal["consent", "soft_opt_in", "contract", "legitimate_interest", "casl_purchase", "casl_inquiry"]


class Asked(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """A call's body."""


class Accepted(Out):
    """It is durably in the person's log and will be applied in its order."""

    person: str
    accepted: int


def append(call: Call, items: list[New]) -> Accepted:
    """Append inputs of one person; what the audit log tells is their key."""
    call.about = items[0].person
    if log.ERASED in log.append(call.db, items):
        raise Conflict(
            "This person's data were erased. Readmit them first, if they came back themselves.",
            field="person",
        )
    return Accepted(person=items[0].person, accepted=1)


def command(call: Call, verb: str, **body: Any) -> Accepted:
    """Ask something of the engine about a known person."""
    key = whom.survivor(call.db, call.path["person"])
    item = New(key, "command", verb, {**body, "by": call.actor}, PROVEN, "api")
    return append(call, [item])


class Event(Asked):
    """Something the person did, or that happened to them."""

    name: str
    properties: dict[str, Any] = {}
    occurred_at: When | None = None
    message_id: str = ""
    """The caller's own id of it: the same id counts once, for a week at least."""


@operation("POST", "/people/{person}/events", Accepted, status=202, body=Event)
def add_event(call: Call) -> Accepted:
    """Report an event about a person, known or not, like the tracking API's `track`, with full trust."""
    asked: Event = call.body
    if not asked.name.strip():
        raise Invalid("an event has a name", field="name")
    key = whom.key(call.path["person"])
    raw = {"userId": "-", "event": asked.name, "properties": asked.properties, "messageId": asked.message_id}
    found = examine(msgspec.json.encode(raw), Envelope("track"))
    if isinstance(found, Drop):
        raise Invalid(found.remedy, field=found.field.replace("event", "name"))
    identifiers = _identifier(call.path["person"])
    at = None if asked.occurred_at is None else _past(call, asked.occurred_at)
    dedupe = f"api:{call.key.source}:{asked.message_id}" if asked.message_id else ""
    body = {"identifiers": identifiers, "properties": found.properties}
    item = New(key, "event", asked.name, body, PROVEN, call.key.source, asked.message_id, at, dedupe)
    return append(call, [item])


def _identifier(text: str) -> list[list[str]]:
    """The identifier in the path, so that the profile learns it; none for a bare key."""
    kind, colon, value = text.partition(":")
    if not colon or kind not in whom.KINDS:
        return []
    return [[kind, email(value) if kind == "email" else phone(value) if kind == "phone" else plain(value)]]


def _past(call: Call, given: Any) -> Instant:
    at, now = from_datetime(given), clock.now(call.db)
    if not 0 <= at <= now:
        raise Invalid("this lies before 1970 or in the future", field="occurredAt")
    return at


class Traits(Asked):
    """Traits to set; null takes one away."""

    traits: dict[str, Any]


@operation("PATCH", "/people/{person}/traits", Accepted, status=202, body=Traits)
def set_traits(call: Call) -> Accepted:
    """Set traits of a person; null takes one away. An identifier nobody has makes somebody new.

    E-mail and phone become addresses to write to.
    """
    key = whom.survivor(call.db, call.path["person"], may_be_new=True)
    traits = proper(call.body.traits, "traits")
    if not traits:
        raise Invalid("name at least one trait", field="traits")
    given = {"userId": "-", "traits": traits}
    found = examine(msgspec.json.encode(given), Envelope("identify"))
    if isinstance(found, Drop):
        raise Invalid(found.remedy, field=found.field)
    reference = refer(msgspec.structs.replace(found, user_id=None), "api") if _addresses(traits) else None
    for field, remedy in reference.warnings if reference else ():
        raise Invalid(remedy, field=field)
    identifiers = _identifier(call.path["person"])
    identifiers += [list(pair) for pair in (reference.identifiers if reference else ())]
    body = {"traits": found.traits, "identifiers": identifiers}
    said = New(key, "identify", body=body, trust=PROVEN, source=call.key.source)
    return append(call, [said, *_links(key, identifiers)])


def _links(key: str, identifiers: list[list[str]]) -> list[New]:
    """What an identifier leads to from now on, as the tracking API's `identify` makes it lead."""
    others = {person_key(kind, value) for kind, value in identifiers} - {key}
    links = []
    for other in sorted(others):
        lower, upper = sorted((key, other), key=rank_of)
        body = {"other": upper, "why": "identify", "trust": PROVEN, "identifiers": identifiers}
        links.append(New(lower, "merge", body=body, trust=PROVEN, source="api"))
    return links


def _addresses(traits: dict[str, Any]) -> bool:
    return any(traits.get(name) is not None for name in ("email", "phone"))


@operation("PUT", "/people/{person}/tags/{tag}", Accepted, status=202)
def add_tag(call: Call) -> Accepted:
    """Tag a person."""
    return command(call, "tag", tag=_name(call.path["tag"], "tag"))


@operation("DELETE", "/people/{person}/tags/{tag}", Accepted, status=202)
def remove_tag(call: Call) -> Accepted:
    """Take a tag away."""
    return command(call, "untag", tag=_name(call.path["tag"], "tag"))


def _name(text: str, field: str) -> str:
    if not text.strip() or len(text) > 200:
        raise Invalid("a name has 1 to 200 characters", field=field)
    return text


class Permit(Asked):
    """One act of permission: who, when, how, what they were told."""

    channel: str
    action: Literal["granted", "denied", "withdrawn", "confirmed"]
    topic: str = ""
    basis: BASES = "consent"
    source: str = "api"
    """Where the person acted: form, checkout, ... Anything but their own act never beats a withdrawal."""
    wording: str = ""
    """What they read when they acted, as it was shown: kept as it is with its hash."""
    wording_id: str = ""
    """The version of the wording as you call it; without it the hash names the version."""
    evidence: dict[str, Any] = {}
    """The form, the page, the language: what else proves it later. `wording` may stand here too."""
    occurred_at: When | None = None
    expires_at: When | None = None


@operation("POST", "/people/{person}/consents", Accepted, status=202, body=Permit)
def add_consent(call: Call) -> Accepted:
    """Write an act of permission into the ledger. A grant dated back never beats a later withdrawal."""
    asked: Permit = call.body
    key = whom.survivor(call.db, call.path["person"], may_be_new=True)
    if not asked.channel or asked.action not in ACTIONS:
        raise Invalid("a consent names its channel", field="channel")
    expires = None
    if asked.expires_at is not None:
        expires = from_datetime(asked.expires_at)
        if not 0 <= expires < 4_000_000_000_000_000:
            raise Invalid("this is no date of ours", field="expiresAt")
    entry = Consent(
        person=key,
        channel=asked.channel,
        topic=asked.topic,
        action=asked.action,
        basis=asked.basis,
        source=asked.source or "api",
        actor=call.actor,
        evidence=proven(proper(asked.evidence, "evidence") | kept(asked.wording, asked.wording_id)),
        occurred_at=None if asked.occurred_at is None else _past(call, asked.occurred_at),
        expires_at=expires,
    )
    call.about = key
    record(call.db, [entry])
    return Accepted(person=key, accepted=1)


class Place(Asked):
    """Where a member of the team puts somebody."""

    model: str
    stage: str
    status: str | None = None
    pin: str | None = None
    """How long the rules may not move them, such as 30d; null: until the rules say otherwise."""
    note: str = ""


@operation("PUT", "/people/{person}/stage", Accepted, status=202, body=Place)
def set_stage(call: Call) -> Accepted:
    """Put a person into a stage of a lifecycle."""
    asked: Place = call.body
    models = {key: doc for (kind, key), doc in in_force(call.db).documents.items() if kind == "model"}
    if asked.model not in models:
        raise Missing("No lifecycle model '%(model)s' is in force.", field="model", model=asked.model)
    if asked.stage not in {each.get("key") for each in models[asked.model].get("stages", ())}:
        raise Missing("The model has no stage '%(stage)s'.", field="stage", stage=asked.stage)
    return command(
        call,
        "set_stage",
        model=asked.model,
        stage=asked.stage,
        status=asked.status,
        pin=asked.pin,
        note=asked.note[:500],
    )


class Start(Asked):
    """What `trigger.properties` of the journey says."""

    properties: dict[str, Any] = {}


@operation("PUT", "/people/{person}/journeys/{key}", Accepted, status=202, body=Start)
def start_journey(call: Call) -> Accepted:
    """Ask that a known person comes into a live journey whose trigger is `api` or `manual`."""
    startable(call, call.path["key"])
    values = proper(call.body.properties, "properties")
    return command(call, "add_to_journey", journey=call.path["key"], properties=values)


@operation("DELETE", "/people/{person}/journeys/{key}", Accepted, status=202)
def stop_journey(call: Call) -> Accepted:
    """Take a person out of a journey; what it had planned and not sent is not sent."""
    return command(call, "remove_from_journey", journey=_name(call.path["key"], "key"))


def startable(call: Call, key: str) -> None:
    """Raise Missing or Conflict for a journey that cannot be started by a call."""
    journey = call.state.program(call.db).journeys.get(key)
    if journey is None:
        raise Missing("No journey '%(key)s' is live.", field="key", key=key)
    if not isinstance(journey.journey.trigger, OnApi | OnManual):
        raise Conflict("'%(key)s' starts by itself; give it the trigger api or manual.", field="key", key=key)


class Entry(Asked):
    """Who shall come in; the first identifier given counts. `properties` is what `trigger.*` sees."""

    user_id: str = ""
    email: str = ""
    phone: str = ""
    anonymous_id: str = ""
    properties: dict[str, Any] = {}


class Entered(Out):
    """The request is durably in the person's log."""

    success: bool
    repeated: bool
    """Whether the same Idempotency-Key had asked before."""


_KINDS = {"user_id": "user", "email": "email", "phone": "phone", "anonymous_id": "anonymous"}


@operation("POST", "/journeys/{key}/entries", Entered, status=202, body=Entry)
def enter_journey(call: Call) -> Entered:
    """Ask that a person, known or not, comes into a live journey whose trigger is `api` or `manual`."""
    person = _named(call.body)
    startable(call, call.path["key"])
    values = proper(call.body.properties, "properties")
    body = {"journey": call.path["key"], "by": "api", "properties": values}
    append(call, [New(person, "command", "add_to_journey", body, PROVEN, "api")])
    return Entered(success=True, repeated=False)


def _named(asked: Entry) -> str:
    for field, kind in _KINDS.items():
        value = getattr(asked, field)
        if value:
            try:
                return key_of(kind, value)
            except Invalid as fault:
                raise fault.at(_camel(field)) from fault
    raise Invalid("say who: one of userId, email, phone, anonymousId", field="userId")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)


class Merge(Asked):
    """Who else this person is."""

    other: str
    """A key, or an identifier such as `user:42`."""


@operation("POST", "/people/{person}/merge", Accepted, status=202, body=Merge)
def merge_person(call: Call) -> Accepted:
    """Say that two profiles are one person. The one with the stronger identifier lives on."""
    one, two = whom.person(call.db, call.path["person"]), _other(call)
    if one.key == two.key:
        raise Conflict("These are one person already.", field="other")
    lower, upper = sorted((one.key, two.key), key=rank_of)
    body = {"other": upper, "why": "alias", "trust": PROVEN, "identifiers": []}
    return append(call, [New(lower, "merge", body=body, trust=PROVEN, source="api")])


def _other(call: Call) -> Person:
    try:
        return whom.person(call.db, call.body.other)
    except (Invalid, Missing) as fault:
        raise fault.at("other") from None


OPERATIONS = [
    add_event,
    set_traits,
    add_tag,
    remove_tag,
    add_consent,
    set_stage,
    start_journey,
    stop_journey,
    enter_journey,
    merge_person,
]
