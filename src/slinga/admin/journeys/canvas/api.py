"""The canvas over HTTP.

In: what the island sends. Out: the page; faults and words; drafts; one person's way.
Always true: checking and trying out write nothing; a person's way is shown only to who may see people.
"""

from datetime import datetime
from typing import Any

import msgspec
from babel.dates import format_datetime
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access.api import can, member_of
from slinga.admin.conditions.store import known
from slinga.admin.journeys import jobs
from slinga.admin.journeys.canvas import telling
from slinga.admin.journeys.canvas.walking import walk
from slinga.admin.journeys.figures.api import counts_of
from slinga.admin.journeys.frame.api import frame, say
from slinga.admin.journeys.rehearse.api import rehearsed_of
from slinga.admin.shell.api import Web, actor, as_json, document, fault_said, pool, shown
from slinga.admin.shell.assets import address
from slinga.admin.shell.store import programme
from slinga.admin.shell.words import noted as N_
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import Definition, in_force
from slinga.explain.jobs import find
from slinga.explain.trying.jobs import try_journey
from slinga.journeys import forms
from slinga.kernel.calendar import period, zone
from slinga.kernel.clock import Instant, from_datetime, to_datetime
from slinga.kernel.errors import Conflict, Invalid, SlingaError
from slinga.runtime.db import Db

PART = "/admin/journeys"
FOLLOWED = period("90d")
"""How far a preview follows a person."""
LIKE = N_("As when they did it on %s.")
UNKNOWN_THEN = N_("They were not known yet at that time. Choose a later one.")
"""What trying may answer; said here for the catalogues."""


class Asked(msgspec.Struct, frozen=True):
    """What the island sends."""

    document: dict[str, Any]
    revision: int = 0
    person: str = ""
    at: str = ""


@get("/admin/journeys/{key:str}", sync_to_thread=True)
def one(key: FromPath[str]) -> Redirect:
    """A journey's own address."""
    return Redirect(f"{PART}/{key}/canvas", status_code=303)


@get("/admin/journeys/{key:str}/canvas", sync_to_thread=True)
def show_canvas(request: Web, key: FromPath[str]) -> Response[str]:
    """The page with the island."""
    with pool(request) as db:
        found, kinds = jobs.opened(db, key), jobs.node_forms()
        called = jobs.names(found.present, drafts.listed(db))
        words = say(request, called)
        faults = jobs.faults(db, words, key, found.document)
        given = {
            "key": key,
            "document": found.document,
            "revision": found.revision,
            "told": telling.told(words, kinds, found.document, faults),
            "forms": telling.spoken_forms(words, kinds),
            "header": telling.spoken(words, forms.header()),
            "refs": jobs.choices(found.present, called, words),
            "counts": counts_of(db, found) if found.version else {},
            "rehearsed": rehearsed_of(db, key),
            "words": {word: words(word) for word in telling.WORDS if words(word) != word},
            "icons": address("icons.svg"),
            "people": f"{PART}/{key}/people" if can(request, "people") else "",
            "writes": can(request, "write"),
        }
        return shown(
            request,
            db,
            "journeys/canvas",
            part=PART,
            **frame(request, found, faults, "canvas", words),
            known=known(db, programme(db), run=True),
            given=msgspec.json.encode(given).decode(),
        )


def _asked(value: Any) -> Asked:
    try:
        return msgspec.convert(value, Asked)
    except msgspec.ValidationError as fault:
        raise Invalid("This is no request of the canvas: %(why)s", why=fault) from None


@post("/admin/journeys/{key:str}/check", status_code=200)
async def check(request: Web, key: FromPath[str]) -> Response[bytes]:
    """What is said of a document, and what is to be mended in it."""
    asked = _asked(await document(request))
    with pool(request) as db:
        return as_json(_told(request, db, key, asked.document))


def _told(request: Web, db: Db, key: str, given: dict[str, Any]) -> dict[str, Any]:
    words = say(request, jobs.names(in_force(db), drafts.listed(db)))
    return telling.told(words, jobs.node_forms(), given, jobs.faults(db, words, key, given))


@post("/admin/journeys/{key:str}/save", status_code=200)
async def save(request: Web, key: FromPath[str]) -> Response[bytes]:
    """Keep the document as the draft. 409 where somebody else saved since."""
    asked = _asked(await document(request))
    with pool(request) as db:
        jobs.opened(db, key)
        if asked.document.get("key") != key:
            raise Invalid("A journey keeps its key.", field="key")
        try:
            saved = drafts.save(
                db,
                "journey",
                key,
                asked.document,
                by=actor(request),
                revision=asked.revision,
            )
        except Conflict as fault:
            return as_json({"error": {"status": 409, "message": fault_said(request, fault)}}, 409)
        return as_json({"revision": saved.revision, "told": _told(request, db, key, asked.document)})


@post("/admin/journeys/{key:str}/preview", status_code=200)
async def preview(request: Web, key: FromPath[str]) -> Response[bytes]:
    """What would happen to one person who comes in and stays silent."""
    asked = _asked(await document(request))
    member = member_of(request)
    with pool(request) as db:
        present, begun = in_force(db), drafts.listed(db)
        words = say(request, jobs.names(present, begun))
        together = [
            Definition(each.kind, each.key, each.document)  # type: ignore[arg-type]
            for each in begun
            if each.kind != "journey" and (each.kind, each.key) not in present.documents
        ]
        given = [*together, Definition("journey", key, asked.document)]
        where = zone(present.zone, "UTC")
        try:
            at = _instant(asked.at, where)
            person, _names = find(db, asked.person)
            tried = try_journey(db, given, key, person, FOLLOWED, at=at)
        except SlingaError as fault:
            return as_json({"error": fault_said(request, fault)})
        steps, path = walk(words, jobs.node_forms(), asked.document, tried.facts)
    locale = member.locale if member else "en"

    def when(at: Instant) -> str:
        return format_datetime(to_datetime(at).astimezone(where), "d MMM y HH:mm", locale=locale)

    told = [{"at": when(at), "node": node, "text": text, "met": met} for at, node, text, met in steps]
    like = words(LIKE) % when(tried.like.occurred_at) if tried.like else ""
    return as_json({"steps": told, "path": path, "like": like})


def _instant(text: str, where: Any) -> int | None:
    if not text:
        return None
    try:
        return from_datetime(datetime.fromisoformat(text).replace(tzinfo=where))
    except ValueError:
        raise Invalid("%(text)s is no date and time.", field="at", text=text) from None


routes = [one, show_canvas, check, save, preview]
