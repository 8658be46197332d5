"""A person's life, one line a message; and what a member does to a person, by the admin API's operations.

In: a person, a page of their life; or who is signed in, an operation, what is asked. Out: lines; its answer.
Always true: reading changes nothing; a change and its audit entry commit together, and nothing is changed
behind the engine's back.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from slinga.access import jobs as access
from slinga.access.model import ApiKey
from slinga.admin.people import store
from slinga.admin.people.mails import CHANNELS, Mail, steps
from slinga.admin.people.timeline import Line, timeline
from slinga.admin.shell.store import Programme
from slinga.admin.shell.words import Words
from slinga.api.frame import Call, Operation
from slinga.engine.jobs import load
from slinga.engine.model import Program
from slinga.kernel.clock import DAY, Instant
from slinga.messages import render
from slinga.messages.headline import headline
from slinga.messages.liquid import RenderFailed
from slinga.messages.model import Brand, Intent, Template, convert, parse
from slinga.runtime.db import Db

DESK = ApiKey(id=0, kind="secret", hint="", source="desk", trust=2)
"""Stands where a key stands in calls of the API; opens nothing."""


DECIDED = ("send_deferred", "send_blocked")
LONGEST_WAIT = 14 * DAY
"""How long before it was planned a message may have been put off, at most."""


class Acting(Call):
    """A call that a member makes at the desk."""

    by: str = ""

    @property
    def actor(self) -> str:
        return self.by


def act(
    db: Db, state: Any, by: str, operation: Operation, person: str, *, body: Any = None, query: Any = None,
    **path: str,
) -> Any:  # fmt: skip
    """Do it, in one transaction with its audit entry. Raises as the operation does."""
    with db.transaction():
        call = Acting(db, DESK, {"person": person, **path}, query, body, state, by=by)
        answer = operation.run(call)
        access.audit(db, by, operation.name, call.about or person, **call.detail)
        return answer


def as_sent(db: Db, row: dict[str, Any], base: str) -> render.Rendered | RenderFailed | None:
    """A message as it was sent, but for its tokens; None where its words or its template are gone.

    `base` is the installation's own address, for links that are its own.
    """
    program = _program_at(db, row["planned_at"])
    template = program.templates.get(row["template"]) if program else None
    if program is None or template is None or not row["variables"]:
        return None
    given = {**row, "message_class": row["class"]}
    intent = Intent(**{field: given[field] for field in Intent.__struct_fields__})
    compiled = render.compile(template, program.brand)
    links = render.Links(f"{base}/u/-", f"{base}/p/-", f"{base}/v/-", f"{base}/confirm/-")
    return render.render(compiled, intent, links, now=row["accepted_at"] or row["planned_at"])


def life(
    db: Db, key: str, before: Instant | None, program: Programme, _: Words
) -> tuple[list[Line], Instant | None]:
    """A page of somebody's life, newest first, and before which instant the page that follows begins."""
    inputs, facts, found = store.life(db, key, before)
    ends = [stream[-1][0] for stream in (inputs, facts) if len(stream) == store.LIFE]
    ends += [found[-1].planned_at] if len(found) == store.LIFE else []
    cut = max(ends, default=-1)  # older than this, a stream may lack what another has
    mails = [mail for mail in found if mail.planned_at > cut]
    decided = [row for row in facts if row[0] > cut and row[1] in DECIDED]
    about = [*(_send(*row[1:]) for row in inputs), *(_send(*row[1:]) for row in decided)]
    folded = {mail.send_key for mail in mails} | store.known(db, key, [send for send in about if send])
    lines = timeline(
        [row for row in inputs if row[0] > cut and _send(*row[1:]) not in folded],
        [row for row in facts if row[0] > cut and row[1] not in DECIDED],
        [
            *(_mails(db, key, mails, program, _) if mails else ()),
            *_unsent([row for row in decided if _send(*row[1:]) not in folded], _),
        ],
        _,
    )
    return lines, cut + 1 if ends else None


def _send(kind: str, name: str, body: Any) -> str:
    """The key of the send that an input or a fact tells of; "" where it tells of none."""
    if kind == "event" and name.startswith("Message "):
        body = body.get("properties") or {}
    elif kind != "receipt" and kind not in DECIDED:
        return ""
    return str(body.get("send_key") or "")


def _mails(db: Db, key: str, mails: Sequence[Mail], program: Programme, _: Words) -> Iterator[Line]:
    """One line for each message, called by its subject."""
    since = mails[-1].planned_at - LONGEST_WAIT
    decided, heard = store.about(db, key, [mail.send_key for mail in mails], since)
    brand = convert(program.of("brand").get("brand", {}), Brand, "brand")
    called = _headlines(db, key, mails, brand)
    for mail in mails:
        where = mail.journey and _.called("journey", mail.journey)
        became = steps(mail, decided.get(mail.send_key, ()), heard.get(mail.send_key, ()), _)
        yield Line(
            mail.planned_at,
            "message",
            called.get(mail.id) or _.called("template", mail.template),
            " · ".join(part for part in (_(CHANNELS.get(mail.channel, mail.channel)), where) if part),
            message=mail.id,
            steps=became,
        )


def _unsent(facts: Sequence[tuple], _: Words) -> Iterator[Line]:
    """One line for each send that never became a message."""
    several: dict[str, list[tuple]] = {}
    for at, kind, name, body in facts:
        several.setdefault(str(body.get("send_key") or at), []).append((at, kind, name, body))
    for rows in several.values():
        at, _kind, name, _body = rows[-1]
        template = next((str(row[3]["template"]) for row in rows if row[3].get("template")), "")
        title = _.called("template", template) if template else _("A message")
        told = steps(None, [(row[0], row[1], row[3]) for row in rows], (), _)
        yield Line(at, "message", title, _.called("journey", name), steps=told)


def _headlines(db: Db, key: str, mails: Sequence[Mail], brand: Brand) -> dict[str, str]:
    """What each message was called, by id; those whose words are forgotten are left out."""
    since, documents = store.templates(db, sorted({mail.template for mail in mails if mail.template}))
    worded = store.worded(db, key, [mail.id for mail in mails])
    parsed: dict[tuple[str, int], Template | None] = {}
    found = {}
    for mail in mails:
        version = max((v for at, v in since.get(mail.template, ()) if at <= mail.planned_at), default=0)
        name = (mail.template, version)
        if name not in parsed:
            parsed[name] = parse(documents[name]) if name in documents else None
        template = parsed[name]
        if template is not None and worded.get(mail.id):
            found[mail.id] = headline(template, worded[mail.id], mail.accepted_at or mail.planned_at, brand)
    return found


def _program_at(db: Db, at: int) -> Program | None:
    """The program in force at an instant."""
    number = store.program_at(db, at)
    return load(db, number) if number else None
