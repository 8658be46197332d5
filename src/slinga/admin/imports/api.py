"""Imports over HTTP.

In: an uploaded file, the form of its columns, presses. Out: pages, reports of rows that were not taken.
Always true: a file is written below the data directory under a name of ours; a report is read only by whoever
may import.
"""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access import jobs as access
from slinga.admin.imports import columns as cols
from slinga.admin.imports.receiving import Field, File, Piece, Receiver
from slinga.admin.imports.taking import line
from slinga.admin.shell.api import Web, actor, desk_of, fault_said, form, own, pool, shown, worked
from slinga.admin.shell.store import now, programme
from slinga.imports import guess, mappings
from slinga.imports.model import BASES, Csv, parse
from slinga.imports.plans import plan, style_of
from slinga.imports.rows import Header
from slinga.imports.uploads import jobs as uploads
from slinga.imports.uploads.jobs import Import, Upload
from slinga.kernel.calendar import is_zone
from slinga.kernel.errors import Conflict, Invalid, Missing, SlingaError
from slinga.runtime.db import Db

PART = "/admin/imports"
SHOWN = 12
"""Rows of the preview."""
READY = ("people", "klaviyo", "mailchimp", "rule", "youlead", "orders", "events")


def _list(request: Web, db: Db, fault: str = "") -> Response[str]:
    return shown(
        request,
        db,
        "imports/imports",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        uploads=uploads.listed(db),
        imports=[(row, _names(row), uploads.undo_of(db, row.id)) for row in uploads.taken_in(db)],
        most=request.app.state.settings.import_max_bytes,
    )


def _names(row: Import) -> str:
    return ", ".join(Path(file.path).name for file in row.files)


@get(PART, sync_to_thread=True)
def imports(request: Web) -> Response[str]:
    """Every import with how far it is, and a place to hand a file over."""
    with pool(request) as db:
        return _list(request, db)


async def _received(request: Web) -> tuple[str, Path]:
    """(the file's own name, where it lies now). Raises Invalid; nothing is left behind then."""
    settings = request.app.state.settings
    receiver = Receiver(request.headers.get("content-type", ""), settings.import_max_bytes)
    folder = settings.data / "imports" / "uploads" / uuid4().hex
    name, path, out = "", folder / "file", None
    allowed = False
    try:
        async for chunk in request.stream():
            for part in receiver.take(chunk):
                if isinstance(part, Field) and part.name == "csrf":
                    own(request, part.value)
                    allowed = True
                elif isinstance(part, File):
                    if not allowed:
                        own(request, request.headers.get("x-csrf", ""))
                    name = re.sub(r"[\x00-\x1f/\\]", "_", part.name.strip())[-150:]
                    path = folder / (re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._")[-80:] or "file")
                    folder.mkdir(parents=True, mode=0o700)
                    out = await sync_to_thread(path.open, "wb")
                elif isinstance(part, Piece) and out is not None:
                    await sync_to_thread(out.write, part.data)
        if out is None or not name:
            raise Invalid("Choose a file first.", field="file")
    except BaseException:
        if out is not None:
            out.close()
        _forget(path)
        raise
    out.close()
    path.chmod(0o600)
    return name, path


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()


@post(PART, status_code=303, request_max_body_size=None, opt={"streams": True})
async def upload(request: Web) -> Response[Any]:
    """Take a file over; its columns are asked about next."""
    try:
        name, path = await _received(request)
    except Invalid as fault:
        told = fault_said(request, fault)
        return await sync_to_thread(worked, request, lambda db: _list(request, db, told))

    def work(db: Db) -> Response[Any]:
        try:
            _, document = uploads.begin(path)
            found = uploads.beginning(path, style_of(Csv()))
        except SlingaError as fault:
            _forget(path)
            return _list(request, db, fault_said(request, fault).replace(path.name, name))
        document = cols.explicit(document, found.columns)
        number = uploads.add(db, name, str(path), path.stat().st_size, actor(request), document)
        return Redirect(f"{PART}/files/{number}", status_code=303)

    return await sync_to_thread(worked, request, work)


def _found(db: Db, number: int) -> Upload:
    found = uploads.find(db, number)
    if found is None:
        raise Missing("There is no such file. It may have been thrown away.")
    return found


def _zone(program_zone: str, settings_zone: str) -> str:
    return next((zone for zone in (program_zone, settings_zone) if zone and is_zone(zone)), "UTC")


def _mapping(request: Web, db: Db, found: Upload, document: dict[str, Any], fault: str = "") -> Response[str]:
    program = programme(db)
    path, kind = Path(found.path), document.get("kind", "people")
    told, taken = fault, None
    seen = uploads.beginning(path, style_of(_csv(document)))
    try:
        stages = desk_of(request).stages
        check = stages(db) if stages else lambda model, stage, status: ""
        zone = _zone(program.zone, request.app.state.settings.zone)
        taken = uploads.preview(path, document, now(db), zone, check)
    except Invalid as wrong:
        told = told or fault_said(request, wrong)
    uses = [cols.use_of(document, column) for column in seen.columns]
    return shown(
        request,
        db,
        "imports/mapping",
        part=PART,
        programme=program,
        code=400 if fault else 200,
        upload=found,
        fault=told,
        kind=kind,
        columns=list(zip(seen.columns, uses, strict=True)),
        samples=seen.samples,
        uses=cols.USES.get(kind, cols.PEOPLE),
        kept=cols.KEPT,
        ready=[(name, mappings.document(name).get("name", name)) for name in READY],
        bases=BASES,
        stated=cols.stated(document),
        everybody=cols.everybody(document) if kind == "people" else [],
        consents=bool(document.get("consents")),
        unreachable=kind == "people" and cols.reaches_nobody(document),
        region=document.get("person", {}).get("region", ""),
        decimal=document.get("csv", {}).get("decimal", "."),
        lines=[line(made) for made in taken.made[:SHOWN]] if taken else [],
        faults=taken.faults[:50] if taken else [],
        taken=sum(made.rows for made in taken.made) if taken else 0,
        notes=taken.notes if taken else 0,
        looked_at=uploads.FIRST,
    )


def _csv(document: dict[str, Any]) -> Csv:
    with suppress(Invalid):
        return parse(document).csv
    return Csv()


@get(f"{PART}/files/{{number:int}}", sync_to_thread=True)
def mapping(request: Web, number: FromPath[int]) -> Response[Any]:
    """What each column of a file means, and the first rows as they would be taken."""
    with pool(request) as db:
        found = _found(db, number)
        if found.number is not None:
            return Redirect(f"{PART}/{found.number}", status_code=303)
        if found.state in ("asked", "done"):
            return shown(request, db, "imports/waiting", part=PART, upload=found)
        return _mapping(request, db, found, found.mapping, found.fault)


def _changed(document: dict[str, Any], columns: tuple[str, ...], given: dict[str, str]) -> dict[str, Any]:
    """The document after the form."""
    for place, column in enumerate(columns):
        wanted = given.get(f"use-{place}")
        if wanted is not None:
            document = cols.use(document, column, wanted, given.get(f"name-{place}", ""))
    if document.get("kind", "people") == "people":
        channels = [channel for channel in ("email", "sms") if f"everybody-{channel}" in given]
        document = cols.permit(document, channels)
        document = cols.state(document, {part: given.get(part, "").strip()[:200] for part in cols.SAID})
    person = dict(document.get("person", {}))
    region = given.get("region", "").strip().upper()[:2]
    person.pop("region", None)
    if region:
        person["region"] = region
    csv = {**document.get("csv", {}), "decimal": "," if given.get("decimal") == "," else "."}
    if csv["decimal"] == ".":
        del csv["decimal"]
    out = {**document, "person": person, "csv": csv}
    if not csv:
        del out["csv"]
    return out


@post(f"{PART}/files/{{number:int}}", status_code=200)
async def map_columns(request: Web, number: FromPath[int]) -> Response[Any]:
    """Keep what the form says: look again, begin from a ready mapping, or take the file in."""
    given = await form(request)
    with pool(request) as db:
        found = _found(db, number)
        path, document = Path(found.path), found.mapping
        seen = uploads.beginning(path, style_of(_csv(document)))
        do = given.get("do", "look")
        if do == "ready":
            name = given.get("ready", "people")
            if name not in READY:
                raise Invalid("There is no such ready mapping.", field="ready")
            document = guess.fit(parse(mappings.document(name)), Header(seen.columns))
            document = cols.explicit(document, seen.columns)
        else:
            document = _changed(document, seen.columns, given)
        if not uploads.map_as(db, number, document):
            raise Conflict("This file is being taken in already; its mapping stands.")
        if do != "import":
            return _mapping(request, db, _found(db, number), document)
        try:
            plan([path], document)
        except Invalid as fault:
            told = fault_said(request, fault)
            return _mapping(request, db, found, document, told)
        with db.transaction():
            uploads.ask(db, number)
            access.audit(db, actor(request), "import", f"upload/{number}")
        return Redirect(f"{PART}/files/{number}", status_code=303)


@post(f"{PART}/files/{{number:int}}/again", status_code=303)
async def again(request: Web, number: FromPath[int]) -> Redirect:
    """Go on with what failed."""
    await form(request)
    with pool(request) as db:
        found = _found(db, number)
        uploads.ask(db, number)
    return Redirect(f"{PART}/{found.number}" if found.number else f"{PART}/files/{number}", status_code=303)


@post(f"{PART}/files/{{number:int}}/discard", status_code=303)
async def discard(request: Web, number: FromPath[int]) -> Redirect:
    """Throw a file away that was not begun."""
    await form(request)
    with pool(request) as db:
        path = uploads.drop(db, number)
    if not path:
        raise Conflict("This file is being taken in; take the import back instead.")
    _forget(Path(path))
    return Redirect(PART, status_code=303)


def _progress(db: Db, number: int) -> dict[str, Any]:
    row = uploads.one(db, number)
    undo, upload = uploads.undo_of(db, number), uploads.of_import(db, number)
    share = 0
    if undo is not None and undo.state == "asked":
        share = round(100 * undo.done / undo.total) if undo.total else 0
    elif row.state == "running" and row.rows:
        share = round(100 * row.position / row.rows)
    busy = (undo is not None and undo.state == "asked") or (
        row.state == "running" and upload is not None and upload.state == "asked"
    )
    return {"row": row, "undo": undo, "upload": upload, "share": min(100, share), "busy": busy}


@get(f"{PART}/{{number:int}}", sync_to_thread=True)
def one_import(request: Web, number: FromPath[int]) -> Response[str]:
    """One import: how far it is, what came of it, its report, and how to take it back."""
    with pool(request) as db:
        found = _progress(db, number)
        report = Path(found["row"].report)
        return shown(
            request,
            db,
            "imports/import",
            part=PART,
            names=_names(found["row"]),
            report=report.is_file(),
            **found,
        )


@get(f"{PART}/{{number:int}}/progress", sync_to_thread=True)
def progress(request: Web, number: FromPath[int]) -> Response[str]:
    """The part that refreshes itself; when it is over the whole page is asked for anew."""
    with pool(request) as db:
        found = _progress(db, number)
        headers = {} if found["busy"] else {"HX-Refresh": "true"}
        return shown(request, db, "imports/progress", part=PART, headers=headers, **found)


@get(f"{PART}/files/{{number:int}}/progress", sync_to_thread=True)
def waiting(request: Web, number: FromPath[int]) -> Response[str]:
    """The same before the import has a number."""
    with pool(request) as db:
        found = _found(db, number)
        over = found.number is not None or found.state != "asked"
        headers = {"HX-Refresh": "true"} if over else {}
        return shown(request, db, "imports/reading", part=PART, headers=headers, upload=found)


@get(f"{PART}/{{number:int}}/report", sync_to_thread=True)
def report(request: Web, number: FromPath[int]) -> Response[bytes]:
    """The rows that were not taken, and why, as CSV."""
    with pool(request) as db:
        path = Path(uploads.one(db, number).report)
    if not path.is_file():
        raise Missing("There is no report: every row was taken, or it was deleted since.")
    headers = {
        "Content-Disposition": f'attachment; filename="import-{number}-not-taken.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(path.read_bytes(), media_type="text/csv; charset=utf-8", headers=headers)


@post(f"{PART}/{{number:int}}/undo", status_code=303)
async def undo(request: Web, number: FromPath[int]) -> Redirect:
    """Have an import taken back."""
    given = await form(request)
    if given.get("sure") != "yes":
        raise Invalid("Tick that you want it taken back.", field="sure")
    with pool(request) as db, db.transaction():
        if uploads.one(db, number).state == "undone":
            raise Conflict("This import was taken back already.")
        uploads.ask_undo(db, number, actor(request))
        access.audit(db, actor(request), "undo_import", f"import/{number}")
    return Redirect(f"{PART}/{number}", status_code=303)


routes = [
    imports,
    upload,
    mapping,
    map_columns,
    again,
    discard,
    one_import,
    progress,
    waiting,
    report,
    undo,
]
