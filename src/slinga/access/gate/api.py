"""How the pages before the desk look and are read, and how somebody is let in.

In: requests. Out: pages, fields of forms, cookies.
Always true: a form of another site is refused; whoever has a second factor gets no session before its code;
tries are told apart by account and by network, of which only keyed hashes are kept.
"""

import hmac
import math
import time
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.response import Redirect

from slinga.access.guard.api import from_elsewhere, https, member_of
from slinga.access.model import Member
from slinga.access.pages import HEADERS, Dress, render
from slinga.access.session import (
    COOKIE,
    HALF,
    HALF_LASTS_S,
    LASTS_S,
    Session,
    cookie_name,
    cookie_value,
    read_cookie,
)
from slinga.access.sessions import jobs as sessions
from slinga.kernel.ids import new_token
from slinga.kernel.network import client, network
from slinga.locale import preferred, translations

HOME, FACTOR = "/admin", "/second-factor"
Web = Request[Any, Any, Any]
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
    """A fresh session of a member, as the cookie to set; it is noted in the database."""
    session = Session(member.id, member.epoch, int(time.time()) + LASTS_S, new_token(12), by_link)
    with request.app.state.pool.connection() as db:
        sessions.begin(db, session, request.headers.get("user-agent", ""))
    return cookie(request, cookie_value(request.app.state.secrets.key("session"), session), LASTS_S)


def half_of(request: Web) -> Session | None:
    """Who has given a password or a one-time address on this browser and not yet the code."""
    value = request.cookies.get(cookie_name(https(request), HALF), "")
    return read_cookie(request.app.state.secrets.key("half a session"), value, time.time()) if value else None


def tries_of(request: Web, email: str) -> tuple[bytes, bytes]:
    """(account, network): under what a try at the password of an e-mail is counted."""
    key = request.app.state.secrets.key("tries")
    peer = request.client.host if request.client else ""
    proxies = request.app.state.settings.trusted_proxies
    found = client(peer, request.headers.get("x-forwarded-for", ""), proxies)
    place = network(found) if found else "unknown"
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


def welcome(request: Web, member: Member, *, by_link: bool = False) -> Redirect:
    """On to the desk with a session, or first to the page that asks for the code of the second factor."""
    if not member.second_factor:
        return enter(request, member, by_link=by_link)
    half = Session(member.id, member.epoch, int(time.time()) + HALF_LASTS_S, new_token(12), by_link)
    value = cookie_value(request.app.state.secrets.key("half a session"), half)
    cookies = [cookie(request, value, HALF_LASTS_S, HALF)]
    return Redirect(FACTOR, status_code=303, cookies=cookies, headers=dict(HEADERS))


def enter(request: Web, member: Member, *, by_link: bool = False) -> Redirect:
    """On to the desk, with a session."""
    cookies = [session_cookie(request, member, by_link=by_link)]
    if member.second_factor:
        cookies.append(cookie(request, "", 0, HALF))
    return Redirect(HOME, status_code=303, cookies=cookies, headers=dict(HEADERS))


def cookie(request: Web, value: str, lasts_s: int, name: str = COOKIE) -> Cookie:
    """A cookie of ours."""
    secure, called = https(request), cookie_name(https(request), name)
    return Cookie(called, value=value, max_age=lasts_s, httponly=True, samesite="lax", secure=secure)


def own(request: Web) -> None:
    """Refuse a form of another site."""
    if from_elsewhere(request):
        raise PermissionDeniedException("This form came from another site.")


async def sent_form(request: Web) -> dict[str, str]:
    """The fields of a form from one of our own pages."""
    own(request)
    body = await request.body()
    try:
        found = parse_qsl(body[: _LONGEST + 1].decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise ClientException("This form could not be read.") from None
    if len(body) > _LONGEST or any("\0" in value for _, value in found):
        raise ClientException("This form could not be read.")
    return dict(found)
