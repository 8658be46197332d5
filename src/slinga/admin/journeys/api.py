"""Journeys over HTTP: their list, new ones, copies, the end of one.

In: requests of members. Out: pages, drafts, a retirement.
Always true: a new journey is a draft; a shipped one brings drafts of the messages and segments it needs where
none are there.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access.api import can
from slinga.admin.journeys import jobs, lines
from slinga.admin.journeys.canvas import api as canvas
from slinga.admin.journeys.editor import api as editor
from slinga.admin.journeys.figures import api as figures
from slinga.admin.journeys.frame.api import say
from slinga.admin.journeys.rehearse import api as rehearse
from slinga.admin.journeys.release import api as release
from slinga.admin.shell.api import Web, actor, asked, form, pool, shown
from slinga.admin.shell.keys import key_of
from slinga.admin.shell.store import Programme, programme
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force
from slinga.insight.standing import Standing, standing
from slinga.journeys import shipped
from slinga.kernel.errors import Invalid, Missing
from slinga.messages import shipped as templates

PART = "/admin/journeys"
BLANK: dict[str, Any] = {
    "class": "marketing",
    "trigger": {"on": "event", "name": ""},
    "nodes": {},
}
TRIGGERED = ("on", "model", "stage", "source", "segment")
"""Fields in which another page says what starts a new journey."""


@get("/admin/journeys", sync_to_thread=True)
def journeys(request: Web) -> Response[str]:
    """All journeys, drafts too, with what came of them."""
    with pool(request) as db:
        program, present = programme(db), in_force(db)
        begun = {draft.key: draft for draft in drafts.listed(db, "journey")}
        called = jobs.names(present, begun.values())
        words = say(request, called)
        documents = {**program.of("journey"), **{k: d.document for k, d in begun.items()}}
        counts, faulty = standing(db), jobs.faulty(db, begun)
        rows = []
        for key, document in sorted(documents.items(), key=lambda each: str(each[1].get("name", each[0]))):
            live = ("journey", key) in present.documents
            rows.append(
                {
                    "key": key,
                    "name": document.get("name") or key,
                    "class": document.get("class", "marketing"),
                    "starts": lines.trigger(words, document.get("trigger")),
                    "serves": _serves(program, document.get("serves", ())),
                    "live": live,
                    "finishing": not live and ("journey", key) in program.live,
                    "draft": key in begun,
                    "faults": faulty.get(key, 0),
                    "came": counts.get(key, Standing()),
                }
            )
        return shown(
            request,
            db,
            "journeys/journeys",
            part=PART,
            programme=program,
            rows=rows,
            may_write=can(request, "write"),
            gallery=() if rows else _gallery(words),
        )


def _serves(program: Programme, places: Iterable[str]) -> list[tuple[str, list[str]]]:
    """(model, its stages) by name, in the order of the document."""
    found: dict[str, list[str]] = {}
    for place in places:
        model, _, stage = place.partition("/")
        document = program.of("model").get(model, {})
        names = {one["key"]: one.get("name") or one["key"] for one in document.get("stages", ())}
        found.setdefault(str(document.get("name") or model), []).append(names.get(stage, stage))
    return list(found.items())


def _gallery(words: lines.Say) -> list[dict[str, Any]]:
    found = []
    for key in shipped.KEYS:
        document = shipped.document(key)
        nodes = document["nodes"].values()
        found.append(
            {
                "key": key,
                "name": document["name"],
                "description": document.get("description", ""),
                "class": document.get("class", "marketing"),
                "starts": lines.trigger(words, document["trigger"]),
                "sends": sum(node["type"] == "send" for node in nodes),
                "steps": len(nodes),
            }
        )
    return found


@get("/admin/journeys/new", sync_to_thread=True)
def new_journey(request: Web) -> Response[str]:
    """Begin with an empty one, or with one that ships."""
    with pool(request) as db:
        present = in_force(db)
        started = _started_by(request.query_params)
        words = say(request, jobs.names(present, ()))
        return shown(
            request,
            db,
            "journeys/new",
            part=PART,
            gallery=_gallery(say(request)),
            begun=asked(request, "name"),
            starts=lines.trigger(words, started) if started else "",
            given={name: asked(request, name) for name in TRIGGERED if asked(request, name)}
            if started
            else {},
        )


def _started_by(said: Mapping[str, str]) -> dict[str, Any] | None:
    """The trigger that another page asked for: who comes into a stage, from any or one, or into a segment."""
    on, model, stage, source = (said.get(name, "") for name in ("on", "model", "stage", "source"))
    if on == "stage" and model and stage:
        return {"on": "stage", "model": model, "to": [stage]} | ({"from": [source]} if source else {})
    if on == "segment" and said.get("segment"):
        return {"on": "segment", "key": said["segment"]}
    return None


@post("/admin/journeys/new", status_code=303)
async def begin(request: Web) -> Redirect:
    """Make the draft. Raises Invalid without a name, Missing for a journey that does not ship."""
    given = await form(request)
    source, name = given.get("from", ""), given.get("name", "").strip()[:200]
    with pool(request) as db, db.transaction():
        present = in_force(db)
        taken = {key for kind, key in present.documents if kind == "journey"}
        taken |= {draft.key for draft in drafts.listed(db, "journey")} | {"new"}
        if source:
            if source not in shipped.KEYS:
                raise Missing("No such journey ships with Slinga.", field="from")
            document = shipped.document(source)
            key = key_of(source, taken, otherwise="journey")
            _bring(db, request, document, present.documents)
            document |= {"key": key} | ({"name": name} if name else {})
        else:
            if not name:
                raise Invalid("Give the journey a name.", field="name")
            key = key_of(name, taken, otherwise="journey")
            document = {"key": key, "name": name, **BLANK}
            if started := _started_by(given):
                document["trigger"] = started
        drafts.save(db, "journey", key, document, by=actor(request), revision=0)
    return Redirect(f"{PART}/{key}/canvas", status_code=303)


def _bring(db: Any, request: Web, document: dict[str, Any], there: Any) -> None:
    """Drafts of what a shipped journey needs and nobody has."""
    needed = {("template", str(n["template"])) for n in document["nodes"].values() if n["type"] == "send"}
    letters = templates.documents()
    wanted = {name: letters[name[1]] for name in needed if name[1] in letters}
    segment = document["trigger"].get("key") if document["trigger"].get("on") == "segment" else None
    if segment in shipped.SEGMENTS:
        wanted["segment", str(segment)] = shipped.document(str(segment))
    for name, each in wanted.items():
        if name not in there and drafts.find(db, *name) is None:
            drafts.save(db, *name, each, by=actor(request), revision=0)


@post("/admin/journeys/{key:str}/copy", status_code=303)
async def copy(request: Web, key: FromPath[str]) -> Redirect:
    """A draft of a new journey with the same steps."""
    await form(request)
    with pool(request) as db, db.transaction():
        found = jobs.opened(db, key)
        taken = {name for kind, name in found.present.documents if kind == "journey"}
        taken |= {draft.key for draft in drafts.listed(db, "journey")}
        new = key_of(key, taken, otherwise="journey")
        document = found.document | {"key": new, "name": say(request)("%s (copy)") % found.name}
        drafts.save(db, "journey", new, document, by=actor(request), revision=0)
    return Redirect(f"{PART}/{new}/canvas", status_code=303)


@post("/admin/journeys/{key:str}/discard", status_code=303)
async def discard(request: Web, key: FromPath[str]) -> Redirect:
    """Forget the draft."""
    await form(request)
    with pool(request) as db:
        drafts.discard(db, "journey", key)
        live = ("journey", key) in in_force(db).documents
    return Redirect(f"{PART}/{key}/canvas" if live else PART, status_code=303)


@post("/admin/journeys/{key:str}/retire", status_code=303)
async def retire(request: Web, key: FromPath[str]) -> Redirect:
    """Nobody comes in any more; whoever is inside finishes."""
    await form(request)
    with pool(request) as db:
        drafts.retire(db, "journey", key, by=actor(request))
    return Redirect(PART, status_code=303)


routes = [
    journeys,
    new_journey,
    begin,
    copy,
    discard,
    retire,
    *canvas.routes,
    *editor.routes,
    *figures.routes,
    *rehearse.routes,
    *release.routes,
]
