"""Templates over HTTP: the list, the gallery, the blocks and their forms, the island's saves.

In: keys, forms, an island's document. Out: pages, drafts.
Always true: each save names the revision it was made from; a form that does not fit is shown again with what
was written in it.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access.api import member_of
from slinga.admin.conditions.store import known
from slinga.admin.pictures.api import offered
from slinga.admin.reports.figures import grouped, template_of
from slinga.admin.shell.api import Web, as_json, asked, fault_said, form, member_name, pool, shown, spoken
from slinga.admin.shell.api import document as sent
from slinga.admin.shell.store import now, programme
from slinga.admin.shell.words import translations
from slinga.admin.writing import editing, forms, gallery, island, names, plainly, store
from slinga.admin.writing.editing import Document
from slinga.admin.writing.names import pieces
from slinga.admin.writing.store import free_key, key_of, save
from slinga.admin.writing.thumbs import shapes
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force
from slinga.insight.sums import jobs as sums
from slinga.kernel.calendar import zone
from slinga.kernel.clock import to_datetime
from slinga.kernel.errors import Conflict, Invalid
from slinga.messages.blocks import Blocks
from slinga.messages.model import convert as converted
from slinga.messages.sms import length
from slinga.runtime.db import Db

PART = "/admin/templates"
DAYS = 90
"""Of the figures in the list."""
CAME = ("send_accepted", "send_returned", "react_opened", "react_clicked")


@get(PART, sync_to_thread=True)
def templates(request: Web) -> Response[str]:
    """All templates with what they are for and where they are used."""
    wanted = {name: asked(request, name) for name in ("q", "channel", "stage", "state")}
    member = member_of(request)
    with pool(request) as db:
        force = in_force(db)
        every = store.rows(db, force)
        rows = [row for row in every if _fits(row, wanted)]
        choices = store.choices(force)
        today = to_datetime(now(db)).astimezone(zone(force.zone, "UTC")).date()
        return shown(
            request,
            db,
            "writing/templates",
            in_words=partial(pieces, say=translations(member.locale if member else "en").gettext),
            came=grouped(sums.sums(db, CAME, today - timedelta(days=DAYS - 1), today), template_of),
            days=DAYS,
            part=PART,
            rows=rows,
            wanted=wanted,
            choices=choices,
            total=len(every),
            channels=sorted({row.channel for row in every}),
        )


def _fits(row: store.Row, wanted: dict[str, str]) -> bool:
    text = f"{row.name} {row.key} {row.subject} {row.topic}".casefold()
    return (
        wanted["q"].casefold() in text
        and wanted["channel"] in ("", row.channel)
        and wanted["stage"] in ("", row.stage)
        and wanted["state"] in ("", row.state)
    )


@get(f"{PART}/new", sync_to_thread=True)
def new_template(request: Web) -> Response[str]:
    """The gallery: good beginnings, an empty one, HTML from elsewhere."""
    with pool(request) as db:
        return shown(
            request,
            db,
            "writing/new",
            part=PART,
            shelf=gallery.SHELF,
            fault="",
            shapes=shapes,
            empty=gallery.EMPTY,
        )


@post(f"{PART}/new", status_code=303)
async def add_template(request: Web) -> Response[Any]:
    """A draft from a beginning; its key comes from its name where none is given."""
    given = await form(request)
    with pool(request) as db:
        document = gallery.document(given.get("from", ""))
        name = " ".join(given.get("name", "").split())[:100] or str(document["name"])
        key = free_key(db, given.get("key", "").strip() or key_of(name))
        document = {**document, "key": key, "name": name}
        try:
            drafts.save(db, "template", key, document, by=member_name(request), revision=0)
        except Invalid as fault:
            return shown(
                request,
                db,
                "writing/new",
                part=PART,
                shelf=gallery.SHELF,
                fault=fault_said(request, fault),
                shapes=shapes,
                empty=gallery.EMPTY,
                code=400,
            )
    return Redirect(f"{PART}/{key}", status_code=303)


@get(f"{PART}/{{key:str}}", sync_to_thread=True)
def template(request: Web, key: FromPath[str]) -> Response[str]:
    """The editor: blocks in order, and beside them the mail."""
    with pool(request) as db:
        return _editor(request, db, store.opened(db, key))


def traits_of(db: Db) -> Sequence[str]:
    """What is known of people by name, to be put in as data."""
    return known(db, programme(db)).traits


def tongue_of(request: Web, db: Db) -> dict[str, str]:
    """The words of the mail editor's script, in the language of whoever looks."""
    return island.tongue(member_of(request), traits_of(db))


def _editor(request: Web, db: Db, found: store.Opened, *, fault: str = "", code: int = 200) -> Response[str]:
    if found.made_of != "blocks" and found.channel == "email":
        return shown(
            request,
            db,
            "writing/source",
            part=PART,
            it=found,
            fault=fault,
            code=code,
            body=found.document.get("body") or {},
            offered=names.offered(spoken(request), traits_of(db)),
        )
    if found.channel != "email":
        return shown(
            request, db, "writing/short", part=PART, it=found, fault=fault, code=code,
            tongue=tongue_of(request, db),
            size=length(str(found.document.get("text", ""))),
        )  # fmt: skip
    pictures = offered(request, db, 50)
    given = island.given(
        found.document, found.revision, store.brand_of(db, found.force, drafted=True), pictures
    )
    blocks = editing.blocks_of(found.document)
    return shown(
        request,
        db,
        "writing/editor",
        part=PART,
        it=found,
        fault=fault,
        code=code,
        blocks=blocks,
        forms=forms.FORMS,
        value_of=forms.value_of,
        inner=sorted(editing.INNER),
        pictures=pictures,
        island=msgspec.json.encode(given).decode(),
        tongue=tongue_of(request, db),
        say=spoken(request),
        sentence=plainly.sentence,
    )


@post(f"{PART}/{{key:str}}/blocks", status_code=303)
async def change_blocks(request: Web, key: FromPath[str]) -> Response[Any]:
    """Add, move, copy or remove a block, from the plain list."""
    given = await form(request)
    name, way = given.get("id", ""), given.get("do", "")
    with pool(request) as db:
        found = store.opened(db, key)
        document, there = _changed(found.document, way, name, given)
        try:
            save(db, found, document, given, member_name(request))
        except Conflict as fault:
            return _editor(request, db, found, fault=fault_said(request, fault), code=409)
    if way == "add":
        return Redirect(f"{PART}/{key}/blocks/{there}", status_code=303)
    return Redirect(f"{PART}/{key}#b-{there}", status_code=303)


def _changed(document: Document, way: str, name: str, given: dict[str, str]) -> tuple[Document, str]:
    if way == "add":
        where = {"after": given.get("after", ""), "column": given.get("column", "")}
        return editing.added(document, given.get("kind", ""), **where)
    if way == "copy":
        return editing.copied(document, name)
    if way in ("up", "down"):
        return editing.moved(document, name, -1 if way == "up" else 1), name
    if way == "columns":
        many = given.get("many", "")
        return editing.column_count(document, name, int(many) if many.isdigit() else 2), name
    if way == "remove":
        return editing.removed(document, name), ""
    raise Invalid("Say what to do: add, up, down, copy or remove.", field="do")


@get(f"{PART}/{{key:str}}/blocks/{{name:str}}", sync_to_thread=True)
def block(request: Web, key: FromPath[str], name: FromPath[str]) -> Response[str]:
    """The form of one block, in the template's language or another's words."""
    with pool(request) as db:
        found = store.opened(db, key)
        return _block(request, db, found, editing.find(found.document, name))


def _block(
    request: Web, db: Db, found: store.Opened, one: dict[str, Any], *, fault: str = "", code: int = 200
) -> Response[str]:
    locale = asked(request, "locale", 20)
    variant = (found.document.get("locales") or {}).get(locale) if locale else None
    said = (variant or {}).get("words", {}).get(one["id"], {})
    return shown(
        request,
        db,
        "writing/block",
        part=PART,
        it=found,
        block=one,
        form=forms.FORMS[one["type"]],
        pictures=offered(request, db, 50),
        shown_fields=forms.SHOWN,
        plain=plainly.read(str(one.get("show_if", ""))),
        hows=plainly.HOWS,
        offered=names.offered(spoken(request), traits_of(db)),
        value_of=forms.value_of,
        fault=fault,
        code=code,
        tag=locale if variant is not None else "",
        said=said,
        words=editing.WORDS[one["type"]],
        locales=tuple(found.document.get("locales") or ()),
    )


@post(f"{PART}/{{key:str}}/blocks/{{name:str}}", status_code=303)
async def save_block(request: Web, key: FromPath[str], name: FromPath[str]) -> Response[Any]:
    """Fill in a block, or say its words in a language."""
    given = await form(request)
    with pool(request) as db:
        found = store.opened(db, key)
        one = editing.find(found.document, name)
        locale = given.get("locale", "")
        try:
            if locale:
                document = editing.worded(found.document, locale, name, given)
            else:
                one = forms.read(one, given)
                converted([one], Blocks, "block")
                document = editing.replaced(found.document, one)
            save(db, found, document, given, member_name(request))
        except Invalid as fault:
            return _block(request, db, found, one, fault=fault_said(request, fault), code=400)
        except Conflict as fault:
            return _block(request, db, found, one, fault=fault_said(request, fault), code=409)
    return Redirect(f"{PART}/{key}#b-{name}", status_code=303)


@post(f"{PART}/{{key:str}}/source", status_code=303)
async def save_source(request: Web, key: FromPath[str]) -> Response[Any]:
    """Keep MJML or HTML as it was typed; or turn blocks into MJML for good."""
    given = await form(request)
    with pool(request) as db:
        found = store.opened(db, key)
        if given.get("do") == "turn":
            document = gallery.as_mjml(found.document, store.brand_of(db, found.force))
        else:
            kind = found.made_of if found.made_of in ("mjml", "html") else "mjml"
            document = {**found.document, "body": {kind: given.get("source", "").replace("\r\n", "\n")}}
        try:
            save(db, found, document, given, member_name(request))
        except Conflict as fault:
            return _editor(request, db, found, fault=fault_said(request, fault), code=409)
    return Redirect(f"{PART}/{key}", status_code=303)


@post(f"{PART}/{{key:str}}/short", status_code=303)
async def save_short(request: Web, key: FromPath[str]) -> Response[Any]:
    """The words of a text message, a web push or a webhook."""
    given = await form(request)
    with pool(request) as db:
        found = store.opened(db, key)
        document = dict(found.document)
        if found.channel == "sms":
            document["text"] = given.get("text", "").replace("\r\n", "\n")
        elif found.channel == "push":
            kept = {name: given.get(name, "").strip() for name in ("title", "body", "url", "icon")}
            document["push"] = {**document.get("push", {}), **kept}
        else:
            document["hook"] = {"url": given.get("url", "").strip(), "body": given.get("body", "")}
        try:
            save(db, found, document, given, member_name(request))
        except Conflict as fault:
            return _editor(request, db, found, fault=fault_said(request, fault), code=409)
    return Redirect(f"{PART}/{key}", status_code=303)


@post(f"{PART}/{{key:str}}/save", status_code=200)
async def save_document(request: Web, key: FromPath[str]) -> Response[bytes]:
    """The island saves as one types: {document, revision}. Answers the new revision; 409 when stale."""
    given = await sent(request)
    if not isinstance(given, dict) or not isinstance(given.get("document"), dict):
        raise Invalid("Send {document, revision}.")
    document, revision = given["document"], given.get("revision")
    if document.get("key") != key:
        raise Invalid("The key of a template stays as it is.", field="key")
    with pool(request) as db:
        found = store.opened(db, key)
        if document == found.document:
            return as_json({"revision": found.revision})
        try:
            kept = drafts.save(
                db,
                "template",
                key,
                document,
                by=member_name(request),
                revision=revision if isinstance(revision, int) else 0,
            )
        except Conflict as fault:
            return as_json({"message": fault_said(request, fault)}, 409)
    return as_json({"revision": kept.revision})


routes = [
    templates,
    new_template,
    add_template,
    template,
    change_blocks,
    block,
    save_block,
    save_source,
    save_short,
    save_document,
]
