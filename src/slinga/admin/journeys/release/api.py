"""Reviewing, publishing and going back, over HTTP.

In: requests of members. Out: the review's page, a new program, an older version as a draft.
Always true: what has an error is not published; the people inside are accounted for before anybody asks.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access.api import member_of
from slinga.admin.journeys import jobs
from slinga.admin.journeys.frame.api import frame, say
from slinga.admin.journeys.release import conflicts, moving
from slinga.admin.journeys.release.changes import changes
from slinga.admin.journeys.release.entering import matching
from slinga.admin.shell.api import Web, asked, form, number, pool, shown
from slinga.drafts import jobs as drafts
from slinga.insight.standing import standing
from slinga.kernel.calendar import zone
from slinga.kernel.errors import Invalid, Missing, Unavailable
from slinga.runtime.db import Db
from slinga.segments.jobs import preview

PART = "/admin/journeys"


@get("/admin/journeys/{key:str}/publish", sync_to_thread=True)
def review(request: Web, key: FromPath[str]) -> Response[str]:
    """What publishing the draft would do."""
    with pool(request) as db:
        found, words = jobs.opened(db, key), say(request)
        faults = jobs.faults(db, key, found.document)
        called = jobs.names(found.present, drafts.listed(db))
        together = needed(db, found)
        inside, told = [], None
        if found.draft and found.in_force and not any(f.weight == "error" for f in faults):
            told = drafts.review(db, [("journey", key), *together])
            inside = moving.rows(found.in_force, found.document, told.inside.get(key, []))
        return shown(
            request,
            db,
            "journeys/publish",
            part=PART,
            **frame(request, found, faults, "publish"),
            together=[(kind, name, called.get((kind, name), name)) for kind, name in together],
            changed=changes(words, jobs.node_forms(), found.in_force, found.document, called),
            inside=inside,
            people=sum(row.people for row in inside),
            targets=moving.targets(found.document),
            moved_on=bool(told and told.moved_on),
            rivals=conflicts.rivals(found.key, found.document, found.present.documents),
            entering=_estimate(db, found),
            lately=standing(db).get(key),
            fault=asked(request, "fault"),
        )


@post("/admin/journeys/{key:str}/publish", status_code=303)
async def publish(request: Web, key: FromPath[str]) -> Redirect:
    """Put the draft in force, with what it needs. Raises Invalid where something is to be mended."""
    given = await form(request)
    member = member_of(request)
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
                by=member.actor if member else "",
                moving={key: mapping} if mapping is not None else None,
                enter_existing=[key] if given.get("existing") else [],
            )
        except Invalid as fault:
            raise Invalid(f"This cannot be published: {fault.message}", field=fault.field) from fault
    return Redirect(f"{PART}/{key}/outline", status_code=303)


def _estimate(db: Db, found: jobs.Opened) -> dict[str, Any] | None:
    """About how many people match already; None where nobody can."""
    condition = matching(found.document)
    if condition is None:
        return None
    try:
        about = preview(db, condition, zone(found.present.zone, "UTC"))
    except (Unavailable, Invalid):
        return None
    return {"count": about.count, "low": about.low, "high": about.high, "exact": about.exact}


def needed(db: Db, found: jobs.Opened) -> list[tuple[str, str]]:
    """Drafts that the journey speaks of and that are not in force: they are published with it."""
    begun = {(each.kind, each.key) for each in drafts.listed(db)}
    wanted = sorted(moving.spoken_of(found.document))
    return [name for name in wanted if name in begun and name not in found.present.documents]


@get("/admin/journeys/{key:str}/versions", sync_to_thread=True)
def versions(request: Web, key: FromPath[str]) -> Response[str]:
    """Every version that was published, with what each changed."""
    with pool(request) as db:
        found, words = jobs.opened(db, key), say(request)
        called, kinds = jobs.names(found.present), jobs.node_forms()
        every = drafts.versions(db, "journey", key)
        older = {each.version: each.document for each in every}
        rows = [
            (each, changes(words, kinds, older.get(each.version - 1), each.document, called))
            for each in every[:50]
        ]
        return shown(
            request, db, "journeys/versions", part=PART, **frame(request, found, (), "versions"), rows=rows
        )


@post("/admin/journeys/{key:str}/versions", status_code=303)
async def restore(request: Web, key: FromPath[str]) -> Redirect:
    """Make a draft of an older version."""
    given = await form(request)
    member = member_of(request)
    with pool(request) as db:
        wanted = number(given.get("version", "")) or 0
        drafts.restore(db, "journey", key, wanted, by=member.actor if member else "")
    return Redirect(f"{PART}/{key}/outline", status_code=303)


routes: list[Any] = [review, publish, versions, restore]
