"""Reviewing, publishing and going back, over HTTP.

In: requests of members. Out: the review's page, a new program, an older version as a draft.
Always true: what has an error is not published; the people inside are accounted for before anybody asks.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.conditions.api import count
from slinga.admin.journeys import jobs
from slinga.admin.journeys.frame.api import frame, say
from slinga.admin.journeys.release import conflicts, moving, permission
from slinga.admin.journeys.release.changes import changes
from slinga.admin.journeys.release.entering import matching
from slinga.admin.segments.api import some
from slinga.admin.shell.api import Web, actor, asked, form, number, pool, shown
from slinga.admin.shell.store import now, programme
from slinga.broadcasts.reach.jobs import foreseen
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import InForce
from slinga.engine.mentions import spoken_of
from slinga.insight.standing import standing
from slinga.journeys import steps
from slinga.journeys.editing import Document
from slinga.kernel.clock import DAY
from slinga.kernel.errors import Invalid, Missing
from slinga.messages.model import Intent
from slinga.messages.policy import TEXTS
from slinga.runtime.db import Db

PART = "/admin/journeys"
ASKED = 500
"""People of an audience that the review asks about."""


@get("/admin/journeys/{key:str}/publish", sync_to_thread=True)
def review(request: Web, key: FromPath[str]) -> Response[str]:
    """What publishing the draft would do."""
    with pool(request) as db:
        found, kinds = jobs.opened(db, key), jobs.node_forms()
        words = say(request, jobs.names(found.present, drafts.listed(db)))
        faults = jobs.faults(db, words, key, found.document)
        at_once = matching(found.document)
        together = needed(db, found)
        inside, told = [], None
        if found.draft and found.in_force and not any(f.weight == "error" for f in faults):
            told = drafts.review(db, [("journey", key), *together])
            inside = moving.rows(
                found.in_force,
                found.document,
                told.inside.get(key, []),
                steps.names(words, kinds, found.in_force),
            )
        return shown(
            request,
            db,
            "journeys/publish",
            part=PART,
            **frame(request, found, faults, "publish", words),
            together=[(kind, name, words.called(kind, name)) for kind, name in together],
            changed=changes(words, kinds, found.in_force, found.document),
            inside=inside,
            people=sum(row.people for row in inside),
            moved_on=bool(told and told.moved_on),
            rivals=conflicts.rivals(found.key, found.document, found.present.documents),
            matches=at_once is not None,
            entering=count(db, at_once, found.present.zone) if at_once else None,
            lacks=_lacks(db, found),
            lately=standing(db).get(key),
            fault=asked(request, "fault"),
        )


def _templates(db: Db, present: InForce) -> dict[str, Document]:
    """Templates by key, drafts where nothing is in force."""
    drafted = {each.key: each.document for each in drafts.listed(db, "template")}
    return drafted | {key: each for (kind, key), each in present.documents.items() if kind == "template"}


def _lacks(db: Db, found: jobs.Opened) -> list[permission.Lack]:
    present, templates = found.present.documents, _templates(db, found.present)
    topics = {str(topic.get("key")): topic for topic in _topics(found.present)}
    brand = next((each for (kind, _), each in present.items() if kind == "brand"), None)
    others = [each for (kind, key), each in present.items() if kind == "journey" and key != found.key]
    sent = permission.letters(found.document, templates)
    return permission.lacks(sent, brand, topics, [found.document, *others], templates)


@get("/admin/journeys/{key:str}/permitted", sync_to_thread=True)
def permitted(request: Web, key: FromPath[str]) -> Response[str]:
    """How many nobody may write to, and why: some of the audience are asked what the gate would be asked."""
    with pool(request) as db:
        found, state, program = jobs.opened(db, key), request.app.state, programme(db)
        document, who = permission.audience(found.document)
        people = some(db, document, program, ASKED)
        size = count(db, document, program.zone)
        if size and len(people) < ASKED:  # that is everybody
            size |= {"count": len(people), "exact": True}
        present = now(db)
        asked_of = []
        for letter in permission.letters(found.document, _templates(db, found.present)):
            intent = Intent(
                send_key="foreseen", person="", message_class=letter.message_class, channel=letter.channel,  # type: ignore[arg-type]
                topic=letter.topic, journey=key, template=letter.template, planned_at=present,
                expires_at=present + DAY, quiet_hours="none",
            )  # fmt: skip
            told = foreseen(
                db, intent, people, state.program(db), state.address_key, state.book.found, now=present
            )
            asked_of.append((letter, told))
        names = {str(t["key"]): str(t.get("name") or t["key"]) for t in _topics(found.present)}
        return shown(
            request,
            db,
            "journeys/permitted",
            part=PART,
            programme=program,
            size=size,
            who=who,
            asked_of=asked_of,
            names=names,
            scale=size["count"] / len(people) if size and people else 1.0,
            mended=permission.MENDED,
            texts={reason.value: text for reason, text in TEXTS.items()},
        )


def _topics(present: InForce) -> list[Document]:
    policies = (each for (kind, _), each in present.documents.items() if kind == "policy")
    return [topic for policy in policies for topic in policy.get("topics", ())]


@post("/admin/journeys/{key:str}/publish", status_code=303)
async def publish(request: Web, key: FromPath[str]) -> Redirect:
    """Put the draft in force, with what it needs. Raises Invalid where something is to be mended."""
    given = await form(request)
    with pool(request) as db, db.transaction():
        found = jobs.opened(db, key)
        if found.draft is None:
            raise Missing("There is no draft to publish.", field="key")
        if number(given.get("revision", "")) != found.revision:
            return Redirect(f"{PART}/{key}/publish?fault=changed", status_code=303)
        names = [("journey", key), *needed(db, found)]
        mapping = moving.mapping(given, found.in_force, found.document)
        try:
            drafts.publish(
                db,
                names,
                by=actor(request),
                moving={key: mapping} if mapping is not None else None,
                enter_existing=[key] if given.get("existing") else [],
            )
        except Invalid as fault:
            raise Invalid("This cannot be published: %(why)s", field=fault.field, why=fault) from fault
    return Redirect(f"{PART}/{key}/canvas", status_code=303)


def needed(db: Db, found: jobs.Opened) -> list[tuple[str, str]]:
    """Drafts that the journey speaks of and that are not in force: they are published with it."""
    begun = {(each.kind, each.key) for each in drafts.listed(db)}
    wanted = sorted(spoken_of(found.document))
    return [name for name in wanted if name in begun and name not in found.present.documents]


@get("/admin/journeys/{key:str}/versions", sync_to_thread=True)
def versions(request: Web, key: FromPath[str]) -> Response[str]:
    """Every version that was published, with what each changed."""
    with pool(request) as db:
        found, kinds = jobs.opened(db, key), jobs.node_forms()
        words = say(request, jobs.names(found.present))
        every = drafts.versions(db, "journey", key)
        older = {each.version: each.document for each in every}
        rows = [
            (each, changes(words, kinds, older.get(each.version - 1), each.document)) for each in every[:50]
        ]
        return shown(
            request,
            db,
            "journeys/versions",
            part=PART,
            **frame(request, found, (), "versions", words),
            rows=rows,
        )


@post("/admin/journeys/{key:str}/versions", status_code=303)
async def restore(request: Web, key: FromPath[str]) -> Redirect:
    """Make a draft of an older version."""
    given = await form(request)
    with pool(request) as db:
        wanted = number(given.get("version", "")) or 0
        drafts.restore(db, "journey", key, wanted, by=actor(request))
    return Redirect(f"{PART}/{key}/canvas", status_code=303)


routes: list[Any] = [review, permitted, publish, versions, restore]
