"""The journey map over HTTP: the grid, the plan, real ways, touchpoints and personas.

In: a model and days; forms. Out: pages; rows kept or removed.
Always true: what changes something stands in the audit log.
"""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access.jobs import audit
from slinga.admin.lifecycle.leads import LEADS
from slinga.admin.lifecycle.question import PERIODS, day_of
from slinga.admin.lifecycle.store import today
from slinga.admin.map import store
from slinga.admin.map.grid import lines, ways
from slinga.admin.map.model import Persona, persona, plan
from slinga.admin.shell.api import Web, actor, asked, can, fields, form, number, pool, shown, worked
from slinga.admin.shell.store import Programme, programme
from slinga.insight import Touchpoint, map, paths
from slinga.insight.jobs import state
from slinga.kernel.errors import Invalid, Missing, SlingaError
from slinga.runtime.db import Db

HERE = "/admin/map"
OFFLINE = ("tv", "radio", "press", "poster", "fair", "letter", "phone", "shop", "reviews", "influencer")


def _days(request: Web, zone: str, db: Db) -> tuple[date, date, int]:
    """(first, last, length) of the days asked about."""
    present = today(db, zone)
    last = min(day_of(asked(request, "until")) or present, present)
    length = min(max(number(asked(request, "days", 4)) or 30, 1), 730)
    return last - timedelta(days=length - 1), last, length


def _stages(program: Programme, model: str) -> list[tuple[str, str]]:
    stages = program.of("model").get(model, {}).get("stages", ())
    return [(stage["key"], str(stage.get("name", stage["key"]))) for stage in stages]


@get(HERE, sync_to_thread=True)
def journey_map(request: Web) -> Response[str]:
    """Touchpoints by stage and channel, the plan of messages, touchpoints by hand, personas."""
    with pool(request) as db:
        program = programme(db)
        model = program.model(asked(request, "model"))
        if not model:
            return shown(request, db, "map/none", part=HERE, programme=program)
        first, last, length = _days(request, program.zone, db)
        found = map.journey_map(db, model, since=first, until=last)
        return shown(
            request,
            db,
            "map/map",
            part=HERE,
            programme=program,
            model=model,
            found=found,
            lines=lines(found),
            length=length,
            periods=PERIODS,
            conformance=map.conformance(db, model, found=found),
            names=dict(found.stages),
            sides={stage["key"]: stage.get("side", "left") for stage in program.of("model")[model]["stages"]},
            plan=plan(model, list(found.stages), store.templates(db), program.of("journey")),
            touchpoints=map.touchpoints(db, model),
            personas=store.personas(db),
            may_write=can(request, "write"),
            **LEADS,
        )


@get(f"{HERE}/ways", sync_to_thread=True)
def real_ways(request: Web) -> Response[str]:
    """The most frequent ways to a first purchase, how long they were, and who took which."""
    with pool(request) as db:
        program = programme(db)
        model = program.model(asked(request, "model"))
        if not model:
            raise Missing("No lifecycle model is published yet.")
        last = min(day_of(asked(request, "until")) or today(db, program.zone), today(db, program.zone))
        length = min(max(number(asked(request, "days", 4)) or 90, 1), 730)
        part = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
        found = paths.paths(db, model, since=last - timedelta(days=length - 1), until=last)
        return shown(
            request,
            db,
            "map/ways_part" if part else "map/ways",
            part=HERE,
            programme=program,
            model=model,
            found=found,
            drawn=ways(found.paths),
            counted=state(db),
            names=dict(_stages(program, model)),
            length=length,
            periods=PERIODS,
        )


# --- touchpoints -------------------------------------------------------------------------------------


def _touchpoint(said: dict[str, str], id: int) -> Touchpoint:
    """A touchpoint out of a form. Raises Invalid naming the field."""
    days = {name: day_of(said.get(name, "")) for name in ("from_day", "until_day")}
    first, last = days["from_day"], days["until_day"] or days["from_day"]
    if first is None or last is None:
        raise Invalid("Choose a day.", field="from_day")
    volume = said.get("volume", "").replace(" ", "") or "0"
    if number(volume) is None:
        raise Invalid("Write a whole number.", field="volume")
    try:
        amount = said.get("cost", "").replace(" ", "").replace(",", ".")
        cost = Decimal(amount or "0").quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Invalid("Write an amount such as 1200 or 99.50.", field="cost") from None
    return Touchpoint(
        name=said.get("name", "").strip()[:120],
        model=said.get("model", ""),
        stage=said.get("stage", ""),
        channel=(said.get("other", "").strip() or said.get("channel", "").strip()).lower()[:40],
        from_day=first,
        until_day=last,
        volume=int(volume),
        cost=cost,
        note=said.get("note", "").strip()[:500],
        id=id,
    )


def _touchpoint_form(
    request: Web, db: Db, said: dict[str, str], id: int, fault: Invalid | None = None
) -> Response[str]:
    program = programme(db)
    model = program.model(said.get("model", ""))
    return shown(
        request,
        db,
        "map/touchpoint",
        part=HERE,
        code=400 if fault else 200,
        programme=program,
        model=model,
        stages=_stages(program, model),
        said=said,
        id=id,
        fault=fault,
        offline=OFFLINE,
        today=today(db, program.zone),
    )


@get(f"{HERE}/touchpoints/new", sync_to_thread=True)
def new_touchpoint(request: Web) -> Response[str]:
    """A form for a touchpoint; the address may name its stage and channel."""
    with pool(request) as db:
        return _touchpoint_form(
            request, db, {name: asked(request, name) for name in ("model", "stage", "channel")}, 0
        )


@get(f"{HERE}/touchpoints/{{number:int}}", sync_to_thread=True)
def edit_touchpoint(request: Web, number: FromPath[int]) -> Response[str]:
    """The form of a touchpoint that is there."""
    with pool(request) as db:
        for model in programme(db).of("model"):
            for one in map.touchpoints(db, model):
                if one.id == number:
                    said = {
                        name: str(getattr(one, name))
                        for name in ("name", "model", "stage", "channel", "from_day", "until_day", "volume")
                    }
                    return _touchpoint_form(
                        request, db, said | {"cost": str(one.cost), "note": one.note}, number
                    )
        raise Missing("There is no such touchpoint any more.")


@post([f"{HERE}/touchpoints/new", f"{HERE}/touchpoints/{{number:int}}"])
async def save_touchpoint(request: Web) -> Response[Any]:
    """Keep a touchpoint; the form again, saying what is wrong, where it is refused."""
    said = await form(request)
    known = int(request.path_params.get("number", 0))

    def work(db: Db) -> Response[Any]:
        try:
            given = _touchpoint(said, known)
            with db.transaction():
                kept = map.save_touchpoint(db, given, by=actor(request))
                audit(db, actor(request), "touchpoint", f"touchpoint/{kept}", stage=given.stage)
        except Invalid as fault:
            return _touchpoint_form(request, db, said, known, fault)
        return Redirect(f"{HERE}?model={given.model}#touchpoints", status_code=303)

    return worked(request, work)


@post(f"{HERE}/touchpoints/{{number:int}}/remove")
async def remove_touchpoint(request: Web, number: FromPath[int]) -> Response[Any]:
    """Remove a touchpoint."""
    await form(request)

    def work(db: Db) -> Response[Any]:
        with db.transaction():
            if map.remove_touchpoint(db, number):
                audit(db, actor(request), "remove_touchpoint", f"touchpoint/{number}")
        return Redirect(f"{HERE}#touchpoints", status_code=303)

    return worked(request, work)


# --- personas ----------------------------------------------------------------------------------------


def _persona_form(request: Web, db: Db, given: Persona, fault: SlingaError | None = None) -> Response[str]:
    program = programme(db)
    return shown(
        request,
        db,
        "map/persona",
        part=HERE,
        code=400 if fault else 200,
        programme=program,
        who=given,
        fault=fault,
    )


@get(f"{HERE}/personas/new", sync_to_thread=True)
def new_persona(request: Web) -> Response[str]:
    """A form for a persona."""
    with pool(request) as db:
        return _persona_form(request, db, Persona(""))


@get(f"{HERE}/personas/{{number:int}}", sync_to_thread=True)
def edit_persona(request: Web, number: FromPath[int]) -> Response[str]:
    """The form of a persona that is there."""
    with pool(request) as db:
        for one in store.personas(db):
            if one.id == number:
                return _persona_form(request, db, one)
        raise Missing("There is no such persona any more.")


@post([f"{HERE}/personas/new", f"{HERE}/personas/{{number:int}}"])
async def save_persona(request: Web) -> Response[Any]:
    """Keep a persona; the form again, saying what is wrong, where it is refused."""
    found = await fields(request)
    said = dict(found)
    known = int(request.path_params.get("number", 0))
    chosen = {name: [value for key, value in found if key == name] for name in ("segments", "journeys")}

    def work(db: Db) -> Response[Any]:
        try:
            given = persona(said, chosen["segments"], chosen["journeys"], known)
        except Invalid as fault:
            tried = Persona(
                said.get("name", "")[:80],
                said.get("words", ""),
                tuple(said.get("goals", "").splitlines()),
                tuple(chosen["segments"]),
                tuple(chosen["journeys"]),
                known,
            )
            return _persona_form(request, db, tried, fault)
        with db.transaction():
            kept = store.save_persona(db, given, by=actor(request))
            audit(db, actor(request), "persona", f"persona/{kept}")
        return Redirect(f"{HERE}#personas", status_code=303)

    return worked(request, work)


@post(f"{HERE}/personas/{{number:int}}/remove")
async def remove_persona(request: Web, number: FromPath[int]) -> Response[Any]:
    """Remove a persona."""
    await form(request)

    def work(db: Db) -> Response[Any]:
        with db.transaction():
            if store.remove_persona(db, number):
                audit(db, actor(request), "remove_persona", f"persona/{number}")
        return Redirect(f"{HERE}#personas", status_code=303)

    return worked(request, work)


routes = [
    journey_map,
    real_ways,
    new_touchpoint,
    edit_touchpoint,
    save_touchpoint,
    remove_touchpoint,
    new_persona,
    edit_persona,
    save_persona,
    remove_persona,
]
