"""Previews over HTTP: the preview, the framed mail, tests, the review, versions.

In: keys, a person, a language, a look. Out: pages, a mail in a document of its own, a new program.
Always true: a person is looked up only for who may see people; the framed mail runs no script and reaches
nothing of the desk; a test goes to the member's own address or number and leaves no trace of the person.
"""

import re
from typing import Any

from litestar import Response, get, post
from litestar.enums import MediaType
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access.api import can, member_of
from slinga.access.jobs import audit
from slinga.admin.previews import store
from slinga.admin.previews.seen import INVENTED, SOMEBODY, Seen, look, see
from slinga.admin.shell import pages
from slinga.admin.shell import store as clock
from slinga.admin.shell.api import Web, asked, desk_of, fault_said, form, member_name, number, pool, shown
from slinga.admin.writing import store as templates
from slinga.channels import registry
from slinga.drafts import differences
from slinga.drafts import jobs as drafts
from slinga.insight.products import jobs as products
from slinga.kernel.errors import Invalid, Missing, Unavailable
from slinga.messages.lint import CLIPPED_BYTES
from slinga.messages.model import Brand
from slinga.messages.render import Links
from slinga.runtime.db import Db

PART = "/admin/templates"
MAIL_CSP = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data: https:; font-src https: data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def links_of(request: Web) -> Links:
    """Our own addresses as they stand in a preview: their tokens belong to nobody."""
    base = str(request.base_url).rstrip("/")
    return Links(
        unsubscribe=f"{base}/u/preview",
        preferences=f"{base}/p/preview",
        view=f"{base}/v/preview",
        confirm=f"{base}/confirm/preview",
    )


def _asked_locale(request: Web) -> str | None:
    given = asked(request, "locale", 20)
    return given if given and _LOCALE.fullmatch(given) else None


def _who(request: Web, db: Db) -> store.Somebody | None:
    who = asked(request, "who", 320)
    return store.somebody(db, who) if who and can(request, "people") else None


def _brand(request: Web, db: Db, it: templates.Opened) -> tuple[Brand, str]:
    try:
        return templates.brand_of(db, it.force, drafted=True), ""
    except Invalid as fault:
        return Brand(), fault_said(request, fault)


def _seen(request: Web, db: Db, it: templates.Opened, who: store.Somebody | None) -> Seen:
    brand, _ = _brand(request, db, it)
    journey = next((use.key for use in it.used if use.kind == "journey"), "")
    return see(
        it.document,
        brand,
        links=links_of(request),
        now=clock.now(db),
        locale=_asked_locale(request),
        person=who.known if who else None,
        recommended=products.present(db, who.key if who else ""),
        journey=journey,
    )


@get(f"{PART}/{{key:str}}/preview", sync_to_thread=True)
def preview(request: Web, key: FromPath[str]) -> Response[str]:
    """The mail as somebody gets it, in several looks, with all that is to mend."""
    with pool(request) as db:
        it = templates.opened(db, key)
        return _preview(request, db, it)


def _preview(
    request: Web, db: Db, it: templates.Opened, *, fault: str = "", code: int = 200
) -> Response[str]:
    who = _who(request, db)
    way = asked(request, "look", 20)
    locale = _asked_locale(request) or ""
    member = member_of(request)
    return shown(
        request,
        db,
        "previews/preview",
        part=PART,
        code=code,
        it=it,
        who=who,
        way=way or "desktop",
        seen=_seen(request, db, it, who),
        asked_for=asked(request, "who", 320),
        tag=locale,
        locales=(str(it.document.get("locale") or "en"), *(it.document.get("locales") or ())),
        may_search=can(request, "people"),
        may_send=can(request, "send") and desk_of(request).test is not None,
        own=member.email if member else "",
        carried=it.channel == "email" or it.channel in registry.plugged(),
        sent=asked(request, "sent", 320),
        fault=fault,
        clipped=CLIPPED_BYTES,
        brand_fault=_brand(request, db, it)[1],
        groups=_GROUPS,
    )


_GROUPS = ("inbox", "links", "access", "programs", "size")


@get(f"{PART}/{{key:str}}/frame", sync_to_thread=True)
def frame(request: Web, key: FromPath[str]) -> Response[str]:
    """The mail alone, for a sandboxed frame; what cannot be rendered says why."""
    with pool(request) as db:
        it = templates.opened(db, key)
        made = _seen(request, db, it, _who(request, db))
    headers = {**pages.HEADERS, "Content-Security-Policy": MAIL_CSP, "Referrer-Policy": "no-referrer"}
    del headers["X-Frame-Options"]
    way = asked(request, "look", 20)
    html = look(made.html, dark=way == "dark", pictures=way != "plain-pictures")
    if not html:
        html = pages.render("previews/no_mail", tz="UTC", now=0, seen=made, it=it)
    return Response(html, media_type=MediaType.HTML, headers=headers)


@post(f"{PART}/{{key:str}}/test", status_code=303)
async def send_test(request: Web, key: FromPath[str]) -> Response[Any]:
    """Send it to the member's own address, or their number, rendered for whom they look at."""
    given = await form(request)
    member, send = member_of(request), desk_of(request).test
    if member is None or send is None:
        raise Unavailable("This process sends no tests. Start Slinga with `slinga serve`.")
    with pool(request) as db:
        it = templates.opened(db, key)
        who = store.somebody(db, given["who"]) if given.get("who") and can(request, "people") else None
        brand, _ = _brand(request, db, it)
        locale = given.get("locale", "")
        variables = {**INVENTED, "person": who.known if who else SOMEBODY}
        if found := products.present(db, who.key if who else ""):
            variables["recommendations"] = found
        if _LOCALE.fullmatch(locale):
            variables["person"] = {**variables["person"], "locale": locale}
    try:
        await send(it.document, brand, variables, _own(it.channel, member.email, given))
    except (Invalid, Unavailable) as fault:
        with pool(request) as db:
            return _preview(request, db, it, fault=fault_said(request, fault), code=400)
    with pool(request) as db:
        audit(db, member_name(request), "test", f"template/{key}")
    return Redirect(f"{PART}/{key}/preview?sent=1", status_code=303)


def _own(channel: str, email: str, given: dict[str, str]) -> str:
    """Where a test goes: the member's address, or the number they typed. Raises Invalid."""
    if channel != "sms":
        return email
    number = re.sub(r"[\s()-]", "", given.get("to", ""))
    if not _NUMBER.fullmatch(number):
        raise Invalid("Write your number with its country, such as +46 70 123 45 67.", field="to")
    return number


@get(f"{PART}/{{key:str}}/review", sync_to_thread=True)
def review(request: Web, key: FromPath[str]) -> Response[str]:
    """What publishing would change, and what is to mend before."""
    with pool(request) as db:
        return _review(request, db, templates.opened(db, key))


def _review(request: Web, db: Db, it: templates.Opened, *, fault: str = "", code: int = 200) -> Response[str]:
    found = drafts.review(db, [("template", it.key)]) if it.draft else None
    made = _seen(request, db, it, None)
    return shown(
        request,
        db,
        "previews/review",
        part=PART,
        code=code,
        it=it,
        found=found,
        seen=made,
        fault=fault,
        changes=found.changed["template", it.key] if found else [],
        may_publish=can(request, "publish"),
    )


@post(f"{PART}/{{key:str}}/publish", status_code=303)
async def publish(request: Web, key: FromPath[str]) -> Response[Any]:
    """Put the draft in force: from now on journeys send this."""
    await form(request)
    with pool(request) as db:
        it = templates.opened(db, key)
        try:
            drafts.publish(db, [("template", key)], by=member_name(request))
        except Invalid as fault:
            where = f"{fault.field}: " if fault.field else ""
            return _review(request, db, it, fault=f"{where}{fault_said(request, fault)}", code=400)
    return Redirect(f"{PART}/{key}/versions", status_code=303)


@get(f"{PART}/{{key:str}}/versions", sync_to_thread=True)
def versions(request: Web, key: FromPath[str]) -> Response[str]:
    """What was published and saved, and what differs between one and the next."""
    with pool(request) as db:
        it = templates.opened(db, key)
        published = drafts.versions(db, "template", key)
        wanted = number(asked(request, "version")) or 0
        one = next((each for each in published if each.version == wanted), None)
        before = next((each for each in published if each.version == wanted - 1), None)
        changes = differences(before.document if before else {}, one.document) if one else []
        return shown(
            request,
            db,
            "previews/versions",
            part=PART,
            it=it,
            published=published,
            one=one,
            changes=changes,
            saved=drafts.revisions(db, "template", key)[:20],
        )


@post(f"{PART}/{{key:str}}/versions", status_code=303)
async def go_back(request: Web, key: FromPath[str]) -> Response[Any]:
    """Make a draft of an earlier version or save, throw the draft away, or take the template out of force."""
    given = await form(request)
    way, which = given.get("do", ""), number(given.get("which", "")) or 0
    by = member_name(request)
    with pool(request) as db:
        it = templates.opened(db, key)
        if way == "restore":
            drafts.restore(db, "template", key, which, by=by)
        elif way == "back":
            drafts.back_to(db, "template", key, which, by=by)
        elif way == "discard":
            drafts.discard(db, "template", key)
            if not it.version:
                return Redirect(PART, status_code=303)
        else:
            raise Invalid("Say what to do: restore, back or discard.", field="do")
    return Redirect(f"{PART}/{key}" if way != "discard" else f"{PART}/{key}/versions", status_code=303)


@post(f"{PART}/{{key:str}}/retire", status_code=303)
async def retire(request: Web, key: FromPath[str]) -> Response[Any]:
    """Take a template out of force; what needs it forbids that."""
    await form(request)
    with pool(request) as db:
        it = templates.opened(db, key)
        if not it.version:
            raise Missing("This template was never published.")
        try:
            drafts.retire(db, "template", key, by=member_name(request))
        except Invalid as fault:
            return _review(request, db, it, fault=fault_said(request, fault), code=400)
        if it.draft is None:
            drafts.save(db, "template", key, it.document, by=member_name(request))
    return Redirect(f"{PART}/{key}", status_code=303)


routes = [preview, frame, send_test, review, publish, versions, go_back, retire]
