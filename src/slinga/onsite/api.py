"""The public pages: unsubscribe, preferences, confirmation, clicks and opens.

In: a token in the path; nothing else of a request decides whom it is about or where it leads.
Out: pages, a redirect, a picture; consents in the ledger and hits to be judged.
Always true: GET, HEAD and OPTIONS change no permission; a POST answers after its commit; an unknown token
gets the same page as a known one; a redirect goes only to an address sealed in its token.

Sources: RFC 8058 (one-click), RFC 2369, GDPR article 7(3).
"""

import asyncio
from base64 import b64decode
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import psycopg
from litestar import Request, Response, get, post, route
from litestar.enums import HttpMethod, MediaType
from litestar.exceptions import ClientException
from litestar.params import FromPath
from psycopg_pool import PoolTimeout

from slinga.kernel.clock import Instant
from slinga.kernel.network import client
from slinga.kernel.network import network as truncated
from slinga.locale import preferred
from slinga.onsite import choices, html, links, store
from slinga.onsite.links import Tracking, follows_person, is_web
from slinga.onsite.machines import CLICK, OPEN, Hit, classify
from slinga.onsite.model import Sent, Site
from slinga.onsite.tokens import Purpose, Token, unseal
from slinga.people import log
from slinga.people.consent import Consents, unite
from slinga.runtime.db import Db

GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_NOT_KEPT = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
_DOWN = (psycopg.OperationalError, PoolTimeout)
_WAIT_S = 2.0
"""A click or an open waits no longer than this for a database connection."""
_FORM_BYTES = 65_536

Decide = Callable[[str, Sent, Consents, Instant], choices.Written]
"""(surviving key, message, what stands, now) -> what to write."""


def _site(request: Request[Any, Any, Any]) -> Site:
    site: Site = request.app.state.site
    return site


def _page(name: str, request: Request[Any, Any, Any], *, status: int = 200, **values: Any) -> Response[str]:
    brand, home = _site(request).find_face()
    locale = preferred(request.headers.get("accept-language", ""))
    body = html.render(name, locale, brand=brand, home=home, **values)
    return Response(body, media_type=MediaType.HTML, status_code=status, headers=html.PAGE_HEADERS)


@route("/u/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def unsubscribe_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """A page with a button; it is the same whoever asks, and asking changes nothing."""
    own = unseal(_site(request).key, Purpose.UNSUBSCRIBE, token)
    preferences = _preferences(request, own, token)
    return await asyncio.to_thread(_page, "unsubscribe", request, token=token, preferences=preferences)


def _preferences(request: Request[Any, Any, Any], own: Token | None, token: str) -> str:
    """The token of the preference centre that belongs to an unsubscribe token."""
    return links.preferences_token(_site(request).key, own) if own else token


@post("/u/{token:str}", status_code=200, sync_to_thread=True)
def unsubscribe(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """One-click (RFC 8058): leaves the topic of the message. The body is not read."""
    return _leave(request, token, everything=False)


@post("/u/{token:str}/all", status_code=200, sync_to_thread=True)
def unsubscribe_all(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Leaves everything that is marketing."""
    return _leave(request, token, everything=True)


def _leave(request: Request[Any, Any, Any], token: str, *, everything: bool) -> Response[str]:
    site = _site(request)
    own = unseal(site.key, Purpose.UNSUBSCRIBE, token)
    with request.app.state.pool.connection() as db:
        if own is None:
            store.now(db)  # a forged token takes the same road to the database and back
        else:
            _write(
                db,
                site,
                own,
                lambda person, sent, held, now: choices.leave(
                    person, own, sent, held, now, everything=everything, evidence=_evidence(request)
                ),
            )
    return _page(
        "unsubscribed",
        request,
        token=token,
        preferences=_preferences(request, own, token),
        everything=everything,
    )


@route("/p/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def preferences_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """What the person may choose, and what stands."""
    own = unseal(_site(request).key, Purpose.PREFERENCES, token)
    return await asyncio.to_thread(_preference_centre, request, own, token, saved=False)


@post("/p/{token:str}", status_code=200, request_max_body_size=_FORM_BYTES)
async def save_preferences(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Write what the person changed."""
    site = _site(request)
    own = unseal(site.key, Purpose.PREFERENCES, token)
    form = _form(await request.body())
    if own is not None:
        await asyncio.to_thread(_save, request, own, form)
    return await asyncio.to_thread(_preference_centre, request, own, token, saved=True)


def _save(request: Request[Any, Any, Any], own: Token, form: dict[str, str]) -> None:
    site = _site(request)
    with request.app.state.pool.connection() as db:
        offered = site.find_choices(db)

        def changes(person: str, sent: Sent, held: Consents, now: Instant) -> choices.Written:
            shown = choices.offers(own, offered, held, now, site.mode(db))
            wording = site.find_wording(db)
            return choices.save(person, own, sent, shown, form, _evidence(request), wording)

        _write(db, site, own, changes)


def _preference_centre(
    request: Request[Any, Any, Any], own: Token | None, token: str, *, saved: bool
) -> Response[str]:
    if own is None:
        return _page("unreadable", request, status=404)
    site = _site(request)
    with request.app.state.pool.connection() as db:
        keys = site.find_keys(db, own.person)
        offered = choices.offers(
            own, site.find_choices(db), _held(db, site, keys), store.now(db), site.mode(db)
        )
        wording = site.find_wording(db)
    return _page(
        "preferences",
        request,
        wording=wording,
        token=token,
        saved=saved,
        offers=[offer for offer in offered if offer.channel != choices.TRACKING],
        tracking=next((offer for offer in offered if offer.channel == choices.TRACKING), None),
        unsubscribe=links.unsubscribe_token(site.key, own),
    )


def _held(db: Db, site: Site, keys: Collection[str]) -> Consents:
    return unite(log.consents(db, keys), site.find_consents(db, keys))


def _write(db: Db, site: Site, own: Token, decide: Decide) -> None:
    """Decide on what stands and write it: one transaction, one writer per person at a time."""
    with db.transaction():
        keys = list(site.find_keys(db, own.person))
        person = keys[0]
        log.hold(db, person)
        sent = site.find_sent(db, own.person, own.message)
        known = sent or Sent(own.message, own.person, own.channel, own.topic)
        written = decide(person, known, _held(db, site, keys), store.now(db))
        if written.entries:
            log.record(db, written.entries, written.events)


@route("/confirm/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def confirm_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """A page with a button: a mail scanner that follows the link confirms nothing."""
    return await asyncio.to_thread(_page, "confirm", request, token=token)


@post("/confirm/{token:str}", status_code=200, sync_to_thread=True)
def confirm(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
    """Double opt-in, second step."""
    site = _site(request)
    with request.app.state.pool.connection() as db:
        own = unseal(site.key, Purpose.CONFIRM, token, now=store.now(db))
        if own is not None:
            confirmed = own
            _write(
                db,
                site,
                own,
                lambda person, sent, held, now: choices.confirm(
                    person, confirmed, sent, held, now, _evidence(request)
                ),
            )
    return _page("confirmed", request) if own else _page("unreadable", request, status=404)


@route("/c/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def click(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """Go on to the address sealed in the token, also while the database is down."""
    own = unseal(_site(request).key, Purpose.CLICK, token)
    if own is None or not is_web(own.target):
        return await asyncio.to_thread(_page, "unreadable", request, status=404)
    await asyncio.to_thread(_notice, request, own, CLICK)
    return Response(None, status_code=302, headers={**_NOT_KEPT, "Location": own.target})


@route("/o/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
async def opened(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """One transparent pixel, whatever the token; counted only when lawful."""
    own = unseal(_site(request).key, Purpose.OPEN, token)
    if own is not None:
        await asyncio.to_thread(_notice, request, own, OPEN)
    return Response(GIF, media_type="image/gif", headers=_NOT_KEPT)


def _notice(request: Request[Any, Any, Any], own: Token, kind: str) -> None:
    """Keep the hit if that is lawful now; a lost hit never costs the visitor the page."""
    with suppress(*_DOWN), request.app.state.pool.connection(timeout=_WAIT_S) as db:
        site = _site(request)
        mode = site.mode(db)
        agent = request.headers.get("user-agent", "")
        if own.person and follows_person(mode, _tracking_consent(db, request, own, kind)):
            store.add_hit(db, own, kind, method=request.method, agent=agent, network=network(request))
        elif own.campaign and not own.person and mode is not Tracking.OFF:
            hit = Hit(kind, 0, own.place, request.method, agent)
            store.add_sum(db, own, kind, classify(hit).machine)


def _tracking_consent(db: Db, request: Request[Any, Any, Any], own: Token, kind: str) -> bool | None:
    site = _site(request)
    held = _held(db, site, site.find_keys(db, own.person))
    said = choices.tracking_consent(held, store.now(db), f"{kind}s")
    # A browser that sends the opt-out signal counts as asked, unless the person said otherwise here.
    return False if said is None and request.headers.get("sec-gpc") == "1" else said


@get("/slinga/public.css", sync_to_thread=False)
def stylesheet() -> Response[str]:
    """The public pages' stylesheet."""
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(html.stylesheet(), media_type="text/css; charset=utf-8", headers=headers)


def network(request: Request[Any, Any, Any]) -> str:
    """The visitor's network, /24 or /48: enough to tell two visitors apart, too little to name one."""
    peer = request.client.host if request.client else ""
    proxies = request.app.state.settings.trusted_proxies
    found = client(peer, request.headers.get("x-forwarded-for", ""), proxies)
    return truncated(found, 24, 48).partition("/")[0] if found else ""


def _evidence(request: Request[Any, Any, Any]) -> dict[str, str]:
    """What proves the act later: where from and with what."""
    return {
        "ip_truncated": network(request),
        "user_agent": request.headers.get("user-agent", "")[: store.AGENT_LENGTH].replace("\0", ""),
    }


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=500, strict_parsing=bool(body)))
    except ValueError:
        raise ClientException("this form could not be read") from None


routes = [
    unsubscribe_page,
    unsubscribe,
    unsubscribe_all,
    preferences_page,
    save_preferences,
    confirm_page,
    confirm,
    click,
    opened,
    stylesheet,
]
