"""The brand kit over HTTP.

In: a form. Out: pages, a draft, its publication, a sample mail.
Always true: nothing is worn before it is published.
"""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.enums import MediaType
from litestar.response import Redirect

from slinga.access.api import can
from slinga.admin.brand import kit
from slinga.admin.pictures.api import offered
from slinga.admin.previews.api import MAIL_CSP, links_of
from slinga.admin.previews.seen import look, see
from slinga.admin.shell import pages
from slinga.admin.shell import store as clock
from slinga.admin.shell.api import Web, asked, fault_said, form, member_name, pool, shown
from slinga.admin.writing import gallery
from slinga.drafts import Draft
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force
from slinga.kernel.errors import Conflict, Invalid
from slinga.messages.blocks import NETWORKS
from slinga.messages.model import FONTS, Brand
from slinga.messages.model import convert as converted
from slinga.runtime.db import Db

PART = "/admin/templates"


def _present(db: Db) -> tuple[str, dict[str, Any], Draft | None]:
    """The key of the brand, its document as it is edited, and the draft if there is one."""
    force = in_force(db)
    key = next((key for kind, key in force.documents if kind == "brand"), "brand")
    draft = drafts.find(db, "brand", key)
    return key, draft.document if draft else force.documents.get(("brand", key), {}), draft


@get("/admin/brand", sync_to_thread=True)
def brand(request: Web) -> Response[str]:
    """What all mails wear, and a mail that wears it."""
    with pool(request) as db:
        _, document, draft = _present(db)
        return _page(request, db, document, draft)


def _page(
    request: Web, db: Db, value: dict[str, Any], draft: Draft | None, *, fault: str = "", code: int = 200
) -> Response[str]:
    usual = msgspec.structs.asdict(Brand())
    return shown(
        request,
        db,
        "brand/brand",
        part=PART,
        code=code,
        fault=fault,
        draft=draft,
        fonts=FONTS,
        value={**usual, **value},
        networks=NETWORKS,
        pictures=offered(request, db, 50),
        may_publish=can(request, "publish"),
    )


@post("/admin/brand", status_code=303)
async def save_brand(request: Web) -> Response[Any]:
    """Keep it as a draft."""
    given = await form(request)
    with pool(request) as db:
        key, document, draft = _present(db)
        text = given.get("revision", "")
        try:
            changed = kit.changed(document, given)
            revision = int(text) if text.isdigit() and len(text) < 10 else None
            drafts.save(db, "brand", key, changed, by=member_name(request), revision=revision)
        except Invalid as fault:
            return _page(
                request, db, {**document, **given}, draft, fault=fault_said(request, fault), code=400
            )
        except Conflict as fault:
            return _page(
                request, db, {**document, **given}, draft, fault=fault_said(request, fault), code=409
            )
    return Redirect("/admin/brand", status_code=303)


@post("/admin/brand/publish", status_code=303)
async def publish_brand(request: Web) -> Response[Any]:
    """All templates wear it with their next message."""
    await form(request)
    with pool(request) as db:
        key, document, draft = _present(db)
        try:
            drafts.publish(db, [("brand", key)], by=member_name(request))
        except Invalid as fault:
            return _page(request, db, document, draft, fault=fault_said(request, fault), code=400)
    return Redirect("/admin/brand", status_code=303)


@get("/admin/brand/frame", sync_to_thread=True)
def brand_frame(request: Web) -> Response[str]:
    """A sample mail in the brand as it is edited, for a sandboxed frame."""
    with pool(request) as db:
        _, document, _ = _present(db)
        now = clock.now(db)
    try:
        worn: Brand = converted(document, Brand, "brand")
    except Invalid:
        worn = Brand()
    made = see(gallery.document("welcome-offer"), worn, links=links_of(request), now=now)
    headers = {**pages.HEADERS, "Content-Security-Policy": MAIL_CSP, "Referrer-Policy": "no-referrer"}
    del headers["X-Frame-Options"]
    html = look(made.html, dark=asked(request, "look") == "dark")
    return Response(html or made.fault, media_type=MediaType.HTML, headers=headers)


routes = [brand, save_brand, publish_brand, brand_frame]
