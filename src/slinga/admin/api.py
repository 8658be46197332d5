"""The desk over HTTP.

In: requests of signed-in members. Out: pages; the stop switch.
Always true: whoever is not signed in is sent to sign in and sees nothing; what changes something is a POST
from our own pages with the session's form token; the HTML of a message is shown apart, in a sandbox.
"""

import hmac
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, get, post
from litestar.enums import MediaType
from litestar.exceptions import ClientException, NotAuthorizedException, PermissionDeniedException
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access.api import csrf_of, member_guard, session_of
from slinga.admin import funnel, mail, pages, store
from slinga.admin.model import LATE_ANSWERS, Desk
from slinga.admin.timeline import timeline
from slinga.channels import mailbox
from slinga.kernel.clock import DAY
from slinga.kernel.errors import Invalid, Missing, Unavailable
from slinga.kernel.ids import KINDS, person_key
from slinga.people import log
from slinga.people.ledger import broken
from slinga.runtime.db import Db

Web = Request[Any, Any, Any]


def _desk(request: Web) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _show(
    request: Web, db: Db, name: str, *, part: str, programme: store.Programme | None = None, **values: Any
) -> Response[str]:
    """A page; `part` is the section of the navigation it belongs to."""
    program = programme or store.programme(db)
    held = _desk(request).hold
    session = session_of(request)
    body = pages.render(
        name,
        tz=program.zone,
        now=store.now(db),
        part=part,
        program=program,
        hold=held(db) if held else None,
        csrf=csrf_of(request),
        member=session.member if session else "",
        **values,
    )
    return Response(body, media_type=MediaType.HTML, headers=pages.HEADERS)


def _model_of(program: store.Programme, wanted: str) -> str:
    models = program.of("model")
    if wanted in models:
        return wanted
    return "bow-tie" if "bow-tie" in models else next(iter(models), "")


@get("/admin", sync_to_thread=True)
def stages(request: Web) -> Response[str]:
    """The loop: how many people stand in each stage and status."""
    with request.app.state.pool.connection() as db:
        program = store.programme(db)
        model = _model_of(program, request.query_params.get("model", ""))
        document = program.of("model").get(model, {})
        found = funnel.steps(document, store.positions(db, model) if model else ())
        everybody, known = store.people_count(db)
        return _show(
            request,
            db,
            "stages",
            part="/admin",
            programme=program,
            model=model,
            title=document.get("name", model),
            steps=found,
            drawing=(funnel.WIDTH, funnel.HEIGHT),
            everybody=everybody,
            known=known,
        )


@get("/admin/journeys", sync_to_thread=True)
def journeys(request: Web) -> Response[str]:
    """The journeys in force with what came of them."""
    with request.app.state.pool.connection() as db:
        program = store.programme(db)
        counts = store.runs(db)
        rows = []
        for key, document in program.of("journey").items():
            found = counts.get(key, {})
            entered, ended = found.get("run_entered", 0), found.get("run_ended", 0)
            rows.append(
                {
                    "key": key,
                    "name": document.get("name", key),
                    "class": document.get("class", "marketing"),
                    "trigger": document.get("trigger") or {},
                    "live": program.live.get(("journey", key), False),
                    "entered": entered,
                    "inside": max(0, entered - ended),
                    "reached": found.get("goal_reached", 0),
                    "held_out": found.get("holdout", 0),
                }
            )
        return _show(request, db, "journeys", part="/admin/journeys", programme=program, rows=rows)


@get("/admin/people", sync_to_thread=True)
def people(request: Web) -> Response[str]:
    """Find somebody by address, id, name or key; or the newest, or those of a stage."""
    asked = request.query_params.get("q", "").strip()[:200].replace("\0", "")
    stage = request.query_params.get("stage", "")[:100].replace("\0", "")
    status = request.query_params.get("status", "")[:100].replace("\0", "")
    with request.app.state.pool.connection() as db:
        program = store.programme(db)
        model = _model_of(program, request.query_params.get("model", ""))
        keys = [store.survivor(db, key) for key in _keys(asked)]
        rows = store.people(db, model=model, asked=asked, keys=keys, stage=stage, status=status)
        names = {
            s["key"]: s.get("name", s["key"]) for s in program.of("model").get(model, {}).get("stages", ())
        }
        return _show(
            request,
            db,
            "people",
            part="/admin/people",
            programme=program,
            rows=rows,
            asked=asked,
            stage=stage,
            status=status,
            names=names,
            most=store.ROWS,
        )


def _keys(asked: str) -> list[str]:
    """The keys a text may stand for: itself, or an identifier of any kind."""
    if not asked:
        return []
    keys = [person_key(kind, text) for kind in KINDS for text in {asked, asked.lower()}]
    return [*keys, asked.lower()] if _is_key(asked) else keys


def _is_key(text: str) -> bool:
    return len(text) == 32 and all(c in "0123456789abcdef" for c in text.lower())


@get("/admin/people/{key:str}", sync_to_thread=True)
def person(request: Web, key: FromPath[str]) -> Response[Any]:
    """Somebody's page: where they stand and their life so far."""
    if not _is_key(key):
        raise Missing("There is nobody with this key.")
    with request.app.state.pool.connection() as db:
        alive = store.survivor(db, key.lower())
        if alive != key.lower():
            return Redirect(f"/admin/people/{alive}", status_code=303)
        found = store.person(db, alive)
        if found is None:
            raise Missing("There is nobody with this key.")
        before = _number(request.query_params.get("before", ""))
        lines = timeline(store.life(db, alive, before), store.LIFE)
        ledger = log.ledger(db, (alive,))
        return _show(
            request,
            db,
            "person",
            part="/admin/people",
            who=found,
            standing=store.standing(db, alive),
            lines=lines,
            ledger=ledger[::-1],
            damaged=broken(ledger),
            earlier=lines[-1].at if len(lines) == store.LIFE else None,
        )


@get("/admin/messages", sync_to_thread=True)
def messages(request: Web) -> Response[str]:
    """What became of every message, and what policy kept back."""
    state, reason = (
        request.query_params.get(name, "")[:100].replace("\0", "") for name in ("state", "reason")
    )
    with request.app.state.pool.connection() as db:
        kept_back = state == "kept_back"
        return _show(
            request,
            db,
            "messages",
            part="/admin/messages",
            state=state,
            reason=reason,
            counts=store.message_counts(db),
            blocked_counts=store.blocked_counts(db, store.now(db) - 30 * DAY),
            rows=[] if kept_back else store.messages(db, state=state, reason=reason),
            blocked=store.blocked(db, reason) if kept_back else [],
            most=store.ROWS,
        )


@get("/admin/quarantine", sync_to_thread=True)
def quarantine(request: Web) -> Response[str]:
    """What was refused at the door, and how to mend it."""
    with request.app.state.pool.connection() as db:
        rows = [(*row[:-1], row[-1][:2000].decode("utf-8", "replace")) for row in store.quarantine(db)]
        counts = store.quarantine_count(db)
        return _show(
            request, db, "quarantine", part="/admin/quarantine", rows=rows, counts=counts, most=store.ROWS
        )


@get("/admin/marketing", sync_to_thread=True)
def marketing(request: Web) -> Response[str]:
    """The switch that stops all marketing, and the question on letting go."""
    with request.app.state.pool.connection() as db:
        desk = _desk(request)
        late = list(desk.late(db)) if desk.late else []
        ready = desk.hold is not None and desk.stop is not None and desk.resume is not None
        return _show(request, db, "marketing", part="/admin/marketing", late=late, ready=ready)


@post("/admin/marketing/stop", status_code=303)
async def stop_marketing(request: Web) -> Redirect:
    """Nothing marketing leaves from now on."""
    form = await _form(request)
    desk = _desk(request)
    if desk.stop is None:
        raise Unavailable("This installation has no stop switch connected.")
    with request.app.state.pool.connection() as db, db.transaction():
        desk.stop(db, _member(request), form.get("reason", "")[:200])
    return Redirect("/admin/marketing", status_code=303)


@post("/admin/marketing/resume", status_code=303)
async def resume_marketing(request: Web) -> Redirect:
    """Let go, with an answer for what is late. Raises Invalid when the answer is missing."""
    form = await _form(request)
    desk = _desk(request)
    answer = next((known for known in LATE_ANSWERS if known == form.get("late")), None)
    if answer is None:
        raise Invalid("Say what happens to late messages: send, skip or expire.", field="late")
    if desk.resume is None:
        raise Unavailable("This installation has no stop switch connected.")
    with request.app.state.pool.connection() as db, db.transaction():
        desk.resume(db, _member(request), answer)
    return Redirect("/admin/marketing", status_code=303)


@get("/dev/mail", sync_to_thread=True)
def mail_list(request: Web) -> Response[str]:
    """What would have been sent, newest first."""
    recipient = request.query_params.get("to", "").strip()[:320].replace("\0", "") or None
    before = _number(request.query_params.get("before", ""))
    with request.app.state.pool.connection() as db:
        rows = mailbox.latest(db, limit=store.ROWS, before=before, recipient=recipient)
        on = _desk(request).mailbox
        return _show(
            request, db, "mail_list", part="/dev/mail", rows=rows, to=recipient or "", on=on, most=store.ROWS
        )


@get("/dev/mail/{number:int}", sync_to_thread=True)
def mail_page(request: Web, number: FromPath[int]) -> Response[str]:
    """One message: its HTML in a sandbox, text, links, headers and source."""
    with request.app.state.pool.connection() as db:
        kept = _kept(db, number)
        return _show(
            request, db, "mail", part="/dev/mail", kept=kept, mail=mail.opened(kept.raw, kept.channel)
        )


@get("/dev/mail/{number:int}/html", sync_to_thread=True)
def mail_html(request: Web, number: FromPath[int]) -> Response[str]:
    """The HTML part by itself, for the sandboxed frame."""
    with request.app.state.pool.connection() as db:
        kept = _kept(db, number)
    headers = {**pages.HEADERS, "Content-Security-Policy": mail.HTML_CSP, "Referrer-Policy": "no-referrer"}
    del headers["X-Frame-Options"]
    return Response(mail.opened(kept.raw, kept.channel).html, media_type=MediaType.HTML, headers=headers)


@get("/dev/mail/{number:int}/raw", sync_to_thread=True)
def mail_raw(request: Web, number: FromPath[int]) -> Response[bytes]:
    """The message as it would have gone over the wire, to be saved."""
    with request.app.state.pool.connection() as db:
        kept = _kept(db, number)
    headers = {**pages.HEADERS, "Content-Disposition": f'attachment; filename="message-{number}.eml"'}
    return Response(kept.raw, media_type="application/octet-stream", headers=headers)


def _kept(db: Db, number: int) -> mailbox.Kept:
    kept = mailbox.one(db, number) if number < 2**63 else None
    if kept is None:
        raise Missing("There is no such message in the mailbox.")
    return kept


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _member(request: Web) -> str:
    session = session_of(request)
    return session.member if session else ""


async def _form(request: Web) -> dict[str, str]:
    """The fields of a form that carries this session's token."""
    try:
        form = dict(parse_qsl((await request.body()).decode(), max_num_fields=50))
    except ValueError:
        raise ClientException("This form could not be read.") from None
    if not hmac.compare_digest(form.get("csrf", "").encode(), csrf_of(request).encode()):
        raise PermissionDeniedException("This form is too old. Go back, reload the page and try again.")
    return form


def _to_sign_in(request: Web, fault: NotAuthorizedException) -> Redirect:
    return Redirect("/sign-in", status_code=303)


@get("/admin/admin.css", sync_to_thread=False)
def stylesheet() -> Response[str]:
    """The desk's stylesheet."""
    headers = {"Cache-Control": "public, max-age=600", "X-Content-Type-Options": "nosniff"}
    return Response(pages.stylesheet(), media_type="text/css; charset=utf-8", headers=headers)


desk_pages = Router(
    "/",
    route_handlers=[
        stages,
        journeys,
        people,
        person,
        messages,
        quarantine,
        marketing,
        stop_marketing,
        resume_marketing,
        mail_list,
        mail_page,
        mail_html,
        mail_raw,
    ],
    guards=[member_guard],
    exception_handlers={NotAuthorizedException: _to_sign_in},
    include_in_schema=False,
    request_max_body_size=65_536,
)

routes = [desk_pages, stylesheet]
