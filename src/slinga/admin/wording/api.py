"""Wording over HTTP: settings, languages, source, pasted HTML.

In: forms. Out: pages, drafts.
Always true: each save names the revision it was made from; a form that does not fit is shown again.
"""

import re
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.shell.api import Web, fault_said, form, member_name, pool, shown, spoken
from slinga.admin.wording import settings
from slinga.admin.writing import defaults, editing, names, store
from slinga.admin.writing.api import tongue_of, traits_of
from slinga.admin.writing.forms import FORMS
from slinga.admin.writing.store import free_key, key_of, save
from slinga.drafts import jobs as drafts
from slinga.kernel.errors import Conflict, Invalid
from slinga.messages import pasted, render
from slinga.messages.model import UTM, Body
from slinga.messages.model import convert as converted
from slinga.runtime.db import Db

PART = "/admin/templates"
_TAG = re.compile(r"[a-z]{2,3}([-_][A-Z][a-z]{3})?([-_]([A-Z]{2}|[0-9]{3}))?")
LANGUAGES = (
    "bg",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fi",
    "fr",
    "hu",
    "it",
    "lt",
    "lv",
    "nb",
    "nl",
    "pl",
    "pt",
    "pt-BR",
    "ro",
    "sk",
    "sl",
    "sv",
    "tr",
    "uk",
)


@get(f"{PART}/{{key:str}}/settings", sync_to_thread=True)
def show_settings(request: Web, key: FromPath[str]) -> Response[str]:
    """Subject, sender, class, topic, stage, campaign tags, plain text, values for what is missing."""
    with pool(request) as db:
        return _settings(request, db, store.opened(db, key))


def _settings(
    request: Web,
    db: Db,
    it: store.Opened,
    *,
    fault: str = "",
    given: dict[str, str] | None = None,
    code: int = 200,
) -> Response[str]:
    told = (
        given.get("defaults", "") if given else "\n".join(defaults.lines(it.document.get("defaults") or {}))
    )
    return shown(
        request,
        db,
        "wording/settings",
        part=PART,
        it=it,
        fault=fault,
        code=code,
        utm=UTM,
        choices=store.choices(it.force),
        defaults=told,
        value={**it.document, **(given or {})},
        own_utm=it.document.get("utm") or {},
        tongue=tongue_of(request, db),
    )


@post(f"{PART}/{{key:str}}/settings", status_code=303)
async def save_settings(request: Web, key: FromPath[str]) -> Response[Any]:
    """Keep the settings in the draft."""
    given = await form(request)
    with pool(request) as db:
        it = store.opened(db, key)
        try:
            save(
                db,
                it,
                settings.changed(it.document, given, published=it.version > 0),
                given,
                member_name(request),
            )
        except Invalid as fault:
            return _settings(request, db, it, fault=fault_said(request, fault), given=given, code=400)
        except Conflict as fault:
            return _settings(request, db, it, fault=fault_said(request, fault), given=given, code=409)
    return Redirect(f"{PART}/{key}/settings", status_code=303)


@get(f"{PART}/{{key:str}}/languages", sync_to_thread=True)
def show_languages(request: Web, key: FromPath[str]) -> Response[str]:
    """What each language says, and which one is asked when it says nothing."""
    with pool(request) as db:
        return _languages(request, db, store.opened(db, key))


def _languages(request: Web, db: Db, it: store.Opened, *, fault: str = "", code: int = 200) -> Response[str]:
    locales = it.document.get("locales") or {}
    texts = [
        (block, [name for name in editing.WORDS.get(block.get("type", ""), ()) if block.get(name)])
        for blocks in editing.lists_of(it.document)
        for block in blocks
    ]
    told = {tag: "\n".join(defaults.lines(each.get("defaults") or {})) for tag, each in locales.items()}
    return shown(
        request,
        db,
        "wording/languages",
        part=PART,
        it=it,
        fault=fault,
        code=code,
        locales=locales,
        texts=[(block, names) for block, names in texts if names],
        forms=FORMS,
        defaults=told,
        offered=[tag for tag in LANGUAGES if tag not in locales and tag != it.document.get("locale", "en")],
    )


@post(f"{PART}/{{key:str}}/languages", status_code=303)
async def save_language(request: Web, key: FromPath[str]) -> Response[Any]:
    """Add or take away a language, or keep what it says."""
    given = await form(request)
    tag = given.get("tag", "").strip()
    with pool(request) as db:
        it = store.opened(db, key)
        try:
            if not _TAG.fullmatch(tag):
                raise Invalid("A language is a tag such as sv or pt-BR.", field="tag")
            if given.get("do") == "add":
                document = settings.with_language(it.document, tag)
            elif given.get("do") == "remove":
                document = settings.without_language(it.document, tag)
            else:
                document = settings.language(it.document, tag, given)
            save(db, it, document, given, member_name(request))
        except Invalid as fault:
            return _languages(request, db, it, fault=fault_said(request, fault), code=400)
        except Conflict as fault:
            return _languages(request, db, it, fault=fault_said(request, fault), code=409)
    return Redirect(f"{PART}/{key}/languages", status_code=303)


@get(f"{PART}/{{key:str}}/source", sync_to_thread=True)
def show_source(request: Web, key: FromPath[str]) -> Response[str]:
    """The MJML that blocks are written as, or the source that was written by hand."""
    with pool(request) as db:
        it = store.opened(db, key)
        body, fault = it.document.get("body") or {}, ""
        composed = ""
        if it.made_of == "blocks":
            try:
                found: Body = converted(body, Body, "body")
                composed = render.composed(
                    found, store.brand_of(db, it.force, drafted=True), it.document.get("locale", "en")
                ).mjml
            except Invalid as wrong:
                fault = fault_said(request, wrong)
        return shown(
            request,
            db,
            "writing/source",
            part=PART,
            it=it,
            fault=fault,
            body=body,
            composed=composed,
            offered=names.offered(spoken(request), traits_of(db)),
            tab="/source",
        )


@get(f"{PART}/new/html", sync_to_thread=True)
def paste_page(request: Web) -> Response[str]:
    """A place for HTML from another system."""
    with pool(request) as db:
        return shown(request, db, "wording/paste", part=PART, fault="", given={}, cleaned=None)


@post(f"{PART}/new/html", status_code=303)
async def paste(request: Web) -> Response[Any]:
    """Clean what was pasted: say what is lost, and on the second press keep it as a template."""
    given = await form(request)
    with pool(request) as db:
        try:
            cleaned = pasted.clean(given.get("html", ""))
        except Invalid as fault:
            return shown(
                request,
                db,
                "wording/paste",
                part=PART,
                fault=fault_said(request, fault),
                given=given,
                cleaned=None,
                code=400,
            )
        if given.get("do") != "keep":
            return shown(request, db, "wording/paste", part=PART, fault="", given=given, cleaned=cleaned)
        name = " ".join(given.get("name", "").split())[:100] or cleaned.title or "Pasted mail"
        key = free_key(db, key_of(name))
        document = {
            "key": key,
            "name": name,
            "class": "marketing",
            "channel": "email",
            "topic": "news",
            "subject": given.get("subject", "").strip() or cleaned.title or name,
            "body": {"html": cleaned.html},
            "defaults": {"person": {"first_name": "friend"}},
        }
        drafts.save(db, "template", key, document, by=member_name(request), revision=0)
    return Redirect(f"{PART}/{key}", status_code=303)


routes = [show_settings, save_settings, show_languages, save_language, show_source, paste_page, paste]
