"""Transactional messages: `POST /messages`, and what became of them.

In: a template, whom, variables. Out: 202 once it is durably asked for; later its outcome and attempts.
Always true: the message goes through the person's log and the policy like any other; the Idempotency-Key is
part of the send key, so a retry never sends twice; marketing cannot be sent this way.
"""

import re
from typing import Any
from urllib.parse import quote

import msgspec

from slinga.api import cursors, store, whom
from slinga.api.changes import Asked, append
from slinga.api.frame import Call, Page, operation, proper
from slinga.api.people import Out, When, when
from slinga.engine.jobs import in_force
from slinga.identity.identifiers import email as normal_email
from slinga.identity.identifiers import key_of
from slinga.identity.identifiers import phone as normal_phone
from slinga.ingest.model import PROVEN, New
from slinga.kernel.clock import from_datetime
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.kernel.ids import digest, new_token
from slinga.runtime import clock

_ID = re.compile(r"[0-9a-f]{32}")


class To(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """Whom: by the first identifier given. An address given besides is where this one message goes."""

    key: str = ""
    user_id: str = ""
    email: str = ""
    phone: str = ""
    anonymous_id: str = ""


class Send(Asked):
    """One message."""

    template: str
    """The key of a transactional template in force."""
    to: To
    variables: dict[str, Any] = {}
    """What the template shows, besides `person`."""
    expires_at: When | None = None
    """After this it is of no use; three days if not given."""


class Sending(Out):
    """It is durably asked for."""

    message: str
    person: str
    status: str
    """Where its outcome is told."""


EXAMPLE = {
    "template": "receipt",
    "to": {"userId": "42", "email": "anna@example.org"},
    "variables": {"order": {"id": "A-17", "total": "90.00"}},
}


@operation("POST", "/messages", Sending, status=202, body=Send, example=EXAMPLE)
def send_message(call: Call) -> Sending:
    """Send a transactional message: a receipt, a password, a ticket. The Idempotency-Key makes it go once."""
    asked: Send = call.body
    _template(call, asked.template)
    person, address = _whom(asked.to)
    variables = proper(asked.variables, "variables")
    for name in ("person", "address", "tracking"):
        if name in variables:
            raise Invalid("'%(name)s' is ours; name it otherwise", field=f"variables.{name}", name=name)
    send_key = digest("api", call.key.id, call.once or new_token())
    body: dict[str, Any] = {
        "send_key": send_key,
        "template": asked.template,
        "variables": variables,
        "address": address,
        "by": call.actor,
    }
    if asked.expires_at is not None:
        body["expires_at"] = from_datetime(asked.expires_at)
        if not clock.now(call.db) < body["expires_at"] < store.END:
            raise Invalid("this has passed, or is no date of ours", field="expiresAt")
    append(call, [New(person, "command", "send", body, PROVEN, "api")])
    message = digest("message", send_key)
    call.detail = {"message": message, "template": asked.template}
    return Sending(
        message=message,
        person=person,
        status=f"/api/v1/messages/{message}?person={quote(person)}&key={send_key}",
    )


def _template(call: Call, key: str) -> None:
    document = in_force(call.db).documents.get(("template", key))
    if document is None:
        raise Missing("No template '%(key)s' is in force.", field="template", key=key)
    if document.get("class") != "transactional":
        raise Conflict(
            "'%(key)s' is marketing; it goes through a journey or a broadcast.", field="template", key=key
        )


def _whom(to: To) -> tuple[str, str]:
    """The person's key, and the address this message goes to where the call names one."""
    try:
        address = normal_email(to.email) if to.email else normal_phone(to.phone) if to.phone else ""
    except Invalid as fault:
        raise fault.at("to.email" if to.email else "to.phone") from None
    if to.key:
        return whom.key(to.key, "to.key"), address
    given = {"user_id": "user", "email": "email", "phone": "phone", "anonymous_id": "anonymous"}
    for field, kind in given.items():
        if value := getattr(to, field):
            try:
                return key_of(kind, value), address
            except Invalid as fault:
                raise fault.at(f"to.{field}") from None
    raise Invalid("say whom: one of key, userId, email, phone, anonymousId", field="to")


class Attempt(Out):
    """One try to hand it over."""

    no: int
    started_at: When
    ended_at: When | None
    outcome: str
    code: int
    enhanced: str
    text: str
    """The receiver's words."""


class Message(Out):
    """A message and what became of it."""

    message: str
    state: str
    """asked (not decided yet), blocked, planned, leased, dialling, deferred, accepted, rejected ..."""
    reason: str = ""
    channel: str = ""
    message_class: str = ""
    topic: str = ""
    journey: str = ""
    version: int = 0
    node: str = ""
    template: str = ""
    planned_at: When | None = None
    changed_at: When | None = None
    accepted_at: When | None = None
    attempts: int = 0


class Followed(Message):
    """A message with its attempts."""

    tries: list[Attempt] = []


class Which(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From the answer to the call that asked for the message."""

    person: str = ""
    key: str = ""


@operation("GET", "/messages/{message}", Followed, query=Which)
def read_message(call: Call) -> Followed:
    """What became of a message, with every attempt and the receiver's words.

    Before it is decided, or where the policy blocked it, `person` and `key` of `status` are needed.
    """
    number = call.path["message"]
    if not _ID.fullmatch(number):
        raise Invalid("a message has an id of 32 hex digits", field="message")
    row = store.message(call.db, number)
    if row is None:
        return _undecided(call, number)
    tries = [
        Attempt(
            no=no,
            started_at=when(start),
            ended_at=when(end),
            outcome=out,
            code=code,
            enhanced=more,
            text=text,
        )
        for no, start, end, out, code, more, text in store.attempts(call.db, row[14], number)
    ]
    return Followed(**_fields(row), tries=tries)


def _fields(row: tuple[Any, ...]) -> dict[str, Any]:
    names = (
        "message",
        "channel",
        "message_class",
        "topic",
        "journey",
        "version",
        "node",
        "template",
        "state",
    )
    found = dict(zip(names, row, strict=False)) | {"reason": row[9], "attempts": row[13]}
    return found | {"planned_at": when(row[10]), "changed_at": when(row[11]), "accepted_at": when(row[12])}


def _undecided(call: Call, number: str) -> Followed:
    asked: Which = call.query
    if not asked.person or not asked.key:
        raise Missing(
            "There is no such message; ask with `person` and `key` of its `status`.", field="message"
        )
    if digest("message", asked.key) != number:
        raise Missing("This key belongs to another message.", field="key")
    given = whom.key(asked.person, "person")
    for key in dict.fromkeys((store.survivor(call.db, given), given)):
        if row := store.decided(call.db, key, asked.key):
            kind, at, reason, detail = row
            text = " ".join(each for each in (reason, detail) if each)
            return Followed(
                message=number, state=kind.removeprefix("send_"), reason=text, changed_at=when(at)
            )
        if row := store.asked(call.db, key, asked.key):
            return Followed(message=number, state="asked", template=row[0], planned_at=when(row[1]))
    raise Missing("There is no such message.", field="message")


class Messages(Out):
    """A page of messages, newest first."""

    messages: list[Message]
    next: str = ""


@operation("GET", "/people/{person}/messages", Messages, query=Page)
def read_messages(call: Call) -> Messages:
    """What was planned for a person and became of it, newest first."""
    key = whom.person(call.db, call.path["person"]).key
    before = cursors.read(call.query.cursor, tuple[int, str])
    if before is not None and not _ID.fullmatch(before[1]):
        raise Invalid("this is not a cursor of this list", field="cursor")
    rows = store.messages(call.db, key, before=before, limit=call.query.limit)
    following = cursors.written(rows[-1][10], rows[-1][0]) if len(rows) == call.query.limit else ""
    return Messages(messages=[Message(**_fields(row)) for row in rows], next=following)


OPERATIONS = [send_message, read_message, read_messages]
