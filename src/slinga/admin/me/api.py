"""One's own page over HTTP.

In: a member's own forms. Out: the page; a fresh session where the old ones have ended.
Always true: a new password asks for the old one, counted like a try at signing in, unless there is none or a
one-time address has just opened this session; it ends every other session.
"""

import asyncio
import time
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from slinga.access import hashing
from slinga.access import jobs as access
from slinga.access.api import member_of, new_password, session_cookie, session_of, too_many, tries_of
from slinga.access.model import LOCALES, Member
from slinga.access.passwords import SHORTEST
from slinga.access.roles import PERMISSIONS, ROLES
from slinga.admin.shell.api import Web, form, pool, shown
from slinga.kernel.errors import Invalid

PART = "/admin/me"


def _me(request: Web) -> Member:
    found = member_of(request)
    assert found is not None  # the guard stands before every page of the desk
    return found


def _asks_old(request: Web, found: Member) -> bool:
    session = session_of(request)
    return found.has_password and not (session and session.may_replace_password(time.time()))


def _own(request: Web, fault: str = "", field: str = "", code: int = 200) -> Response[str]:
    found = _me(request)
    with pool(request) as db:
        return shown(
            request,
            db,
            "me/own",
            part=PART,
            code=code,
            fault=fault,
            field=field,
            me=found,
            duty=ROLES[found.role],
            permissions=PERMISSIONS,
            locales=LOCALES,
            shortest=SHORTEST,
            asks_old=_asks_old(request, found),
            done="done" in request.query_params,
        )


@get(PART, sync_to_thread=True)
def own(request: Web) -> Response[str]:
    """Name, language, password, and signing out everywhere."""
    return _own(request)


@post(PART)
async def rename(request: Web) -> Response[Any]:
    """Change one's name and language."""
    given = await form(request)

    def work() -> Response[Any]:
        try:
            with pool(request) as db:
                access.rename(db, _me(request), given.get("name", ""), given.get("locale", ""))
        except Invalid as fault:
            return _own(request, fault.message, fault.field, 400)
        return Redirect(f"{PART}?done", status_code=303)

    return await asyncio.to_thread(work)


@post(f"{PART}/password")
async def change_password(request: Web) -> Response[Any]:
    """Choose a new password; other sessions end, this one goes on."""
    given, found = await form(request), _me(request)
    if _asks_old(request, found):
        account, place = tries_of(request, found.email)

        def ask() -> tuple[float, str | None]:
            with pool(request) as db:
                return access.charge_try(db, account, place), access.credentials(db, found.email)[1]

        wait, stored = await asyncio.to_thread(ask)
        if wait:
            return await asyncio.to_thread(_own, request, too_many(wait, _me(request).locale), "old", 429)
        if not await hashing.beside(hashing.belongs, stored, given.get("old", "")):
            return await asyncio.to_thread(_own, request, "This is not your present password.", "old", 400)

        def right() -> None:
            with pool(request) as db:
                access.right_password(db, found, account, place, audited_as="")

        await asyncio.to_thread(right)
    try:
        hashed = await new_password(given, found.email, found.name)
    except Invalid as fault:
        return await asyncio.to_thread(_own, request, fault.message, fault.field, 400)

    def work() -> Member:
        with pool(request) as db:
            return access.set_password(db, found, hashed)

    fresh = await asyncio.to_thread(work)
    return Redirect(f"{PART}?done", status_code=303, cookies=[session_cookie(request, fresh)])


@post(f"{PART}/sign-out-everywhere", status_code=303)
async def sign_out_everywhere(request: Web) -> Redirect:
    """End every session of one's own, this one too."""
    await form(request)

    def work() -> None:
        with pool(request) as db:
            access.end_sessions(db, _me(request))

    await asyncio.to_thread(work)
    return Redirect("/sign-in", status_code=303)


routes = [own, rename, change_password, sign_out_everywhere]
