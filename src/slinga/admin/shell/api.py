"""What every room uses to answer: pages, parts of pages, forms, JSON for islands, and the assets.

In: requests of signed-in members. Out: responses with the desk's headers.
Always true: a page knows who looks at it; what changes something is a POST with the session's form token (a
field `csrf`, or the header `X-Csrf` from islands and htmx); a handler's plain calls may take their time, for
it runs beside the event loop; assets that carry a hash are kept for ever.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.datastructures import UploadFile
from litestar.enums import MediaType
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from slinga.access.api import can, csrf_of, member_of
from slinga.access.members import jobs as members
from slinga.access.model import Member
from slinga.admin.shell import assets, faults, pages, store
from slinga.admin.shell.model import Desk
from slinga.admin.shell.names import names
from slinga.admin.shell.nav import SECTIONS, Section
from slinga.admin.shell.words import Words, words
from slinga.engine.jobs import extensions
from slinga.journeys import forms
from slinga.kernel.errors import Invalid, Missing, SlingaError
from slinga.runtime.db import Db

Web = Request[Any, Any, Any]
FIELDS = 500
"""Most fields of one form."""
_KEPT = "public, max-age=31536000, immutable"


def desk_of(request: Web) -> Desk:
    """What `app` gave the desk."""
    desk: Desk = request.app.state.desk
    return desk


def pool(request: Web) -> Any:
    """A connection for the length of a `with`."""
    return request.app.state.pool.connection()


def beside(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """The handler, run in a thread once its form has been read; what is no coroutine runs in one anyway.

    The loop on which events come in never waits for a question of the desk. A handler that reads its body
    piece by piece says so by `opt={"streams": True}`.
    """
    answer = handler.fn
    if not iscoroutinefunction(answer) or handler.opt.get("streams"):
        return handler

    @wraps(answer)
    async def run(request: Web, **more: Any) -> Any:
        try:
            await (request.form() if request.content_type[0] == "multipart/form-data" else request.body())
        except ValueError:
            raise ClientException("This form could not be read.") from None
        # What it awaits from here on is at hand, or is its own affair on a loop of its own.
        return await sync_to_thread(lambda: asyncio.run(answer(request=request, **more)))

    return handler(run)


def worked(request: Web, work: Callable[[Db], Any]) -> Any:
    """What `work` answers with a connection."""
    with pool(request) as db:
        return work(db)


def me(request: Web) -> Member:
    """Who is signed in; the guard stands before every page of the desk."""
    found = member_of(request)
    assert found is not None
    return found


def member_name(request: Web) -> str:
    """The name of who is signed in; audit entries name them by `member_of(request).actor`."""
    found = member_of(request)
    return found.name if found else ""


def spoken(request: Web, programme: store.Programme | None = None) -> Words:
    """The language of whoever is signed in; with a programme also the names of what it defines."""
    found = member_of(request)
    language = words(found.locale if found else "en")
    if programme is None:
        return language
    return language.naming(names(programme.parts, forms.nodes(extensions()), language))


def fault_said(request: Web, fault: SlingaError) -> str:
    """An error in the language of whoever is signed in: its field, what is wrong, what to do."""
    return faults.fault_said(spoken(request), fault)


def actor(request: Web) -> str:
    """Who is signed in, as definitions and the audit log name them: member:<id>."""
    found = member_of(request)
    return found.actor if found else ""


def _called(db: Db) -> Callable[[str], str]:
    """What an actor is called, for pages; the members are read when somebody is first named."""
    names: dict[str, str] = {}

    def called(by: str) -> str:
        if by.startswith("member:") and not names:
            names.update((each.actor, each.name) for each in members.members(db))
        return names.get(by, by)

    return called


def _named(request: Web, programme: store.Programme) -> Callable[..., str]:
    """What a definition or a part of one is called; the names are gathered when the first is asked for."""
    known: list[Words] = []

    def named(kind: str, key: str, part: str = "") -> str:
        if not known:
            known.append(spoken(request, programme))
        return known[0].called(kind, key, part)

    return named


def _sections(request: Web) -> list[tuple[str, list[Section]]]:
    """The sections whose pages open to whoever is signed in."""
    return [
        (heading, [place for place in places if can(request, place.needs)]) for heading, places in SECTIONS
    ]


def shown(
    request: Web,
    db: Db,
    name: str,
    /,
    *,
    part: str,
    programme: store.Programme | None = None,
    code: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response[str]:
    """A page, or a part of one; `name` is ROOM/TEMPLATE, `part` the section's address in the navigation.

    A part whose address somebody opens without a script is shown as a page of its own.
    """
    program = programme or store.programme(db)
    held = desk_of(request).hold
    found = member_of(request)
    frame: dict[str, Any] = {
        "tz": program.zone,
        "now": store.now(db),
        "part": part,
        "program": program,
        "hold": held(db) if held else None,
        "mailbox": desk_of(request).mailbox(db),
        "csrf": csrf_of(request),
        "member": found.name if found else "",
        "locale": found.locale if found else "en",
        "sections": _sections(request),
        "called": _called(db),
        "named": _named(request, program),
        "can": lambda permission: can(request, permission),
    }
    body = pages.render(name, **frame, **values)
    if _opened(request) and body.lstrip()[:9].lower() != "<!doctype":
        back = request.headers.get("referer", "")
        place = next(
            (each.name for _, places in SECTIONS for each in places if each.address == part), "Slinga"
        )
        body = pages.render(
            "piece",
            **frame,
            piece=Markup(body),
            place=spoken(request)(place),
            back=back if back.startswith(str(request.base_url)) else part,
        )
    all_headers = {**pages.HEADERS, **(headers or {})}
    return Response(body, media_type=MediaType.HTML, status_code=code, headers=all_headers)


def _opened(request: Web) -> bool:
    """Whether a browser goes to this address, rather than a script that asks for a part."""
    wants_page = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and wants_page and "hx-request" not in request.headers


def as_json(value: Any, code: int = 200) -> Response[bytes]:
    """An answer to an island."""
    body = msgspec.json.encode(value)
    return Response(body, media_type=MediaType.JSON, status_code=code, headers=dict(pages.HEADERS))


def asked(request: Web, name: str, longest: int = 200) -> str:
    """A value of the query, trimmed, without zero bytes; empty when it is missing."""
    return str(request.query_params.get(name, "")).strip()[:longest].replace("\0", "")


def number(text: str) -> int | None:
    """A whole number of at most 18 digits, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


async def form(request: Web) -> dict[str, str]:
    """The fields of a form that carries this session's token; of a repeated field the last value."""
    return dict(await fields(request))


async def fields(request: Web) -> list[tuple[str, str]]:
    """The fields of a form in order, repeated too. Raises where it is unreadable or the token is wrong."""
    try:
        found = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        raise ClientException("This form could not be read.") from None
    tokens = [value for name, value in found if name == "csrf"] or [request.headers.get("x-csrf", "")]
    own(request, tokens[-1])
    return [(name, value.replace("\0", "")) for name, value in found if name != "csrf"]


def changed(
    request: Web,
    change: Callable[[Db], object],
    again: Callable[[Db, SlingaError], Response[str]],
    to: str,
) -> Response[Any]:
    """Do what a form asks and go on to `to`; where it is refused, the page with the reason."""

    with pool(request) as db:
        try:
            change(db)
        except SlingaError as fault:
            return again(db, fault)
    return Redirect(to, status_code=303)


async def uploaded(request: Web) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """The fields of a form with files, and (name, bytes) of each file that was chosen."""
    try:
        found = await request.form()
    except (ValueError, UnicodeDecodeError):
        raise ClientException("This form could not be read.") from None
    own(request, str(found.get("csrf", "")))
    given: dict[str, str] = {}
    files: list[tuple[str, bytes]] = []
    for name, value in found.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                files.append((value.filename.replace("\0", ""), await value.read()))
        else:
            given[name] = str(value).replace("\0", "")
    return given, files


async def document(request: Web) -> Any:
    """The JSON that an island sends with the header X-Csrf. Raises Invalid where it is none."""
    own(request, request.headers.get("x-csrf", ""))
    try:
        return msgspec.json.decode(await request.body())
    except msgspec.DecodeError as fault:
        raise Invalid("This is no JSON: %(why)s", why=fault) from None


def own(request: Web, token: str) -> None:
    """Refuse a form without this session's token."""
    if not hmac.compare_digest(token.encode(), csrf_of(request).encode()):
        raise PermissionDeniedException("This form is too old. Go back, reload the page and try again.")


@get("/assets/{name:str}", sync_to_thread=False, include_in_schema=False)
def asset(request: Web, name: FromPath[str]) -> Response[bytes]:
    """A stylesheet, script or picture of ours; open to everybody, for the sign-in page needs it too."""
    found = assets.asset(name)
    if found is None:
        raise Missing("There is no such file. Reload the page.")
    headers = {
        "Cache-Control": _KEPT if found.lasting else "public, max-age=600",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    squeezed = found.squeezed and "gzip" in request.headers.get("accept-encoding", "")
    if squeezed:
        headers["Content-Encoding"] = "gzip"
    return Response(found.squeezed if squeezed else found.content, media_type=found.media, headers=headers)


@get("/slinga.js", sync_to_thread=False, include_in_schema=False)
def snippet(request: Web) -> Response[bytes]:
    """The site snippet, at an address that never changes; any site may load it."""
    name = assets.manifest().get("slinga.js", "")
    found = assets.asset(name) if name else None
    if found is None:
        raise Missing("The site snippet was not built. Run `make assets`.")
    headers = {
        "Cache-Control": "public, max-age=600, stale-while-revalidate=86400",
        "ETag": f'"{name}"',
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("if-none-match", "").removeprefix("W/") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers)
    squeezed = found.squeezed and "gzip" in request.headers.get("accept-encoding", "")
    if squeezed:
        headers["Content-Encoding"] = "gzip"
    return Response(found.squeezed if squeezed else found.content, media_type=found.media, headers=headers)


@get("/", sync_to_thread=False, include_in_schema=False)
def front() -> Redirect:
    """The bare address of an installation leads to its desk."""
    return Redirect("/admin", status_code=303)


@get("/favicon.ico", sync_to_thread=False, include_in_schema=False)
def favicon() -> Response[bytes]:
    """The loop."""
    found = assets.asset("favicon.svg")
    assert found is not None  # it is part of the package
    return Response(found.content, media_type=found.media, headers={"Cache-Control": "public, max-age=86400"})
