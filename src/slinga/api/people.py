"""People: find, read, follow. `GET /people...`

In: identifiers and filters. Out: people as they stand, their timeline, their permissions with proof.
Always true: reads only; what is told is what decisions see; pages by cursor, each row once.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from slinga.api import cursors, store, whom
from slinga.api.frame import Call, Page, operation
from slinga.api.store import ACTS
from slinga.engine.model import Person
from slinga.identity.identifiers import key_of
from slinga.kernel.clock import Instant, to_datetime
from slinga.kernel.errors import Invalid
from slinga.lifecycle import scores
from slinga.people.consent import state
from slinga.people.ledger import broken
from slinga.people.log import ledger
from slinga.runtime import clock

KINDS = {
    "user_id": "user",
    "email": "email",
    "phone": "phone",
    "anonymous_id": "anonymous",
    "external_id": "external",
}


When = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant, RFC 3339 in UTC."""


class Out(msgspec.Struct, rename="camel", kw_only=True):
    """An answer's part."""


class Row(Out):
    """A person in a list."""

    key: str
    created_at: When
    identified: bool
    traits: dict[str, Any]
    tags: list[str]


class People(Out):
    """A page of people."""

    people: list[Row]
    next: str = ""
    """The cursor of the next page; empty at the end."""


class Find(Page):
    """One identifier, or filters that all hold."""

    key: str = ""
    user_id: str = ""
    email: str = ""
    phone: str = ""
    anonymous_id: str = ""
    external_id: str = ""
    """As kind:value."""
    segment: str = ""
    model: str = ""
    """The lifecycle model of `stage` and `status`."""
    stage: str = ""
    status: str = ""
    tag: str = ""


class Trait(Out):
    """A trait with its provenance."""

    value: Any
    at: When
    trust: int
    """0 claimed by a browser, 1 signed, 2 told by a server."""


class Standing(Out):
    """Where somebody stands in a lifecycle."""

    stage: str
    status: str | None
    since: When


class Permission(Out):
    """What stands for a channel and a topic now."""

    channel: str
    topic: str
    state: str


class InJourney(Out):
    """A journey somebody is in."""

    journey: str
    version: int
    run: str
    about: str
    """The thing it is about, such as a cart; empty for the person."""
    node: str
    entered_at: When
    next_at: When | None
    """When time alone moves it on; null while it waits for something to happen."""


class Whole(Out):
    """A person as they stand."""

    key: str
    merged: list[str]
    """Keys of the profiles that became this one; they lead here."""
    created_at: When
    identified: bool
    identifiers: dict[str, list[str]]
    traits: dict[str, Trait]
    tags: dict[str, When]
    stages: dict[str, Standing]
    scores: dict[str, float]
    segments: dict[str, When]
    consents: list[Permission]
    journeys: list[InJourney]
    dead_addresses: dict[str, str]
    next_at: When | None
    """The next instant at which something can change with nothing happening."""


def when(at: Instant | None) -> Any:
    """An instant as answers tell it."""
    return None if at is None else to_datetime(at)


@operation("GET", "/people", People, query=Find)
def find_people(call: Call) -> People:
    """Find people: by one identifier, also one of a profile that was merged, or a page by filters.

    An identifier finds nobody or one. Filters: segment, model with stage and status, tag.
    """
    asked: Find = call.query
    given = {name: getattr(asked, name) for name in ("key", *KINDS) if getattr(asked, name)}
    filters = {name: getattr(asked, name) for name in ("segment", "model", "stage", "status", "tag")}
    if len(given) > 1:
        raise Invalid("ask by one identifier at a time", field=sorted(given)[0])
    if given:
        if any(filters.values()):
            raise Invalid("an identifier and filters do not go together", field=next(iter(given)))
        ((name, value),) = given.items()
        rows = _one(call, name, value)
        return People(people=rows)
    if (asked.stage or asked.status) and not asked.model:
        raise Invalid("name the lifecycle model of the stage", field="model")
    after = cursors.read(asked.cursor, tuple[int, str])
    if after is not None:
        whom.key(after[1], "cursor")
    found = store.people(call.db, after=after, limit=asked.limit, **filters)
    rows = [_row(*row) for row in found]
    following = cursors.written(int(rows[-1].key[:2], 16), rows[-1].key) if len(rows) == asked.limit else ""
    return People(people=rows, next=following)


def _one(call: Call, name: str, value: str) -> list[Row]:
    try:
        key = whom.key(value) if name == "key" else key_of(KINDS[name], value)
    except Invalid as fault:
        raise fault.at(name) from None
    row = store.person(call.db, store.survivor(call.db, key))
    return [_row(*row)] if row else []


def _row(key: str, created: Instant, identified: bool, traits: dict[str, Any], tags: list[str]) -> Row:
    return Row(key=key, created_at=when(created), identified=identified, traits=traits, tags=tags)


@operation("GET", "/people/{person}", Whole)
def read_person(call: Call) -> Whole:
    """A person as they stand: who they are, where, what they permit, what they are in, and what comes next.

    `person` is a key, or an identifier such as `user:42` or `email:anna@example.org`.
    """
    person = whom.person(call.db, call.path["person"])
    now = clock.now(call.db)
    program = call.state.program(call.db)
    numbers = {
        name: scores.read(program.scores[name], kept, now).value
        for name, kept in person.scores.items()
        if name in program.scores
    }
    return Whole(
        key=person.key,
        merged=store.merged(call.db, person.key),
        created_at=when(person.created_at),
        identified=person.profile.identified,
        identifiers=person.profile.identifiers,
        traits={
            name: Trait(value=said.value, at=when(said.at), trust=said.trust)
            for name, said in person.profile.traits.items()
            if said.value is not None
        },
        tags={name: when(at) for name, at in person.profile.tags.items()},
        stages={
            name: Standing(stage=each.stage, status=each.status, since=when(each.since))
            for name, each in person.positions.items()
        },
        scores={name: float(value) for name, value in numbers.items()},
        segments={name: when(at) for name, at in person.members.items()},
        consents=permissions(person, now),
        journeys=[
            InJourney(
                journey=run.journey,
                version=run.version,
                run=run.id,
                about=run.key if run.key != person.key else "",
                node=run.node,
                entered_at=when(run.entered_at),
                next_at=when(run.due),
            )
            for run in person.runs
        ],
        dead_addresses=person.dead,
        next_at=when(person.wake_at),
    )


def permissions(person: Person, now: Instant) -> list[Permission]:
    """What stands for each channel and topic anything was said about."""
    out = []
    for entry in sorted(person.consents.entries):
        channel, _, topic = entry.partition(":")
        found = state(person.consents, channel, topic, now)
        out.append(Permission(channel=channel, topic=topic, state=found))
    return out


class Happening(Out):
    """One thing that happened, or was decided."""

    at: When
    of: str
    """`log`: it was told to us; `decision`: we decided it."""
    kind: str
    name: str
    body: dict[str, Any]


class Timeline(Out):
    """A page of a life, newest first."""

    timeline: list[Happening]
    next: str = ""


@operation("GET", "/people/{person}/timeline", Timeline, query=Page)
def read_timeline(call: Call) -> Timeline:
    """What happened to a person and what was decided about them, newest first."""
    key = whom.person(call.db, call.path["person"]).key
    before = cursors.read(call.query.cursor, tuple[int, int, int])
    rows = store.timeline(call.db, key, before=before, limit=call.query.limit)
    lines = [
        Happening(at=when(at), of="log" if of else "decision", kind=kind, name=name, body=body)
        for at, of, _, kind, name, body in rows
    ]
    following = cursors.written(*rows[-1][:3]) if len(rows) == call.query.limit else ""
    return Timeline(timeline=lines, next=following)


class Said(Out):
    """One entry of the consent ledger, with its proof."""

    n: int
    person: str
    channel: str
    topic: str
    action: str
    basis: str
    source: str
    actor: str
    message: str
    """The message whose link was used, if one was."""
    evidence: dict[str, Any]
    """The wording with its version, the form, the page, the trail of a double opt-in."""
    occurred_at: When
    recorded_at: When
    expires_at: When | None
    hash: str
    """Covers this entry and the one before."""


class Proof(Out):
    """What somebody permits, and everything that was ever said about it."""

    permissions: list[Permission]
    ledger: list[Said]
    intact: bool
    """Whether the chain of hashes verifies: no entry was changed or taken out."""


@operation("GET", "/people/{person}/consents", Proof)
def read_consents(call: Call) -> Proof:
    """What a person permits and the proof: wording, time, source and trail of each act, in a chain."""
    person = whom.person(call.db, call.path["person"])
    keys = [person.key, *store.merged(call.db, person.key)]
    rows = ledger(call.db, keys)
    said = [
        Said(
            **{name: getattr(row, name) for name in ACTS},
            occurred_at=when(row.occurred_at),
            recorded_at=when(row.recorded_at),
            expires_at=when(row.expires_at),
            hash=bytes(row.hash).hex(),
        )
        for row in rows
    ]
    intact = all(not broken([row for row in rows if row.person == key]) for key in keys)
    now = clock.now(call.db)
    return Proof(permissions=permissions(person, now), ledger=said, intact=intact)


OPERATIONS = [find_people, read_person, read_timeline, read_consents]
