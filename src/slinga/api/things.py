"""Things people own or hold: vehicles, leases, subscriptions, orders, carts.

In: a person, a type, an id, attributes. Out: pages; 202 for changes, which are inputs like a shop's own.
Always true: a thing belongs to one person; attributes are folded one by one, the latest word wins.
"""

from typing import Any

from slinga.api import cursors, store, whom
from slinga.api.changes import Accepted, Asked, append
from slinga.api.frame import Call, Page, operation, proper
from slinga.api.people import Out, When, when
from slinga.ingest.model import PROVEN, New
from slinga.kernel.errors import Invalid


class Thing(Out):
    """One thing."""

    person: str
    type: str
    id: str
    attributes: dict[str, Any]
    updated_at: When


class Things(Out):
    """A page of things."""

    things: list[Thing]
    next: str = ""


class OfType(Page):
    """Which type."""

    type: str


class MaybeOfType(Page):
    """Which type; all if not given."""

    type: str = ""


def _page(rows: list[tuple[Any, ...]], limit: int, *, by_type: bool) -> Things:
    found = [
        Thing(person=person, type=kind, id=number, attributes=attributes, updated_at=when(at))
        for person, kind, number, attributes, at in rows
    ]
    last = found[-1] if len(found) == limit else None
    if last is None:
        return Things(things=found)
    return Things(things=found, next=cursors.written(last.type if by_type else last.person, last.id))


@operation("GET", "/things", Things, query=OfType)
def list_things(call: Call) -> Things:
    """All things of a type, whoever has them."""
    after = cursors.read(call.query.cursor, tuple[str, str])
    if after is not None:
        whom.key(after[0], "cursor")
    rows = store.things(call.db, call.query.type, after=after, limit=call.query.limit)
    return _page(rows, call.query.limit, by_type=False)


@operation("GET", "/people/{person}/things", Things, query=MaybeOfType)
def read_things(call: Call) -> Things:
    """A person's things, by type."""
    key = whom.person(call.db, call.path["person"]).key
    after = cursors.read(call.query.cursor, tuple[str, str])
    rows = store.things_of(call.db, key, type=call.query.type, after=after, limit=call.query.limit)
    return _page(rows, call.query.limit, by_type=True)


class Put(Asked):
    """Attributes to set; null takes one away."""

    attributes: dict[str, Any]


@operation("PUT", "/people/{person}/things/{type}/{id}", Accepted, status=202, body=Put)
def put_thing(call: Call) -> Accepted:
    """Say that a known person has a thing, or what is new about it."""
    return _say(call, "Thing Updated", proper(call.body.attributes, "attributes"))


@operation("DELETE", "/people/{person}/things/{type}/{id}", Accepted, status=202)
def remove_thing(call: Call) -> Accepted:
    """Say that a person has a thing no more."""
    return _say(call, "Thing Removed", {})


def _say(call: Call, name: str, attributes: dict[str, Any]) -> Accepted:
    kind, number = call.path["type"], call.path["id"]
    for field, value in (("type", kind), ("id", number)):
        if not value.strip() or len(value) > 200:
            raise Invalid("this has 1 to 200 characters", field=field)
    key = whom.survivor(call.db, call.path["person"])
    properties: dict[str, Any] = {"type": kind, "id": number}
    if attributes:
        properties["attributes"] = attributes
    body = {"identifiers": [], "properties": properties}
    return append(call, [New(key, "event", name, body, PROVEN, call.key.source)])


OPERATIONS = [list_things, read_things, put_thing, remove_thing]
