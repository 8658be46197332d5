"""Broadcasts over HTTP: the list, the form, the review, orders, progress.

In: requests, forms. Out: pages; drafts saved; orders given in the member's name, in the audit log.
Always true: what is refused is said beside the form, with nothing lost; orders ask for their own permission.
"""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.broadcasts import store
from slinga.admin.broadcasts.form import KEEP, given, starts, whole
from slinga.admin.broadcasts.form import shown as form_of
from slinga.admin.conditions.api import count, drawn
from slinga.admin.conditions.form import act as press
from slinga.admin.conditions.store import known
from slinga.admin.people.jobs import act
from slinga.admin.segments.api import some
from slinga.admin.shell.api import Web, actor, asked, fault_said, fields, form, pool, shown, spoken
from slinga.admin.shell.store import Programme, now, programme
from slinga.api import broadcasts as operations
from slinga.broadcasts import jobs
from slinga.broadcasts.choice import cap, days_for
from slinga.broadcasts.reach.jobs import reach
from slinga.drafts import jobs as drafts
from slinga.journeys.broadcast import journey_key, parse
from slinga.kernel.calendar import zone
from slinga.kernel.clock import DAY, to_datetime
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.runtime.db import Db

PART = "/admin/broadcasts"
EMPTY: dict[str, Any] = {"op": "all", "of": []}
SAMPLE, MOST = 500, 20_000
"""People that the review asks about: at once, and where it is to be exact."""
OPEN = ("draft", "scheduled")


@get(PART, sync_to_thread=True)
def broadcasts(request: Web) -> Response[str]:
    """All broadcasts with their state and figures."""
    with pool(request) as db:
        return shown(request, db, "broadcasts/list", part=PART, rows=store.listed(db))


@get(PART + "/new", sync_to_thread=True)
def new_broadcast(request: Web) -> Response[str]:
    """An empty form."""
    with pool(request) as db:
        segment = asked(request, "segment")
        audience = {"op": "segment", "key": segment, "is": True} if segment else EMPTY
        begun = {"name": asked(request, "name"), "audience": audience}
        return _editor(request, db, programme(db), "", begun)


@get(PART + "/{key:str}/edit", sync_to_thread=True)
def edit_broadcast(request: Web, key: FromPath[str]) -> Response[str]:
    """The form of one that has not started."""
    with pool(request) as db:
        document, state, _, _ = _found(db, key)
        if state not in OPEN:
            raise Conflict("It has started. Copy it to change it.")
        return _editor(request, db, programme(db), key, document)


def _found(db: Db, key: str) -> tuple[dict[str, Any], str, str, int]:
    found = store.one(db, key)
    if found is None:
        raise Missing("There is no such broadcast.")
    return found


def _editor(
    request: Web,
    db: Db,
    program: Programme,
    key: str,
    document: dict[str, Any],
    *,
    rows: int = 3,
    mode: str = "",
    fault: str = "",
    code: int = 200,
) -> Response[str]:
    names = known(db, program)
    condition = document.get("audience") or EMPTY
    found = form_of(document, rows)
    if mode:
        found = msgspec.structs.replace(found, mode=mode)
    templates = {
        each: str(one.get("name") or each)
        for each, one in program.of("template").items()
        if one.get("channel", "email") == document.get("channel", "email")
    }
    return shown(
        request,
        db,
        "broadcasts/edit",
        part=PART,
        programme=program,
        code=code,
        key=key,
        given=whole(document),
        form=found,
        keep=KEEP,
        templates=templates,
        known=names,
        refused=fault,
        built=drawn(EMPTY if found.segment else condition, names, spoken(request, program)),
    )


@post([PART + "/new", PART + "/{key:str}/edit"], status_code=200)
async def save_broadcast(request: Web) -> Response[Any]:
    """A button of the form: one of the builder's, more rows, or save."""
    found = await fields(request)
    values = dict(found)
    key, do = str(request.path_params.get("key", "")), values.get("do", "save")
    with pool(request) as db:
        program = programme(db)
        before = _found(db, key)[0] if key else {}
        document: dict[str, Any] = {"name": values.get("name", ""), "audience": EMPTY}
        rows = min(12, sum(name.endswith(".template") for name, _ in found))
        mode = values.get("mode", "")
        try:
            document = given(found, before)
            if do not in ("save", "more"):
                document["audience"] = press(document["audience"], do)
            if do != "save":
                more = max(rows, 3) + 2 if do == "more" else rows
                return _editor(request, db, program, key, document, rows=more, mode=mode)
            if not document["name"]:
                raise Invalid("Give the broadcast a name.", field="name")
            if not document["audience"].get("of", True):
                raise Invalid("Say who gets it: choose a segment or add a condition.", field="audience")
            document["key"] = key or store.fresh_key(db, document["name"])
            body = operations.Draft(document=document)
            if key:
                act(db, request.app.state, actor(request), operations.edit_broadcast, "", body=body, key=key)
            else:
                act(db, request.app.state, actor(request), operations.create_broadcast, "", body=body)
        except (Invalid, Conflict) as wrong:
            told = fault_said(request, wrong)
            return _editor(request, db, program, key, document, rows=rows, mode=mode, fault=told, code=400)
    return Redirect(f"{PART}/{document['key']}", status_code=303)


@get(PART + "/{key:str}", sync_to_thread=True)
def broadcast(request: Web, key: FromPath[str]) -> Response[str]:
    """The review of one that has not started; the progress of one that has."""
    with pool(request) as db:
        return _one(request, db, key)


def _one(request: Web, db: Db, key: str, fault: str = "", code: int = 200) -> Response[str]:
    document, state, by, _ = _found(db, key)
    program = programme(db)
    parsed = parse(document)
    problems = drafts.findings(db, {("broadcast", key): document}) if state in OPEN else []
    return shown(
        request,
        db,
        "broadcasts/one",
        part=PART,
        programme=program,
        code=code,
        key=key,
        document=document,
        parsed=parsed,
        by=by,
        at=jobs.progress(db, key),
        refused=fault,
        problems=problems,
        sentence=drawn(document["audience"], known(db, program), spoken(request, program)).sentence,
        names={each: str(one.get("name") or each) for each, one in program.of("template").items()},
        journey=journey_key(key),
        tomorrow=to_datetime(now(db) + DAY).astimezone(zone(program.zone, "UTC")).date(),
    )


@get(PART + "/{key:str}/progress", sync_to_thread=True)
def progress_of(request: Web, key: FromPath[str]) -> Response[str]:
    """How far it has come; fetched again while it is under way."""
    with pool(request) as db:
        document = _found(db, key)[0]
        return shown(
            request, db, "broadcasts/progress", part=PART, key=key, parsed=parse(document),
            at=jobs.progress(db, key),
        )  # fmt: skip


@get(PART + "/{key:str}/reach", sync_to_thread=True)
def reach_of(request: Web, key: FromPath[str]) -> Response[str]:
    """How many get it and why the others do not: each is asked what the gate would be asked.

    Of a large audience some are asked, or with `exactly` up to MOST, and the others taken to be like them.
    """
    with pool(request) as db:
        document = _found(db, key)[0]
        program, parsed, state = programme(db), parse(document), request.app.state
        exactly = asked(request, "exactly") == "1"
        most = MOST if exactly else SAMPLE
        people = some(db, document["audience"], program, most)
        size = count(db, document["audience"], program.zone, exactly=exactly)
        if size and len(people) < most:  # that is everybody
            size |= {"count": len(people), "exact": True}
        present = now(db)
        at = max(present, jobs.progress(db, key).starts_at or 0)
        found = reach(
            db, parsed, people, state.program(db), state.address_key, state.book.found, now=present, at=at
        )
        scale = size["count"] / len(people) if size and people else 1.0
        plan, days, receivers = parsed.warm_up, 0, {}
        if plan is not None:
            receivers = {group: round(n * scale) for group, n in sorted(found.receivers.items())}
            days = max((days_for(plan, n) for n in receivers.values()), default=0)
        return shown(
            request,
            db,
            "broadcasts/reach",
            part=PART,
            programme=program,
            key=key,
            size=size,
            found=found,
            scale=scale,
            more=not exactly and len(people) >= SAMPLE,
            parsed=parsed,
            days=days,
            receivers=receivers,
            caps=[cap(plan, day) for day in range(min(days, 10))] if plan else [],
            last=at + max(0, days - 1) * DAY,
        )


@post(PART + "/{key:str}/order", status_code=200)
async def order_broadcast(request: Web, key: FromPath[str]) -> Response[Any]:
    """Start, schedule, pause, resume or cancel."""
    values = await form(request)
    orders = {
        "start": operations.start_broadcast,
        "pause": operations.pause_broadcast,
        "resume": operations.resume_broadcast,
        "cancel": operations.cancel_broadcast,
        "schedule": operations.schedule_broadcast,
        "unschedule": operations.schedule_broadcast,
    }
    do = values.get("do", "")
    with pool(request) as db:
        document = _found(db, key)[0]
        try:
            if do not in orders:
                raise Invalid("Choose what to do.", field="do")
            body = None
            if do == "schedule":
                where = zone(programme(db).zone, "UTC")
                at = starts(values.get("day", ""), values.get("hour", ""), document.get("at_local"), where)
                body = operations.At(starts_at=to_datetime(at))
            elif do == "unschedule":
                body = operations.At(starts_at=None)
            act(db, request.app.state, actor(request), orders[do], "", body=body, key=key)
        except (Invalid, Conflict) as wrong:
            return _one(request, db, key, fault_said(request, wrong), 400)
    return Redirect(f"{PART}/{key}", status_code=303)


@post(PART + "/{key:str}/copy", status_code=303)
async def copy_broadcast(request: Web, key: FromPath[str]) -> Redirect:
    """A draft of the same."""
    await form(request)
    with pool(request) as db:
        document = dict(_found(db, key)[0])
        document["key"] = fresh = store.fresh_key(db, key)
        body = operations.Draft(document=document)
        act(db, request.app.state, actor(request), operations.create_broadcast, "", body=body)
    return Redirect(f"{PART}/{fresh}/edit", status_code=303)


routes = [
    broadcasts,
    new_broadcast,
    edit_broadcast,
    save_broadcast,
    broadcast,
    progress_of,
    reach_of,
    order_broadcast,
    copy_broadcast,
]
