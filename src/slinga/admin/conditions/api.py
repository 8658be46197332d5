"""The condition builder over HTTP: redrawn at each change, counted while one looks.

In: the fields of the form it stands in. Out: the builder's part of the page; how many people.
Always true: nothing here changes anything; a condition that is not finished is drawn with what it lacks.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response, post

from slinga.admin.conditions import store
from slinga.admin.conditions.choices import IN_A_RUN, KINDS, Options
from slinga.admin.conditions.form import act, children, lacking, opened, read, rows_to, settled
from slinga.admin.conditions.rows import Group, Row, draw
from slinga.admin.conditions.values import Known
from slinga.admin.shell.api import Web, asked, fields, pool, shown, spoken
from slinga.admin.shell.faults import fault_said
from slinga.admin.shell.store import programme
from slinga.admin.shell.words import Words
from slinga.kernel.calendar import zone
from slinga.kernel.errors import Invalid, Unavailable
from slinga.runtime.db import Db
from slinga.segments.grammar import Condition, describe, parse, references
from slinga.segments.jobs import count_matching, preview

ROOT = "c"
PART = "/admin/segments"


class Built(msgspec.Struct, frozen=True):
    """What templates/conditions/builder.html draws of one condition."""

    tree: Group | Row
    root: str
    kinds: Options
    setting: str
    """The condition as JSON, as a larger document keeps it; null for none."""
    sentence: str
    fault: str
    run: bool


def drawn(document: dict[str, Any], known: Known, _: Words, root: str = ROOT) -> Built:
    """A condition as the builder shows it; the names of its fields begin with `root`."""
    setting = settled(document)
    fault = sentence = ""
    try:
        if isinstance(setting, list):
            complete(setting)
        elif setting is not None or not known.run:
            sentence = describe(finished(document), _)
    except Invalid as wrong:
        fault = fault_said(_, wrong.at(wrong.field.removeprefix("condition.")))
    return Built(
        draw(document, known, root),
        root,
        (*KINDS, *IN_A_RUN) if known.run else KINDS,
        msgspec.json.encode(setting).decode(),
        sentence,
        fault,
        known.run,
    )


def finished(document: dict[str, Any]) -> Condition:
    """The condition of a document in which every name was given. Raises Invalid."""
    condition = parse(document)
    complete(document)
    return condition


def complete(document: Any) -> None:
    """Raises Invalid where a name is blank."""
    if lacking(document):
        raise Invalid("Something is still blank in a condition: choose or write it.", field="")


@post("/admin/conditions/builder", status_code=200)
async def builder(request: Web) -> Response[str]:
    """The builder again, after a button or a change; or for the first time, of a condition sent as JSON."""
    found = await fields(request)
    values = dict(found)
    root = values.get("root", ROOT)[:200]
    document = _sent(values["condition"]) if "condition" in values else read(found, root)
    document = act(document, values.get("do", ""), root)
    with pool(request) as db:
        program = programme(db)
        known = store.known(db, program, run="run" in values)
        built = drawn(document, known, spoken(request, program), root)
        return shown(request, db, "conditions/part", part=PART, programme=program, built=built)


def _sent(text: str) -> dict[str, Any]:
    try:
        return opened(msgspec.json.decode(text, type=dict[str, Any] | list[dict[str, Any]] | None))
    except (msgspec.DecodeError, RecursionError):
        raise Invalid("This is no condition.", field="condition") from None


@post("/admin/conditions/size", status_code=200)
async def size(request: Web) -> Response[str]:
    """About how many people the condition at `path` is true of; the exact number follows by itself."""
    found = await fields(request)
    path, exactly = asked(request, "path"), asked(request, "exactly") == "1"
    root = path.partition(".of.")[0]
    document = read(found, root)
    part = at_path(document, rows_to(path, root))
    with pool(request) as db:
        program = programme(db)
        answer = count(db, part, program.zone, exactly=exactly) if part else None
        return shown(
            request, db, "conditions/size", part=PART, programme=program, size=answer, path=path,
            total=path == ROOT, tied=part is not None and tied(part),
        )  # fmt: skip


def tied(document: dict[str, Any]) -> bool:
    """Whether a condition depends on what started a journey, so that it is true of nobody beforehand."""
    try:
        return references(finished(document)).run
    except Invalid:
        return False


def at_path(document: dict[str, Any], rows: Sequence[int] | None) -> dict[str, Any] | None:
    """The condition that numbers of rows lead to."""
    for n in rows or ():
        inner: Sequence[dict[str, Any]] = children(document)
        if n >= len(inner):
            return None
        document = inner[n]
    return None if rows is None else document


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
