"""The lifecycle over HTTP: the picture, the people behind each number, moves between two dates.

In: a question in the address. Out: pages and parts of them.
Always true: what only shows changes nothing; a number leads to the people it counts.
"""

import asyncio
from datetime import date, time
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect

from slinga.admin.lifecycle import seen, store
from slinga.admin.lifecycle.leads import LEADS
from slinga.admin.lifecycle.question import PERIODS, Question, day_of, question
from slinga.admin.map.model import Persona
from slinga.admin.map.store import personas
from slinga.admin.shell.api import Web, actor, asked, can, form, number, pool, shown
from slinga.admin.shell.keys import key_of
from slinga.admin.shell.store import Programme, programme, traits
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force
from slinga.insight import Narrowed, lifecycle, paths
from slinga.kernel.calendar import resolve
from slinga.kernel.calendar import zone as zone_of
from slinga.kernel.clock import iso
from slinga.kernel.errors import Missing
from slinga.lifecycle import models
from slinga.runtime.db import Db

HERE = "/admin/lifecycle"
WITHIN_MS = 40
"""How long the people of a segment or a source may be counted while somebody waits for a page."""
LONGER_MS = {"1": 3_000, "2": 60_000}
"""And how long once the page stands, where few people are counted to the end; and if all are asked for."""
PEOPLE = 50


def _question(request: Web, db: Db, program: Programme) -> tuple[Question, list[Any]]:
    model = program.model(asked(request, "model"))
    changes = store.history(db, model)
    today = store.today(db, program.zone)
    begin = changes[0][0] if changes else today
    return question(request.query_params, model, begin, today), changes


def _some(db: Db, asks: Question, since: date, whom: list[Persona], longer: str) -> Narrowed | None:
    """The people of a segment, a persona or a source; None where everybody is asked about."""
    persona = next((one for one in whom if str(one.id) == asks.persona), None)
    of = persona.segments if persona else ()
    if asks.segment:
        of = (asks.segment,)
    if not (of or asks.source):
        return None
    within = LONGER_MS.get(longer, WITHIN_MS)
    return paths.narrowed(
        db, asks.model, segments=of, source=asks.source, since=since, until=asks.until, within_ms=within
    )


def _part(request: Web) -> bool:
    """Whether htmx asks for a part alone."""
    headers = request.headers
    return "hx-request" in headers and "hx-history-restore-request" not in headers


@get(HERE, sync_to_thread=True)
def picture(request: Web) -> Response[str]:
    """The bow-tie on a day, with what moved in the days before."""
    with pool(request) as db:
        program = programme(db)
        if not program.of("model"):
            return shown(
                request,
                db,
                "lifecycle/none",
                part=HERE,
                programme=program,
                shipped=[models.document(key) for key in models.MODELS],
            )
        asks, changes = _question(request, db, program)
        found = lifecycle.picture(db, asks.model, since=asks.since, until=asks.until)
        whom, longer = personas(db), asked(request, "longer")
        some = _some(db, asks, asks.since, whom, longer)
        links = [] if some else store.links(db, asks.model, asks.since, asks.until)
        cards = seen.cards(found, some)
        return shown(
            request,
            db,
            "lifecycle/picture" if _part(request) else "lifecycle/lifecycle",
            part=HERE,
            programme=program,
            asks=asks,
            found=found,
            some=some,
            longer=longer,
            cards=cards,
            drawn=seen.drawings(cards, links, softened=asks.softened),
            links=sorted((link for link in links if link[0]), key=lambda link: -link[2]),
            names={stage.key: stage.name for stage in found.stages},
            sides={stage.key: stage.side for stage in found.stages},
            statuses={
                stage.key: {status.key: status.name for status in stage.statuses} for stage in found.stages
            },
            curve=seen.scrubbed(
                changes, {stage.key: stage.side for stage in found.stages}, asks.begin, asks.today
            ),
            periods=PERIODS,
            personas=[one for one in whom if one.segments],
            sources=store.sources(db),
            people_open=can(request, "people"),
            may_write=can(request, "write"),
            **LEADS,
        )


@get(f"{HERE}/flows", sync_to_thread=True)
def flows(request: Web) -> Response[str]:
    """Moves between two dates, as a picture and as a matrix."""
    with pool(request) as db:
        program = programme(db)
        asks, _ = _question(request, db, program)
        if not asks.model:
            raise Missing("No lifecycle model is published yet.")
        first = day_of(asked(request, "since")) or asks.since
        first = min(first, asks.until)
        whom, longer = personas(db), asked(request, "longer")
        some = _some(db, asks, first, whom, longer)
        found = seen.flowed(some) if some else lifecycle.transitions(db, asks.model, first, asks.until)
        stages = program.of("model")[asks.model].get("stages", [])
        order = [stage["key"] for stage in stages]
        return shown(
            request,
            db,
            "lifecycle/flow_part" if _part(request) else "lifecycle/flows",
            part=HERE,
            programme=program,
            asks=asks,
            since=first,
            found=found,
            some=some,
            longer=longer,
            personas=[one for one in whom if one.segments],
            sources=store.sources(db),
            drawn=seen.between(found, order),
            rows=seen.matrix(found, order),
            order=order,
            names={stage["key"]: stage.get("name", stage["key"]) for stage in stages},
            sides={stage["key"]: stage.get("side", "left") for stage in stages},
            people_open=can(request, "people"),
            may_write=can(request, "write"),
        )


@get(f"{HERE}/people", sync_to_thread=True)
def people(request: Web) -> Response[str]:
    """Who stands in a stage or a status, or who made a move within some days."""
    stage, status = asked(request, "stage"), request.query_params.get("status")
    source, target = request.query_params.get("from"), asked(request, "to")
    with pool(request) as db:
        program = programme(db)
        asks, _ = _question(request, db, program)
        document = program.of("model").get(asks.model, {})
        places = {one["key"]: one for one in document.get("stages", ())}
        if target:
            since = day_of(asked(request, "since")) or asks.since
            rows = lifecycle.people_moved(
                db,
                asks.model,
                source or "",
                target,
                min(since, asks.until),
                asks.until,
                after=asked(request, "after"),
                limit=PEOPLE,
            )
        else:
            since = asks.since
            rows = lifecycle.people_in(
                db, asks.model, stage, status, after=asked(request, "after"), limit=PEOPLE
            )
        known = traits(db, [one.person for one in rows.people])
        statuses = {one["key"]: one for one in places.get(stage, {}).get("statuses", ())}
        return shown(
            request,
            db,
            "lifecycle/people",
            part=HERE,
            programme=program,
            asks=asks,
            stage=stage,
            status=status,
            source=source or "",
            target=target,
            since=since,
            rows=rows,
            known=known,
            length=(asks.today - since).days + 1,
            names={key: one.get("name", key) for key, one in places.items()},
            status_name=statuses.get(status or "", {}).get("name", status or ""),
            may_write=can(request, "write"),
            saved=asked(request, "saved"),
            **LEADS,
        )


@post(f"{HERE}/segment")
async def segment(request: Web) -> Redirect:
    """Save the people behind a number as a draft of a segment."""
    said = await form(request)
    model, stage, target = said.get("model", ""), said.get("stage", ""), said.get("to", "")
    back = {key: said.get(key, "") for key in ("model", "stage", "status", "from", "to", "since", "until")}

    def work() -> Redirect:
        with pool(request) as db:
            program = programme(db)
            if model not in program.of("model"):
                raise Missing("There is no such lifecycle model any more.", field="model")
            meaning = (
                lifecycle.meaning_of_flow(model, said.get("from", ""), target, _window(said, program.zone))
                if target
                else lifecycle.meaning_of_stage(model, stage, said.get("status") or None)
            )
            name = said.get("name", "").strip()[:120] or stage or target
            key = _save(db, name, meaning.condition, by=actor(request))
        asked_again = urlencode({name: value for name, value in (back | {"saved": key}).items() if value})
        return Redirect(f"{HERE}/people?{asked_again}", status_code=303)

    return await asyncio.to_thread(work)


def _window(said: dict[str, str], zone: str) -> dict[str, str]:
    """Always the last so many days, or all since the first of the days that are shown."""
    since = day_of(said.get("since", ""))
    if said.get("window") == "since" and since is not None:
        return {"since": iso(resolve(since, time(), zone_of(zone)))}
    return {"last": f"{min(max(number(said.get('days', '')) or 30, 1), 3650)}d"}


def _save(db: Db, name: str, condition: dict[str, Any], *, by: str) -> str:
    """Save a new draft under a key made of its name; the key."""
    with db.transaction():
        taken = {key for kind, key in in_force(db).documents if kind == "segment"}
        taken |= {draft.key for draft in drafts.listed(db, "segment")}
        key = key_of(name, taken, otherwise="people")
        document = {"key": key, "name": name, "condition": condition}
        drafts.save(db, "segment", key, document, by=by, revision=0)
        return key


routes = [picture, flows, people, segment]
