"""The condition builder over HTTP: redrawn at each change, counted while one looks.

In: the fields of the form it stands in. Out: the builder's part of the page; how many people.
Always true: nothing here changes anything; a condition that is not finished is drawn with what it lacks.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, post

from slinga.admin.conditions import store
from slinga.admin.conditions.choices import IN_A_RUN, KINDS
from slinga.admin.conditions.form import act, children, lacking, read
from slinga.admin.conditions.rows import draw
from slinga.admin.conditions.values import Known
from slinga.admin.shell.api import Web, asked, fields, pool, shown, spoken
from slinga.admin.shell.store import programme
from slinga.admin.shell.words import Words
from slinga.kernel.calendar import zone
from slinga.kernel.errors import Invalid, Unavailable
from slinga.runtime.db import Db
from slinga.segments.grammar import Condition, describe, parse, references
from slinga.segments.jobs import count_matching, preview

ROOT = "c"
PART = "/admin/segments"


def drawn(document: dict[str, Any], known: Known, _: Words) -> dict[str, Any]:
    """The values that templates/conditions/builder.html needs of a condition."""
    fault = sentence = ""
    try:
        sentence = describe(finished(document), _)
    except Invalid as wrong:
        fault = f"{wrong.field.removeprefix('condition.')}: {wrong.message}" if wrong.field else wrong.message
    return {
        "tree": draw(document, known, ROOT),
        "kinds": (*KINDS, *IN_A_RUN) if known.run else KINDS,
        "document": msgspec.json.encode(document).decode(),
        "sentence": sentence,
        "fault": fault,
    }


def finished(document: dict[str, Any]) -> Condition:
    """The condition of a document in which every name was given. Raises Invalid."""
    condition = parse(document)
    blank = lacking(document)
    if blank:
        raise Invalid(f"Choose or write the {blank} of every condition.", field="")
    return condition


@post("/admin/conditions/builder", status_code=200)
async def builder(request: Web) -> Response[str]:
    """The builder again, after a button or a change."""
    found = await fields(request)
    values = dict(found)
    document = act(read(found, ROOT), values.get("do", ""))
    with pool(request) as db:
        program = programme(db)
        known = store.known(db, program, run="in-run" in values)
        counted = "in-run" not in values
        return shown(
            request, db, "conditions/part", part=PART, programme=program, counted=counted,
            run=known.run, **drawn(document, known, spoken(request)),
        )  # fmt: skip


@post("/admin/conditions/size", status_code=200)
async def size(request: Web) -> Response[str]:
    """About how many people the condition at `path` is true of; the exact number follows by itself."""
    found = await fields(request)
    path, exactly = asked(request, "path"), asked(request, "exactly") == "1"
    document = read([(name, value) for name, value in found], ROOT)
    part = at_path(document, path)
    with pool(request) as db:
        program = programme(db)
        answer = count(db, part, program.zone, exactly=exactly) if part else None
        return shown(
            request, db, "conditions/size", part=PART, programme=program, size=answer, path=path,
            total=path == ROOT,
        )  # fmt: skip


def at_path(document: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The condition that a row's prefix names, such as c.of.0.of.2."""
    steps = [step for step in path.split(".")[1:] if step != "of"]
    for step in steps:
        inner: Sequence[dict[str, Any]] = children(document)
        if not step.isdigit() or int(step) >= len(inner):
            return None
        document = inner[int(step)]
    return document


def count(db: Db, document: dict[str, Any], tz: str, *, exactly: bool = False) -> dict[str, Any] | None:
    """How many people: {count, low, high, exact}; None while it is unfinished or cannot be counted."""
    try:
        condition = finished(document)
    except Invalid:
        return None
    if references(condition).run:
        return None
    where = zone(tz, "UTC")
    try:
        if exactly:
            number = count_matching(db, condition, where)
            return {"count": number, "low": number, "high": number, "exact": True}
        about = preview(db, condition, where)
    except (Unavailable, Invalid):
        return None
    return {"count": about.count, "low": about.low, "high": about.high, "exact": about.exact}


routes = [builder, size]
