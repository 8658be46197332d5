"""Broadcasts: one message to everybody who is in an audience at one instant.

In: a document, orders. Out: how far it has come.
Always true: starting twice is starting once; what is planned equals the sum of what became of it.
"""

from typing import Any

from slinga.api.changes import Asked
from slinga.api.frame import Call, operation
from slinga.api.people import Out, When, when
from slinga.broadcasts import jobs
from slinga.kernel.clock import from_datetime
from slinga.kernel.errors import Invalid


class Broadcast(Out):
    """How far a broadcast has come."""

    key: str
    name: str
    state: str
    """draft, scheduled, running, paused, addressed, done or cancelled."""
    starts_at: When | None
    started_at: When | None
    addressed: float
    """Share of everybody that was looked at."""
    audience: int
    held_out: int
    excluded: dict[str, int]
    """People who get nothing, by reason."""
    planned: int
    outcomes: dict[str, int]


def _told(call: Call, key: str) -> Broadcast:
    found = jobs.progress(call.db, key)
    return Broadcast(
        key=found.key,
        name=found.name,
        state=found.state.value,
        starts_at=when(found.starts_at),
        started_at=when(found.started_at),
        addressed=found.addressed,
        audience=found.audience,
        held_out=found.held_out,
        excluded=found.excluded,
        planned=found.planned,
        outcomes=found.outcomes,
    )


class Draft(Asked):
    """The broadcast as a document."""

    document: dict[str, Any]


EXAMPLE = {
    "document": {
        "key": "spring",
        "name": "Spring sale",
        "template": "news",
        "topic": "news",
        "audience": {"op": "segment", "key": "customers", "is": True},
    }
}


@operation("POST", "/broadcasts", Broadcast, status=201, body=Draft, example=EXAMPLE)
def create_broadcast(call: Call) -> Broadcast:
    """Make a draft. Nothing is sent before it is started or its hour has come."""
    found = jobs.create(call.db, call.body.document, call.actor)
    call.about = f"broadcast/{found.key}"
    return _told(call, found.key)


@operation("PUT", "/broadcasts/{key}", Broadcast, body=Draft, example=EXAMPLE)
def edit_broadcast(call: Call) -> Broadcast:
    """Change a broadcast that has not started."""
    if call.body.document.get("key") != call.path["key"]:
        raise Invalid("the document's key is not that of the path", field="document.key")
    jobs.edit(call.db, call.body.document)
    return _done(call)


@operation("GET", "/broadcasts/{key}", Broadcast)
def read_broadcast(call: Call) -> Broadcast:
    """How far it has come."""
    return _told(call, call.path["key"])


class At(Asked):
    """When."""

    starts_at: When | None
    """Null makes it a draft again."""


@operation("POST", "/broadcasts/{key}/schedule", Broadcast, body=At)
def schedule_broadcast(call: Call) -> Broadcast:
    """Have it start by itself at an instant."""
    if call.body.starts_at is None:
        jobs.unschedule(call.db, call.path["key"])
        return _done(call)
    at = from_datetime(call.body.starts_at)
    if not 0 <= at < 4_000_000_000_000_000:
        raise Invalid("this is no date of ours", field="startsAt")
    jobs.schedule(call.db, call.path["key"], at)
    return _done(call)


@operation("POST", "/broadcasts/{key}/start", Broadcast)
def start_broadcast(call: Call) -> Broadcast:
    """Start it now. Starting it twice is starting it once."""
    jobs.start(call.db, call.path["key"], call.actor)
    return _done(call)


@operation("POST", "/broadcasts/{key}/pause", Broadcast)
def pause_broadcast(call: Call) -> Broadcast:
    """Address nobody more, and hold what is planned."""
    jobs.pause(call.db, call.path["key"], call.actor)
    return _done(call)


@operation("POST", "/broadcasts/{key}/resume", Broadcast)
def resume_broadcast(call: Call) -> Broadcast:
    """Go on after a pause."""
    jobs.resume(call.db, call.path["key"])
    return _done(call)


@operation("POST", "/broadcasts/{key}/cancel", Broadcast)
def cancel_broadcast(call: Call) -> Broadcast:
    """Send nothing more of it, ever."""
    jobs.cancel(call.db, call.path["key"])
    return _done(call)


def _done(call: Call) -> Broadcast:
    call.about = f"broadcast/{call.path['key']}"
    return _told(call, call.path["key"])


OPERATIONS = [
    create_broadcast,
    edit_broadcast,
    read_broadcast,
    schedule_broadcast,
    start_broadcast,
    pause_broadcast,
    resume_broadcast,
    cancel_broadcast,
]
