"""The editor of lifecycle models over HTTP.

In: presses of buttons. Out: pages; drafts saved, published, discarded.
Always true: an edit says which revision it saw, so that nobody overwrites somebody else unseen; publishing
asks for its own permission.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.conditions.api import drawn, finished
from slinga.admin.conditions.form import act, read
from slinga.admin.conditions.store import known
from slinga.admin.shell.api import (
    Web,
    actor,
    asked,
    can,
    fault_said,
    fields,
    form,
    number,
    pool,
    shown,
    spoken,
    worked,
)
from slinga.admin.shell.keys import key_of
from slinga.admin.shell.store import programme
from slinga.admin.shell.words import Words
from slinga.admin.stages.editing import begun, edit, rule, set_rule, stage_of
from slinga.drafts import Draft, Name
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force
from slinga.kernel.errors import Conflict, Invalid, Missing, SlingaError
from slinga.lifecycle import models
from slinga.runtime.db import Db
from slinga.segments import describe, parse, references

PART = "/admin/lifecycle"
HERE = "/admin/lifecycle/edit"
EMPTY: dict[str, Any] = {"op": "all", "of": []}


def said(condition: dict[str, Any] | None, _: Words) -> str:
    """A rule in words; "" where there is none or it is unfinished."""
    try:
        return describe(parse(condition), _) if condition else ""
    except Invalid:
        return ""


@lru_cache
def _shipped() -> list[dict[str, Any]]:
    """The models that come with Slinga; only to be looked at."""
    return [models.document(key) for key in models.MODELS]


@get(HERE, sync_to_thread=True)
def choose(request: Web) -> Response[str]:
    """Models in force and drafts to go on with, and shipped ones to begin from."""
    with pool(request) as db:
        return shown(
            request,
            db,
            "stages/choose",
            part=PART,
            drafts=drafts.listed(db, "model"),
            shipped=_shipped(),
        )


@post(HERE)
async def begin(request: Web) -> Redirect:
    """A draft of one's own out of a shipped model, or an empty one of two stages."""
    given = await form(request)
    shipped = given.get("from", "")

    def work(db: Db) -> Redirect:
        force = in_force(db)
        taken = {key for kind, key in force.documents if kind == "model"}
        taken |= {draft.key for draft in drafts.listed(db, "model")}
        document = models.document(shipped) if shipped in models.MODELS else _blank()
        name = given.get("name", "").strip()[:80] or str(document["name"])
        key = shipped if shipped in models.MODELS and shipped not in taken else key_of(name, taken)
        there = {key for kind, key in force.documents if kind == "journey"}
        document = begun(document, key, name, dict.fromkeys(there))
        with db.transaction():
            for kind, needed in _needs(document):
                if kind == "score" and needed in models.SCORES and (kind, needed) not in force.documents:
                    drafts.save(db, kind, needed, models.document(needed), by=actor(request))
            drafts.save(db, "model", key, document, by=actor(request), revision=0)
        return Redirect(f"{HERE}/{key}", status_code=303)

    return worked(request, work)


def _blank() -> dict[str, Any]:
    stages = [
        {"key": "before", "name": "Before", "side": "left"},
        {"key": "after", "name": "After", "side": "right"},
    ]
    return {"key": "new", "name": "New lifecycle", "stages": stages}


def _needs(document: dict[str, Any]) -> Iterable[Name]:
    """(kind, key) of what a model's rules name."""
    found: set[Name] = set()
    for stage in document.get("stages", ()):
        rules = [stage.get("enter"), *(one.get("when") for one in stage.get("fall", ()))]
        rules += [one.get("enter") for one in stage.get("statuses", ())]
        for condition in rules:
            try:
                names = references(parse(condition)).definitions() if condition else ()
            except Invalid:
                continue
            found |= {(name.partition(":")[0], name.partition(":")[2]) for name in names}
    return sorted(found)


def opened(db: Db, key: str) -> tuple[dict[str, Any], Draft | None]:
    """The draft, or what is in force. Raises Missing."""
    document = drafts.present(db, "model", key)
    if document is None:
        raise Missing("There is no such lifecycle model.")
    return document, drafts.find(db, "model", key)


def _sentences(document: dict[str, Any], _: Words) -> dict[str, str]:
    """Every rule in words, by its path."""
    out = {}
    for stage in document.get("stages", ()):
        out[f"{stage['key']}/enter"] = said(stage.get("enter"), _)
        for n, one in enumerate(stage.get("statuses", ())):
            out[f"{stage['key']}/statuses/{n}"] = said(one.get("enter"), _)
        for n, one in enumerate(stage.get("fall", ())):
            out[f"{stage['key']}/fall/{n}"] = said(one.get("when"), _)
    return out


def _editor(
    request: Web, db: Db, key: str, *, stage: str = "", fault: SlingaError | None = None
) -> Response[str]:
    document, draft = opened(db, key)
    found = stage_of(document, stage) if stage else None
    stages = document.get("stages", [])
    earlier = stages[: stages.index(found)] if found else []
    return shown(
        request,
        db,
        "stages/stage" if found else "stages/model",
        part=PART,
        code=400 if fault else 200,
        key=key,
        document=document,
        draft=draft,
        revision=draft.revision if draft else 0,
        stage=found,
        earlier=earlier,
        sentences=_sentences(document, spoken(request, programme(db))),
        names={one["key"]: one.get("name", one["key"]) for one in stages},
        fault=fault,
        findings=drafts.findings(db, {("model", key): document}),
        may_publish=can(request, "publish"),
    )


@get(f"{HERE}/{{key:str}}", sync_to_thread=True)
def model(request: Web, key: FromPath[str]) -> Response[str]:
    """The stages of a model in their order, on both sides of the knot."""
    with pool(request) as db:
        return _editor(request, db, key)


@get(f"{HERE}/{{key:str}}/stages/{{stage:str}}", sync_to_thread=True)
def one_stage(request: Web, key: FromPath[str], stage: FromPath[str]) -> Response[str]:
    """A stage: its rule, its statuses, the ways back, its strategy."""
    with pool(request) as db:
        return _editor(request, db, key, stage=stage)


@post(f"{HERE}/{{key:str}}")
async def change(request: Web, key: FromPath[str]) -> Response[Any]:
    """One press: a change of the draft, then back to where it was pressed."""
    found = await fields(request)
    given = dict(found)
    chosen = {name: [value for field, value in found if field == name] for name in ("start", "stop")}
    do, at = given.get("do", ""), given.get("at", "")

    def work(db: Db) -> Response[Any]:
        document, _ = opened(db, key)
        try:
            changed = edit(document, do, given, chosen)
            drafts.save(db, "model", key, changed, by=actor(request), revision=_revision(given))
        except (Invalid, Conflict) as fault:
            stages = {one.get("key") for one in document.get("stages", ())}
            return _editor(request, db, key, stage=at if at in stages else "", fault=fault)
        there = at and any(one.get("key") == at for one in changed.get("stages", ()))
        return Redirect(f"{HERE}/{key}/stages/{at}" if there else f"{HERE}/{key}", status_code=303)

    return worked(request, work)


def _revision(given: dict[str, str]) -> int | None:
    return number(given.get("revision", ""))


# --- rules ---------------------------------------------------------------------------------------------


def _rule_page(
    request: Web, db: Db, key: str, path: str, condition: dict[str, Any], fault: str = "", code: int = 200
) -> Response[str]:
    program = programme(db)
    document, draft = opened(db, key)
    stage = stage_of(document, path.partition("/")[0])
    rule(document, path)
    steps = path.split("/")
    return shown(
        request,
        db,
        "stages/rule",
        part=PART,
        programme=program,
        code=code,
        key=key,
        path=path,
        stage=stage,
        sort=steps[1],
        about=stage[steps[1]][int(steps[2])] if len(steps) == 3 else stage,
        names={one["key"]: one.get("name", one["key"]) for one in document.get("stages", ())},
        revision=draft.revision if draft else 0,
        refused=fault,
        known=known(db, program),
        built=drawn(condition, known(db, program), spoken(request, program)),
    )


@get(f"{HERE}/{{key:str}}/rule", sync_to_thread=True)
def show_rule(request: Web, key: FromPath[str]) -> Response[str]:
    """The condition builder with one rule."""
    path = asked(request, "path")
    with pool(request) as db:
        document, _ = opened(db, key)
        return _rule_page(request, db, key, path, rule(document, path) or EMPTY)


@post(f"{HERE}/{{key:str}}/rule", status_code=200)
async def change_rule(request: Web, key: FromPath[str]) -> Response[Any]:
    """A button of the builder, or the rule kept in the draft."""
    found = await fields(request)
    given = dict(found)
    path, do = given.get("path", ""), given.get("do", "save")

    def work(db: Db) -> Response[Any]:
        document, _ = opened(db, key)
        condition = read(found)
        if do not in ("save", "none"):
            return _rule_page(request, db, key, path, act(condition, do))
        try:
            if do == "save":
                finished(condition)
            changed = set_rule(document, path, condition if do == "save" else None)
            drafts.save(db, "model", key, changed, by=actor(request), revision=_revision(given))
        except (Invalid, Conflict) as fault:
            return _rule_page(request, db, key, path, condition, fault_said(request, fault), 400)
        return Redirect(f"{HERE}/{key}/stages/{path.partition('/')[0]}", status_code=303)

    return worked(request, work)


# --- review, publish -----------------------------------------------------------------------------


def _together(db: Db, key: str, document: dict[str, Any]) -> list[Name]:
    """The draft of the model, and drafts of scores and segments that it needs and that are not in force."""
    force = in_force(db).documents
    needed = [name for name in _needs(document) if name not in force and drafts.find(db, *name)]
    return [("model", key), *needed]


def _review(request: Web, db: Db, key: str, fault: str = "") -> Response[str]:
    program = programme(db)
    draft = drafts.find(db, "model", key)
    found = names = None
    if draft:
        names = _together(db, key, draft.document)
        found = drafts.review(db, names)
    return shown(
        request,
        db,
        "stages/review",
        part=PART,
        programme=program,
        code=400 if fault else 200,
        key=key,
        draft=draft,
        review=found,
        together=(names or [])[1:],
        changed=found.changed["model", key] if found else (),
        fault=fault,
        may_publish=can(request, "publish"),
    )


@get(f"{HERE}/{{key:str}}/review", sync_to_thread=True)
def review(request: Web, key: FromPath[str]) -> Response[str]:
    """What publishing the draft would change, and what forbids it."""
    with pool(request) as db:
        opened(db, key)
        return _review(request, db, key)


@post(f"{HERE}/{{key:str}}/publish")
async def publish(request: Web, key: FromPath[str]) -> Response[Any]:
    """Put the draft in force, as it was reviewed."""
    given = await form(request)

    def work(db: Db) -> Response[Any]:
        draft = drafts.find(db, "model", key)
        if draft is None:
            raise Missing("There is no draft of this model any more.")
        if _revision(given) != draft.revision:
            return _review(request, db, key, "The draft was changed since you looked. Look again.")
        try:
            drafts.publish(db, _together(db, key, draft.document), by=actor(request))
        except SlingaError as wrong:
            told = fault_said(request, wrong)
            return _review(request, db, key, told)
        return Redirect(f"{PART}?model={key}", status_code=303)

    return worked(request, work)


@post(f"{HERE}/{{key:str}}/discard")
async def discard(request: Web, key: FromPath[str]) -> Response[Any]:
    """Forget the draft; what is in force stays."""
    await form(request)

    def work(db: Db) -> Response[Any]:
        drafts.discard(db, "model", key)
        return Redirect(HERE, status_code=303)

    return worked(request, work)


edited = [
    choose,
    begin,
    model,
    one_stage,
    change,
    show_rule,
    change_rule,
    review,
    publish,
    discard,
]
