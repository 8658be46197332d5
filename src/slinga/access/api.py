"""Signing in and out, and the guards that other stages put before their handlers.

In: a one-time link, a cookie, a secret key. Out: a session; `session_of` for pages; refusals.
Always true: opening a link changes nothing (chat programs and scanners open links), its button does; a
request that changes something must come from our own pages.
"""

import asyncio
import time
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access import jobs
from slinga.access.session import COOKIE, LASTS_S, Session, cookie_value, form_token, read_cookie
from slinga.kernel.ids import new_token

HOME = "/admin"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Slinga: sign in</title>
<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"></head>
<body><main><h1>Sign in to Slinga</h1>{body}</main></body></html>"""
_BUTTON = '<form method="post"><p><button>Sign in</button></p></form>'
_HOW = (
    "<p>Run <code>slinga sign-in</code> on the machine that runs Slinga and open the address it prints.</p>"
)
_USED = "<p>This address has been used or is too old.</p>"
_NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_SAFE = ("GET", "HEAD", "OPTIONS")

Connection = ASGIConnection[Any, Any, Any, Any]


def session_of(connection: Connection) -> Session | None:
    """Who is signed in on this connection, if anybody."""
    value = connection.cookies.get(COOKIE, "")
    key = connection.app.state.secrets.key("session")
    return read_cookie(key, value, time.time()) if value else None


def csrf_of(connection: Connection) -> str:
    """The value for a form's hidden field `csrf`, empty when nobody is signed in."""
    session = session_of(connection)
    return form_token(connection.app.state.secrets.key("form"), session) if session else ""


def member_guard(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard of the desk: someone is signed in, and what changes something comes from our own pages."""
    if session_of(connection) is None:
        raise NotAuthorizedException("Sign in first: run `slinga sign-in` and open the address it prints.")
    if connection.scope.get("method") not in _SAFE and not _own(connection):
        raise PermissionDeniedException("This form came from another site.")


async def secret_guard(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard of the admin API: `Authorization: Bearer sk_...`."""
    scheme, _space, text = connection.headers.get("authorization", "").partition(" ")

    def known() -> bool:
        with connection.app.state.pool.connection() as db:
            return jobs.find_key(db, text.strip(), "secret") is not None

    if scheme.lower() == "bearer" and await asyncio.to_thread(known):
        return
    raise NotAuthorizedException("Send a secret key: Authorization: Bearer sk_...")


def _own(connection: Connection) -> bool:
    """Whether a browser sent this from one of our pages; programs send neither header and have no cookie."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = connection.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == connection.headers.get("host", "")


def _page(body: str, status: int = 200) -> Response[str]:
    return Response(
        _PAGE.format(body=body), media_type=MediaType.HTML, status_code=status, headers=dict(_NOT_KEPT)
    )


@get("/sign-in", sync_to_thread=False, include_in_schema=False)
def how_to_sign_in() -> Response[str]:
    """Says how to get a link."""
    return _page(_HOW)


@get("/sign-in/{token:str}", sync_to_thread=False, include_in_schema=False)
def sign_in_page(token: FromPath[str]) -> Response[str]:
    """A button; the token is looked at only when it is pressed."""
    return _page(_BUTTON)


@post("/sign-in/{token:str}", sync_to_thread=True, include_in_schema=False)
def sign_in(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """Use the link up, set the cookie, go to the desk."""
    with request.app.state.pool.connection() as db:
        member = jobs.use_link(db, token)
    if member is None:
        return _page(_USED + _HOW, 403)
    session = Session(member, int(time.time()) + LASTS_S, new_token(12))
    cookie = Cookie(
        COOKIE,
        value=cookie_value(request.app.state.secrets.key("session"), session),
        max_age=LASTS_S,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.base_url.startswith("https:"),
    )
    return Redirect(HOME, status_code=303, cookies=[cookie], headers=dict(_NOT_KEPT))


@post("/sign-out", sync_to_thread=False, include_in_schema=False)
def sign_out() -> Redirect:
    """Forget the cookie."""
    gone = Cookie(COOKIE, value="", max_age=0, httponly=True, samesite="lax")
    return Redirect("/sign-in", status_code=303, cookies=[gone])


routes = [how_to_sign_in, sign_in_page, sign_in, sign_out]
