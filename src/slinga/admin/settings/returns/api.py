"""The bounce mailbox over HTTP.

In: a form. Out: the page of channels; a mailbox kept, tried or forgotten, in the audit log.
Always true: a mailbox is opened before it is kept, unless it is wanted all the same; its password is shown
nowhere again; where the environment names one, nothing is changed here.
"""

import asyncio
from typing import Any

from litestar import Response, post
from litestar.response import Redirect

from slinga.access import jobs as access
from slinga.admin.settings.mail.api import CHANNELS, channels_page
from slinga.admin.shell.api import Web, actor, desk_of, form, pool
from slinga.delivery.inbox import jobs as inbox
from slinga.delivery.inbox.model import described
from slinga.kernel.errors import Conflict, SlingaError


@post(f"{CHANNELS}/mailbox", status_code=200)
async def change_box(request: Web) -> Response[Any]:
    """Keep the mailbox once it opens, try it, or forget it."""
    given = await form(request)
    work = {"save": _save, "forget": _forget}.get(given.get("do", "try"), _try)
    return await asyncio.to_thread(work, request, given)


def _look(request: Web, url: str) -> SlingaError | None:
    """What is wrong with a mailbox; None where it opens, or in a process that cannot look."""
    look = desk_of(request).look
    try:
        if look:
            look(url)
    except SlingaError as fault:
        return fault
    return None


def _save(request: Web, given: dict[str, str]) -> Response[Any]:
    settings, secrets = request.app.state.settings, request.app.state.secrets
    with pool(request) as db:
        before = inbox.find(db, secrets)
        known = before.box if before and not before.lost else None
        try:
            if settings.bounce_url:
                raise Conflict("The environment of the machine names the mailbox; that wins.")
            box = described(given, known, private=settings.smtp_private)
        except SlingaError as fault:
            return channels_page(request, db, box=given, fault=fault)
    wrong = _look(request, box.url())  # meanwhile no connection is held
    with pool(request) as db:
        if wrong is not None and "anyway" not in given:
            return channels_page(request, db, box={**given, "failed": "yes"}, fault=wrong)
        with db.transaction():
            inbox.save(db, secrets, box, actor(request))
            access.audit(db, actor(request), "set_bounce_box", box.host, port=box.port)
        return channels_page(request, db, done="box saved")


def _try(request: Web, _given: dict[str, str]) -> Response[Any]:
    with pool(request) as db:
        kept = inbox.find(db, request.app.state.secrets)
    url = request.app.state.settings.bounce_url or (kept.box.url() if kept and not kept.lost else "")
    fault = _look(request, url) if url else None
    with pool(request) as db:
        return channels_page(request, db, fault=fault, done="" if fault or not url else "box tried")


def _forget(request: Web, _given: dict[str, str]) -> Response[Any]:
    with pool(request) as db:
        with db.transaction():
            if inbox.forget(db):
                access.audit(db, actor(request), "forget_bounce_box")
        return Redirect(CHANNELS, status_code=303)


routes = [change_box]
