"""Signing in and out, the first owner, invitations; and the guards that other stages put before handlers.

In: an e-mail with its password, one-time addresses, a cookie. Out: a session; pages; refusals.
Always true: opening an address changes nothing (chat programs and scanners open addresses), its button does;
a wrong password, an unknown e-mail and a disabled member get the same answer after the same work; tries are
counted in the database before they are made.
"""

import asyncio
import math
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access import hashing, jobs
from slinga.access.factor import api as factor
from slinga.access.gate.api import (
    HOME,
    Web,
    cookie,
    own,
    page,
    sent_form,
    session_cookie,
    spoken,
    too_many,
    tries_of,
    welcome,
)
from slinga.access.guard.api import (
    LacksFactor,
    NotAllowed,
    can,
    csrf_of,
    door_guard,
    member_of,
    session_of,
)
from slinga.access.members import jobs as team
from slinga.access.model import Member
from slinga.access.pages import HEADERS
from slinga.access.passwords import refusal
from slinga.access.roles import PERMISSIONS, ROLES, who_may
from slinga.access.sessions import jobs as sessions
from slinga.kernel.errors import Conflict, Forbidden, Invalid, SlingaError
from slinga.kernel.words import noted as N_

_USED = N_("This address has been used or is too old.")


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
    form = await sent_form(request)
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
    return await asyncio.to_thread(welcome, request, found)


@get("/sign-in/{token:str}", sync_to_thread=False, include_in_schema=False)
def link_page(request: Web, token: FromPath[str]) -> Response[str]:
    """A button; the token is looked at only when it is pressed."""
    return page(request, "link")


@post("/sign-in/{token:str}", sync_to_thread=True, include_in_schema=False)
def use_link(request: Web, token: FromPath[str]) -> Response[Any]:
    """Use the address up, set the cookie, go to the desk."""
    own(request)
    with request.app.state.pool.connection() as db:
        member = jobs.use_link(db, token)
    if member is None:
        return page(request, "message", code=403, title=N_("Sign in"), text=_USED)
    return welcome(request, member, by_link=True)


@post("/sign-out", sync_to_thread=True, include_in_schema=False)
def sign_out(request: Web) -> Redirect:
    """End the session and forget the cookie."""
    own(request)
    session = session_of(request)
    if session is not None:
        with request.app.state.pool.connection() as db:
            sessions.leave(db, session)
    return Redirect("/sign-in", status_code=303, cookies=[cookie(request, "", 0)], headers=dict(HEADERS))


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
    form = await sent_form(request)

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
        return await asyncio.to_thread(welcome, request, await asyncio.to_thread(make, hashed))
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
    form = await sent_form(request)

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
        return await asyncio.to_thread(welcome, request, await asyncio.to_thread(make, hashed))
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
            *factor.routes,
        ],
        include_in_schema=False,
    )
]

__all__ = [
    "HOME",
    "LacksFactor",
    "NotAllowed",
    "can",
    "csrf_of",
    "door_guard",
    "member_of",
    "new_password",
    "refused",
    "routes",
    "session_cookie",
    "session_of",
    "spoken",
    "too_many",
    "tries_of",
]
