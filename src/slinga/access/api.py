"""Signing in and out, the first owner, invitations; and the guards that other stages put before handlers.

In: an e-mail with its password, one-time addresses, a cookie. Out: a session; pages; refusals.
Always true: opening an address changes nothing (chat programs and scanners open addresses), its button does;
a wrong password, an unknown e-mail and a disabled member get the same answer after the same work; tries are
counted in the database before they are made.
"""

import asyncio
import hmac
import math
import time
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access import hashing, jobs
from slinga.access.guard.api import (
    NotAllowed,
    can,
    csrf_of,
    door_guard,
    from_elsewhere,
    https,
    member_guard,
    member_of,
    secret_guard,
    session_of,
)
from slinga.access.members import jobs as team
from slinga.access.model import Member
from slinga.access.network import network
from slinga.access.pages import HEADERS, Dress, render
from slinga.access.passwords import refusal
from slinga.access.roles import PERMISSIONS, ROLES, who_may
from slinga.access.session import LASTS_S, Session, cookie_name, cookie_value
from slinga.kernel.errors import Conflict, Forbidden, Invalid, SlingaError
from slinga.kernel.ids import new_token
from slinga.kernel.words import noted as N_
from slinga.locale import preferred, translations

HOME = "/admin"
Web = Request[Any, Any, Any]
_USED = N_("This address has been used or is too old.")
_LONGEST = 4_096


def page(
    request: Web, name: str, *, code: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> Response[str]:
    """A page before the desk, in the dress of `app.state.dress`."""
    body = render(name, getattr(request.app.state, "dress", Dress()), spoken(request), **values)
    return Response(body, media_type=MediaType.HTML, status_code=code, headers={**HEADERS, **(headers or {})})


def spoken(request: Web) -> str:
    """The language of whoever asks: a member's own, else the one their browser likes best."""
    found = member_of(request)
    return found.locale if found else preferred(request.headers.get("accept-language", ""))


def session_cookie(request: Web, member: Member, *, by_link: bool = False) -> Cookie:
    """A fresh session of a member, as the cookie to set."""
    session = Session(member.id, member.epoch, int(time.time()) + LASTS_S, new_token(12), by_link)
    return _cookie(request, cookie_value(request.app.state.secrets.key("session"), session), LASTS_S)


def tries_of(request: Web, email: str) -> tuple[bytes, bytes]:
    """(account, network): under what a try at the password of an e-mail is counted."""
    key = request.app.state.secrets.key("tries")
    peer = request.client.host if request.client else ""
    proxies = request.app.state.settings.trusted_proxies
    place = network(peer, request.headers.get("x-forwarded-for", ""), proxies)
    account, where = (f"account {email}".encode(), f"network {place}".encode())
    return hmac.digest(key, account, "sha256"), hmac.digest(key, where, "sha256")


def too_many(wait_s: float, locale: str) -> str:
    """What whoever tries too often is told."""
    minutes = math.ceil(wait_s / 60)
    text = translations(locale).ngettext(
        "Too many tries. Try again in %(num)s minute.",
        "Too many tries. Try again in %(num)s minutes.",
        minutes,
    )
    return text % {"num": minutes}


def refused(request: Web, fault: NotAllowed) -> Response[str]:
    """The page for whoever lacks a permission: what it is, and who can."""
    with request.app.state.pool.connection() as db:
        owners = [owner.name for owner in team.owners(db)]
    found = member_of(request)
    return page(
        request,
        "refused",
        code=403,
        role=ROLES[found.role].name if found else "",
        what=PERMISSIONS[fault.needs],
        roles=[ROLES[role].name for role in who_may(fault.needs)],
        owners=owners,
    )


@get("/sign-in", sync_to_thread=True, include_in_schema=False)
def sign_in_page(request: Web) -> Response[Any]:
    """The form for e-mail and password; whoever is signed in already goes on to the desk."""
    if member_of(request) is not None:
        return Redirect(HOME, status_code=303, headers=dict(HEADERS))
    with request.app.state.pool.connection() as db:
        empty = jobs.nobody(db)
    return page(request, "no_members") if empty else _sign_in(request)


def _sign_in(
    request: Web, email: str = "", fault: str = "", status: int = 200, **headers: str
) -> Response[str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return page(request, "sign_in", code=status, headers=named, email=email, fault=fault)


@post("/sign-in", include_in_schema=False)
async def sign_in(request: Web) -> Response[Any]:
    """E-mail and password: the cookie, and on to the desk."""
    form = await _form(request)
    given, password = form.get("email", "").strip()[:320], form.get("password", "")
    try:
        email = jobs.address_of(given)
    except Invalid:
        email = given.lower()
    account, place = tries_of(request, email)

    def ask() -> tuple[float, Member | None, str | None]:
        with request.app.state.pool.connection() as db:
            wait = jobs.charge_try(db, account, place)
            return (wait, None, None) if wait else (0.0, *jobs.credentials(db, email))

    wait, found, stored = await asyncio.to_thread(ask)
    if wait:
        return _sign_in(
            request, given, too_many(wait, spoken(request)), 429, Retry_After=str(math.ceil(wait))
        )
    if not await hashing.beside(hashing.belongs, stored, password) or found is None or stored is None:
        return _sign_in(request, given, N_("This e-mail and password do not belong together."), 403)
    again = await hashing.beside(hashing.hashed, password) if hashing.outdated(stored) else None

    def enter(member: Member = found, checked: str = stored) -> None:
        with request.app.state.pool.connection() as db:
            if again:
                jobs.rehash(db, member.id, checked, again)
            jobs.right_password(db, member, account, place, audited_as="sign_in")

    await asyncio.to_thread(enter)
    return _welcome(request, found)


@get("/sign-in/{token:str}", sync_to_thread=False, include_in_schema=False)
def link_page(request: Web, token: FromPath[str]) -> Response[str]:
    """A button; the token is looked at only when it is pressed."""
    return page(request, "link")


@post("/sign-in/{token:str}", sync_to_thread=True, include_in_schema=False)
def use_link(request: Web, token: FromPath[str]) -> Response[Any]:
    """Use the address up, set the cookie, go to the desk."""
    _own(request)
    with request.app.state.pool.connection() as db:
        member = jobs.use_link(db, token)
    if member is None:
        return page(request, "message", code=403, title=N_("Sign in"), text=_USED)
    return _welcome(request, member, by_link=True)


@post("/sign-out", sync_to_thread=False, include_in_schema=False)
def sign_out(request: Web) -> Redirect:
    """Forget the cookie."""
    _own(request)
    return Redirect("/sign-in", status_code=303, cookies=[_cookie(request, "", 0)], headers=dict(HEADERS))


@get("/setup/{token:str}", sync_to_thread=True, include_in_schema=False)
def setup_page(request: Web, token: FromPath[str]) -> Response[str]:
    """The form for the first owner."""
    with request.app.state.pool.connection() as db:
        open_ = jobs.setup_open(db, token)
    return _setup(request) if open_ else _no_setup(request)


def _setup(
    request: Web, given: dict[str, str] | None = None, fault: SlingaError | None = None
) -> Response[str]:
    return page(request, "setup", code=400 if fault else 200, given=given or {}, fault=fault)


def _no_setup(request: Web) -> Response[str]:
    return page(request, "message", code=403, title=N_("Create the first owner"), text=_USED)


@post("/setup/{token:str}", include_in_schema=False)
async def set_up(request: Web, token: FromPath[str]) -> Response[Any]:
    """Make the first owner and sign them in."""
    form = await _form(request)

    def ask() -> bool:
        with request.app.state.pool.connection() as db:
            return jobs.setup_open(db, token)

    if not await asyncio.to_thread(ask):
        return _no_setup(request)

    def make(hashed: str) -> Member:
        with request.app.state.pool.connection() as db:
            return jobs.create_owner(
                db,
                token,
                email=form.get("email", ""),
                name=form.get("name", ""),
                hashed=hashed,
                locale=form.get("locale", "en"),
            )

    try:
        jobs.name_of(form.get("name", ""))
        email = jobs.address_of(form.get("email", ""))
        hashed = await new_password(form, email, form.get("name", ""))
        return _welcome(request, await asyncio.to_thread(make, hashed))
    except (Invalid, Conflict) as fault:
        return _setup(request, form, fault)
    except Forbidden:
        return _no_setup(request)


@get("/invitations/{token:str}", sync_to_thread=True, include_in_schema=False)
def invitation_page(request: Web, token: FromPath[str]) -> Response[str]:
    """The form for whoever was invited."""
    with request.app.state.pool.connection() as db:
        found = team.invitation(db, token)
    return _invitation(request, found) if found else _no_invitation(request)


def _invitation(
    request: Web, found: Any, given: dict[str, str] | None = None, fault: SlingaError | None = None
) -> Response[str]:
    return page(
        request,
        "invitation",
        code=400 if fault else 200,
        invitation=found,
        duty=ROLES[found.role],
        given=given or {},
        fault=fault,
    )


def _no_invitation(request: Web) -> Response[str]:
    text = N_("This invitation has been used, was withdrawn or is too old. Ask for another.")
    return page(request, "message", code=403, title=N_("Your invitation"), text=text)


@post("/invitations/{token:str}", include_in_schema=False)
async def accept(request: Web, token: FromPath[str]) -> Response[Any]:
    """Become a member and be signed in."""
    form = await _form(request)

    def ask() -> Any:
        with request.app.state.pool.connection() as db:
            return team.invitation(db, token)

    found = await asyncio.to_thread(ask)
    if found is None:
        return _no_invitation(request)

    def make(hashed: str) -> Member:
        with request.app.state.pool.connection() as db:
            return team.accept(
                db, token, name=form.get("name", ""), hashed=hashed, locale=form.get("locale", "en")
            )

    try:
        jobs.name_of(form.get("name", ""))
        hashed = await new_password(form, found.email, form.get("name", ""))
        return _welcome(request, await asyncio.to_thread(make, hashed))
    except (Invalid, Conflict) as fault:
        return _invitation(request, found, form, fault)
    except Forbidden:
        return _no_invitation(request)


async def new_password(form: dict[str, str], email: str, name: str) -> str:
    """The hash of the password a form chooses in its field `password`. Raises Invalid."""
    password = form.get("password", "")
    if why := await asyncio.to_thread(refusal, password, email, name):
        raise Invalid(why, field="password")
    return await hashing.beside(hashing.hashed, password)


def _welcome(request: Web, member: Member, *, by_link: bool = False) -> Redirect:
    cookie = session_cookie(request, member, by_link=by_link)
    return Redirect(HOME, status_code=303, cookies=[cookie], headers=dict(HEADERS))


def _cookie(request: Web, value: str, lasts_s: int) -> Cookie:
    secure = https(request)
    return Cookie(
        cookie_name(secure), value=value, max_age=lasts_s, httponly=True, samesite="lax", secure=secure
    )


def _own(request: Web) -> None:
    if from_elsewhere(request):
        raise PermissionDeniedException("This form came from another site.")


async def _form(request: Web) -> dict[str, str]:
    """The fields of a form from one of our own pages."""
    _own(request)
    body = await request.body()
    try:
        found = parse_qsl(body[: _LONGEST + 1].decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise ClientException("This form could not be read.") from None
    if len(body) > _LONGEST or any("\0" in value for _, value in found):
        raise ClientException("This form could not be read.")
    return dict(found)


routes = [
    # As a router, because a handler in a thread may not share its path with one that is registered later.
    Router(
        "/",
        route_handlers=[
            sign_in_page,
            sign_in,
            link_page,
            use_link,
            sign_out,
            setup_page,
            set_up,
            invitation_page,
            accept,
        ],
        include_in_schema=False,
    )
]

__all__ = [
    "HOME",
    "NotAllowed",
    "can",
    "csrf_of",
    "door_guard",
    "member_guard",
    "member_of",
    "new_password",
    "refused",
    "routes",
    "secret_guard",
    "session_cookie",
    "session_of",
    "spoken",
    "too_many",
    "tries_of",
]
