"""One's own page over HTTP.

In: a member's own forms. Out: the page; a fresh session where the old ones have ended.
Always true: a new password and another second factor ask for the present password, counted like a try at
signing in, unless there is none or a one-time address has just opened this session; both end every other
session; what is shown once is the answer to the press itself.
"""

import time
from typing import Any

import segno
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from slinga.access import hashing
from slinga.access import jobs as access
from slinga.access.api import new_password, session_cookie, session_of, too_many, tries_of
from slinga.access.factor import jobs as factor
from slinga.access.factor.codes import address
from slinga.access.model import LOCALES, Member
from slinga.access.passwords import SHORTEST
from slinga.access.roles import PERMISSIONS, ROLES
from slinga.access.sessions import jobs as sessions
from slinga.admin.shell.api import Web, changed, fault_said, form, me, pool, shown
from slinga.admin.shell.words import noted as N_
from slinga.kernel.errors import Conflict, Invalid

PART = "/admin/me"
WRONG = N_("This is not your present password.")


def _asks_old(request: Web, found: Member) -> bool:
    session = session_of(request)
    return found.has_password and not (session and session.may_replace_password(time.time()))


def _own(
    request: Web,
    fault: str = "",
    field: str = "",
    code: int = 200,
    **values: Any,
) -> Response[str]:
    found = me(request)
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
            needed="needed" in request.query_params and not found.second_factor,
            devices=sessions.devices(db, found, session_of(request)),
            codes_left=factor.left(db, found),
            required=factor.required(db),
            **({"begun": None, "sealed": "", "picture": ""} | values),
        )


@get(PART, sync_to_thread=True)
def own(request: Web) -> Response[str]:
    """Name, language, password, and signing out everywhere."""
    return _own(request)


@post(PART)
async def rename(request: Web) -> Response[Any]:
    """Change one's name and language."""
    given = await form(request)
    return changed(
        request,
        lambda db: access.rename(db, me(request), given.get("name", ""), given.get("locale", "")),
        lambda _db, fault: _own(request, fault_said(request, fault.at("")), fault.field, 400),
        f"{PART}?done",
    )


async def _refused(request: Web, given: dict[str, str]) -> Response[str] | None:
    """The page where the present password is asked for and wrong, counted like a try at signing in."""
    found = me(request)
    if not _asks_old(request, found):
        return None
    account, place = tries_of(request, found.email)
    with pool(request) as db:
        wait, stored = access.charge_try(db, account, place), access.credentials(db, found.email)[1]
    if wait:
        return _own(request, too_many(wait, found.locale), "old", 429)
    if not await hashing.beside(hashing.belongs, stored, given.get("old", "")):
        return _own(request, WRONG, "old", 400)
    with pool(request) as db:
        access.right_password(db, found, account, place, audited_as="")
    return None


@post(f"{PART}/password")
async def change_password(request: Web) -> Response[Any]:
    """Choose a new password; other sessions end, this one goes on."""
    given, found = await form(request), me(request)
    if (refused := await _refused(request, given)) is not None:
        return refused
    try:
        hashed = await new_password(given, found.email, found.name)
    except Invalid as fault:
        return _own(request, fault_said(request, fault.at("")), fault.field, 400)
    with pool(request) as db:
        fresh = access.set_password(db, found, hashed)
    return _again(request, fresh)


def _again(request: Web, fresh: Member) -> Redirect:
    """The page, with a session in place of the one that has ended."""
    return Redirect(f"{PART}?done", status_code=303, cookies=[session_cookie(request, fresh)])


@post(f"{PART}/second-factor", status_code=200)
async def second_factor(request: Web) -> Response[Any]:
    """Begin to set a second factor up, confirm it by a code, or take it away."""
    given = await form(request)
    do = given.get("do", "begin")
    if do != "confirm" and (refused := await _refused(request, given)) is not None:
        return refused
    return {"confirm": _confirm, "remove": _remove}.get(do, _begin)(request, given)


def _begin(request: Web, _given: dict[str, str]) -> Response[Any]:
    return _picture(request, *factor.begin(request.app.state.secrets, me(request)))


def _picture(request: Web, begun: factor.Begun, sealed: str, fault: str = "") -> Response[Any]:
    """What is shown once: the secret in letters and as a picture for a camera, and the codes."""
    made = segno.make(address(begun.secret, me(request).email), error="m", micro=False)
    drawn = Markup(made.svg_inline(scale=4, border=3, dark="#000", light="#fff", svgclass="code-picture"))
    code = 400 if fault else 200
    return _own(request, fault, "code", code, begun=begun, sealed=sealed, picture=drawn)


def _confirm(request: Web, given: dict[str, str]) -> Response[Any]:
    found, keys, sealed = me(request), request.app.state.secrets, given.get("sealed", "")[:2000]
    try:
        begun = factor.opened(keys, found, sealed)
    except Invalid as fault:
        return _own(request, fault_said(request, fault.at("")), "", 400)
    try:
        with pool(request) as db:
            fresh = factor.confirm(db, keys, found, begun, given.get("code", ""))
    except Invalid as fault:
        return _picture(request, begun, sealed, fault_said(request, fault.at("")))
    return _again(request, fresh)


def _remove(request: Web, _given: dict[str, str]) -> Response[Any]:
    found = me(request)
    try:
        with pool(request) as db:
            if factor.required(db):
                raise Conflict("The workspace wants a second factor of everybody.")
            factor.take_away(db, found.actor, found)
            fresh = access.member(db, found.id)
    except Conflict as fault:
        return _own(request, fault_said(request, fault.at("")), "", 409)
    return _again(request, fresh)


@post(f"{PART}/sessions/{{number:int}}/end", status_code=303)
async def end_session(request: Web, number: FromPath[int]) -> Response[Any]:
    """End one session of one's own."""
    await form(request)
    return changed(
        request,
        lambda db: sessions.finish(db, me(request), number),
        lambda _db, fault: _own(request, fault_said(request, fault.at("")), "", 400),
        f"{PART}?done",
    )


@post(f"{PART}/sign-out-others", status_code=303)
async def sign_out_others(request: Web) -> Response[Any]:
    """End every session of one's own but this one."""
    await form(request)
    with pool(request) as db:
        access.end_sessions(db, me(request))
        fresh = access.member(db, me(request).id)
    return _again(request, fresh)


@post(f"{PART}/sign-out-everywhere", status_code=303)
async def sign_out_everywhere(request: Web) -> Redirect:
    """End every session of one's own, this one too."""
    await form(request)
    with pool(request) as db:
        access.end_sessions(db, me(request))
    return Redirect("/sign-in", status_code=303)


routes = [
    own,
    rename,
    change_password,
    second_factor,
    end_session,
    sign_out_others,
    sign_out_everywhere,
]
