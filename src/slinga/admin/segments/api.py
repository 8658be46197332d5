"""Segments over HTTP: the list, one segment, its editor.

In: requests, forms of the builder. Out: pages; drafts saved, published, retired.
Always true: saving changes nobody; publishing asks for its own permission.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.conditions.api import count, drawn, finished
from slinga.admin.conditions.form import act, read
from slinga.admin.conditions.store import known
from slinga.admin.segments import growth, store
from slinga.admin.segments.uses import fresh_key, uses
from slinga.admin.shell.api import Web, actor, asked, can, fault_said, fields, form, pool, shown, spoken
from slinga.admin.shell.store import Programme, programme
from slinga.admin.shell.words import Words
from slinga.drafts import Draft
from slinga.drafts import jobs as drafts
from slinga.explain import jobs as explain
from slinga.kernel.calendar import zone
from slinga.kernel.errors import Conflict, Invalid, Missing
from slinga.runtime.db import Db
from slinga.segments.grammar import describe, parse, references
from slinga.segments.jobs import matching

PART = "/admin/segments"
EMPTY: dict[str, Any] = {"op": "all", "of": []}
SAMPLE = 6
ENOUGH = 2_000
"""People that a question about reach looks at."""


def _sentence(document: dict[str, Any], _: Words) -> str:
    try:
        return describe(parse(document.get("condition", EMPTY)), _)
    except Invalid:
        return ""


@get("/admin/segments", sync_to_thread=True)
def segments(request: Web) -> Response[str]:
    """All segments with how many are in them, and the drafts."""
    with pool(request) as db:
        program = programme(db)
        sizes = store.sizes(db)
        open_drafts = {draft.key: draft for draft in drafts.listed(db, "segment")}
        rows = [
            {
                "key": key,
                "name": document.get("name") or key,
                "sentence": _sentence(document, spoken(request, program)),
                "size": sizes.get(key, 0),
                "uses": len(uses(program.parts, key)),
                "draft": key in open_drafts,
            }
            for key, document in program.of("segment").items()
        ]
        fresh = [draft for key, draft in open_drafts.items() if key not in program.of("segment")]
        return shown(request, db, "segments/list", part=PART, programme=program, rows=rows, fresh=fresh)


@get("/admin/segments/{key:str}", sync_to_thread=True)
def segment(request: Web, key: FromPath[str]) -> Response[Any]:
    """One segment: its sentence, its size over time, what it is used for, its versions."""
    with pool(request) as db:
        program = programme(db)
        document = program.of("segment").get(key)
        draft = drafts.find(db, "segment", key)
        if document is None:
            if draft is None:
                raise Missing("There is no such segment.")
            return Redirect(f"/admin/segments/{key}/edit", status_code=303)
        series = growth.series(store.daily(db, key))
        return shown(
            request,
            db,
            "segments/one",
            part=PART,
            programme=program,
            key=key,
            document=document,
            sentence=_sentence(document, spoken(request, program)),
            size=store.size(db, key),
            series=series,
            drawing=growth.drawing(series),
            uses=uses(program.parts, key),
            versions=drafts.versions(db, "segment", key),
            draft=draft,
        )


@get("/admin/segments/{key:str}/edit", sync_to_thread=True)
def edit_segment(request: Web, key: FromPath[str]) -> Response[str]:
    """The builder with the draft, or with what is in force; `new` begins one."""
    with pool(request) as db:
        draft = None if key == "new" else drafts.find(db, "segment", key)
        program = programme(db)
        document = draft.document if draft else program.of("segment").get(key)
        if document is None:
            if key != "new":
                raise Missing("There is no such segment.")
            document = {"name": "", "condition": EMPTY}
        return _editor(request, db, program, key, document, draft)


def _editor(
    request: Web,
    db: Db,
    program: Programme,
    key: str,
    document: dict[str, Any],
    draft: Draft | None,
    *,
    fault: str = "",
    code: int = 200,
) -> Response[str]:
    condition = document.get("condition") or EMPTY
    return shown(
        request,
        db,
        "segments/edit",
        part=PART,
        programme=program,
        code=code,
        key=key,
        name=document.get("name", ""),
        description=document.get("description", ""),
        revision=draft.revision if draft else 0,
        draft=draft,
        in_force=key in program.of("segment"),
        known=known(db, program),
        refused=fault,
        may_publish=can(request, "publish"),
        built=drawn(condition, known(db, program), spoken(request, program)),
    )


def _given(found: list[tuple[str, str]], key: str) -> dict[str, Any]:
    values = dict(found)
    document: dict[str, Any] = {"key": key, "name": values.get("name", "").strip()[:200]}
    description = values.get("description", "").strip()[:2000]
    if description:
        document["description"] = description
    return document | {"condition": read(found)}


@post("/admin/segments/{key:str}/edit", status_code=200)
async def save_segment(request: Web, key: FromPath[str]) -> Response[Any]:
    """A button of the editor: one of the builder, save, or publish."""
    found = await fields(request)
    values = dict(found)
    do = values.get("do", "save")
    with pool(request) as db:
        program = programme(db)
        document = _given(found, key)
        draft = None if key == "new" else drafts.find(db, "segment", key)
        if do not in ("save", "publish"):
            document["condition"] = act(document["condition"], do)
            return _editor(request, db, program, key, document, draft)
        if not document["name"]:
            return _editor(request, db, program, key, document, draft, fault="name", code=400)
        if key == "new":
            taken = {**program.of("segment"), **{each.key: each for each in drafts.listed(db, "segment")}}
            key = document["key"] = fresh_key(document["name"], taken)
        number = int(values["revision"]) if values.get("revision", "").isdigit() else None
        try:
            draft = drafts.save(db, "segment", key, document, by=actor(request), revision=number)
            if do == "publish":
                if not can(request, "publish"):
                    raise Invalid("Publishing is not among what your role may do; your draft is saved.")
                finished(document["condition"])
                drafts.publish(db, [("segment", key)], by=actor(request))
        except (Invalid, Conflict) as wrong:
            told = fault_said(request, wrong)
            now = drafts.find(db, "segment", key)
            return _editor(request, db, program, key, document, now, fault=told, code=400)
    after = f"/admin/segments/{key}" if do == "publish" else f"/admin/segments/{key}/edit"
    return Redirect(after, status_code=303)


@post("/admin/segments/{key:str}/discard", status_code=303)
async def discard_segment(request: Web, key: FromPath[str]) -> Redirect:
    """Forget the draft."""
    await form(request)
    with pool(request) as db:
        drafts.discard(db, "segment", key)
    return Redirect(PART, status_code=303)


@post("/admin/segments/{key:str}/retire", status_code=303)
async def retire_segment(request: Web, key: FromPath[str]) -> Redirect:
    """Take the segment out of force; refused while something reads it."""
    await form(request)
    with pool(request) as db:
        drafts.retire(db, "segment", key, by=actor(request))
    return Redirect(PART, status_code=303)


@post("/admin/segments/{key:str}/restore/{version:int}", status_code=303)
async def restore_segment(request: Web, key: FromPath[str], version: FromPath[int]) -> Redirect:
    """Make a draft of an earlier version."""
    await form(request)
    with pool(request) as db:
        drafts.restore(db, "segment", key, version, by=actor(request))
    return Redirect(f"/admin/segments/{key}/edit", status_code=303)


@post("/admin/segments/{key:str}/sample", status_code=200)
async def sample_segment(request: Web, key: FromPath[str]) -> Response[str]:
    """Some people of whom the form's condition is true, each with the values that made it so."""
    condition = read(await fields(request))
    with pool(request) as db:
        program = programme(db)
        people: list[dict[str, Any]] = []
        keys = some(db, condition, program)[:SAMPLE]
        called = store.names(db, keys)
        if keys:
            wanted, language = parse(condition), spoken(request, program)
            people = [
                {"key": one, "name": called.get(one, ""), "check": explain.asked(db, one, wanted, language)}
                for one in keys
            ]
        return shown(request, db, "segments/sample", part=PART, programme=program, people=people)


@post("/admin/segments/{key:str}/reach", status_code=200)
async def reach_segment(request: Web, key: FromPath[str]) -> Response[str]:
    """Who of the form's condition can be reached, and why the rest cannot; from a part of the people."""
    condition = read(await fields(request))
    with pool(request) as db:
        program = programme(db)
        keys = some(db, condition, program, ENOUGH)
        size = count(db, condition, program.zone)
        return shown(
            request,
            db,
            "segments/reach",
            part=PART,
            programme=program,
            of=len(keys),
            everybody=size is not None and size["exact"] and size["count"] <= len(keys),
            channels=store.reach(db, keys),
            topics=store.topics(db, keys),
        )


def some(db: Db, document: dict[str, Any], program: Programme, enough: int = SAMPLE) -> list[str]:
    """Some people a condition is true of, bucket by bucket; nobody while it is unfinished."""
    try:
        condition = finished(document)
    except Invalid:
        return []
    if references(condition).run:
        return []
    found: list[str] = []
    where, step = zone(program.zone, "UTC"), 1
    begin = 0
    while begin < 256 and len(found) < enough:
        buckets = range(begin, min(256, begin + step))
        found += sorted(matching(db, condition, where, buckets=buckets))
        begin, step = begin + step, step * 4
    return found[:enough]


@get("/admin/segments/{key:str}/people", sync_to_thread=True)
def people_of_segment(request: Web, key: FromPath[str]) -> Response[str]:
    """Who is in it now, page by page, with since when."""
    with pool(request) as db:
        program = programme(db)
        if key not in program.of("segment"):
            raise Missing("There is no such segment.")
        rows = store.people(db, key, after=asked(request, "after"))
        return shown(
            request, db, "segments/people", part=PART, programme=program, key=key,
            name=program.of("segment")[key].get("name") or key, rows=rows, most=store.ROWS,
        )  # fmt: skip


routes = [
    segments,
    segment,
    edit_segment,
    save_segment,
    discard_segment,
    retire_segment,
    restore_segment,
    sample_segment,
    reach_segment,
    people_of_segment,
]
