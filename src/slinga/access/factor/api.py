"""The page between password and desk that asks for the code of the second factor.

In: a cookie of half a session, a code. Out: the session; pages.
Always true: nobody sees this page without a right password or one-time address before; codes are counted like
passwords, in the database, before they are looked at.
"""

import asyncio
import math
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from slinga.access import jobs
from slinga.access.factor import jobs as factor
from slinga.access.gate.api import FACTOR, Web, enter, half_of, page, sent_form, spoken, too_many, tries_of
from slinga.access.members import store as team
from slinga.access.model import Member
from slinga.access.pages import HEADERS


def _half(request: Web) -> tuple[Member, bool] | None:
    """Who is half signed in, and whether by a one-time address."""
    half = half_of(request)
    if half is None:
        return None
    with request.app.state.pool.connection() as db:
        found = team.one(db, half.member)
    if found is None or found.disabled_at is not None or found.epoch != half.epoch:
        return None
    return found, half.by_link


def _to_sign_in() -> Redirect:
    return Redirect("/sign-in", status_code=303, headers=dict(HEADERS))


@get(FACTOR, sync_to_thread=True, include_in_schema=False)
def ask(request: Web) -> Response[Any]:
    """The form for the code."""
    return page(request, "second_factor", fault="") if _half(request) else _to_sign_in()


@post(FACTOR, include_in_schema=False)
async def check(request: Web) -> Response[Any]:
    """The code: the session, and on to the desk."""
    code = (await sent_form(request)).get("code", "")[:40]

    def work() -> Response[Any]:
        found = _half(request)
        if found is None:
            return _to_sign_in()
        member, by_link = found
        account, place = tries_of(request, f"second factor of {member.email}")
        with request.app.state.pool.connection() as db:
            if wait := jobs.charge_try(db, account, place):
                headers = {"Retry-After": str(math.ceil(wait))}
                told = too_many(wait, spoken(request))
                return page(request, "second_factor", code=429, headers=headers, fault=told)
            if not factor.passes(db, request.app.state.secrets, member, code):
                return page(request, "second_factor", code=403, fault=factor.WRONG)
            jobs.right_password(db, member, account, place, audited_as="")
        return enter(request, member, by_link=by_link)

    return await asyncio.to_thread(work)


routes = [ask, check]
