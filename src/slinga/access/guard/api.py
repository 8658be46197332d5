"""Who asks, and whether they may: what stands before every page of the desk.

In: a connection, the table of doors in `app.state.doors`. Out: the member, a form's token; refusals.
Always true: the member is read from the database once in each request, so whoever is disabled, signed out
everywhere or given another role is so at once; a route that is not in the table is nobody's; what changes
something comes from our own pages.
"""

import asyncio
import time
from typing import Any, cast
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler

from slinga.access.model import Member
from slinga.access.roles import Permission, may, who_may
from slinga.access.session import Session, cookie_name, form_token, read_cookie
from slinga.access.sessions import jobs as sessions

Connection = ASGIConnection[Any, Any, Any, Any]
_SAFE = ("GET", "HEAD", "OPTIONS")
_SIGN_IN = "Sign in first, at /sign-in."


class NotAllowed(PermissionDeniedException):
    """A member lacks what a door asks for; `needs` is that permission."""

    def __init__(self, needs: Permission) -> None:
        names = " and ".join(f"{role}s" for role in who_may(needs))
        super().__init__(f"This is for {names}. An owner of the workspace can give you that role.")
        self.needs = needs


class LacksFactor(PermissionDeniedException):
    """The workspace wants a second factor of everybody, and this member has none yet."""

    def __init__(self) -> None:
        super().__init__("Set a second factor up first, on your own page.")


def https(connection: Connection) -> bool:
    """Whether browsers reach this installation over https."""
    return bool(connection.app.state.settings.base_url.startswith("https:"))


def session_of(connection: Connection) -> Session | None:
    """The session that the cookie proves; whether it has been ended since, `member_of` knows."""
    value = connection.cookies.get(cookie_name(https(connection)), "")
    key = connection.app.state.secrets.key("session")
    return read_cookie(key, value, time.time()) if value else None


def member_of(connection: Connection) -> Member | None:
    """Who is signed in on this connection, if anybody: id, name, e-mail, role, language.

    Read from the database once in a request, which behind a guard has happened already.
    """
    if "member" not in connection.state:
        connection.state.member = _read(connection)
    return cast("Member | None", connection.state.member)


def can(connection: Connection, permission: Permission) -> bool:
    """Whether whoever is signed in has a permission: for what a page offers."""
    found = member_of(connection)
    return found is not None and may(found.role, permission)


def csrf_of(connection: Connection) -> str:
    """The value for a form's hidden field `csrf`, empty when nobody is signed in."""
    session = session_of(connection)
    return form_token(connection.app.state.secrets.key("form"), session) if session else ""


async def door_guard(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard of the desk: someone is signed in and may what the table asks for this route.

    What changes something comes from our own pages.
    """
    found = await _signed_in(connection)
    method = str(connection.scope.get("method"))
    door = ("GET" if method == "HEAD" else method, str(connection.scope.get("path_template")))
    needs = connection.app.state.doors.get(door)
    if needs is None:
        raise PermissionDeniedException(
            "Nobody has been given this page: it is missing in the table of doors."
        )
    if not may(found.role, needs):
        raise NotAllowed(needs)
    if needs != "own" and connection.state.lacks_factor:
        raise LacksFactor


def from_elsewhere(connection: Connection) -> bool:
    """Whether a browser says that another site sent this; programs say nothing of it."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = connection.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != connection.headers.get("host", "")


async def _signed_in(connection: Connection) -> Member:
    if session_of(connection) is None:
        raise NotAuthorizedException(_SIGN_IN)
    found = await asyncio.to_thread(member_of, connection)
    if found is None:
        raise NotAuthorizedException(_SIGN_IN)
    if connection.scope.get("method") not in _SAFE:
        told = "sec-fetch-site" in connection.headers or "origin" in connection.headers
        if not told or from_elsewhere(connection):
            raise PermissionDeniedException("This form came from another site.")
    return found


def _read(connection: Connection) -> Member | None:
    session = session_of(connection)
    if session is None:
        return None
    with connection.app.state.pool.connection() as db:
        found = sessions.here(db, session)
    if found is None:
        return None
    connection.state.lacks_factor = found.required and not found.member.second_factor
    return found.member
