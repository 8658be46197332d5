"""Sources over HTTP: write keys, how to connect, what arrives.

In: names, origins, presses. Out: pages; keys made and withdrawn.
Always true: a secret text is shown once, in the answer to the press; a browser's key is shown at any time,
for it stands in the site's pages anyway.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access import jobs as access
from slinga.access.model import ApiKey
from slinga.admin.shell.api import Web, actor, asked, can, fault_said, form, number, pool, shown
from slinga.admin.shell.store import programme
from slinga.admin.sources import store
from slinga.admin.sources.expected import checklist
from slinga.admin.sources.mending import advice
from slinga.admin.sources.snippet import snippets
from slinga.identity.identifiers import refer
from slinga.ingest.quarantine import jobs as ingest
from slinga.insight import events
from slinga.kernel.errors import Conflict, Missing, SlingaError
from slinga.runtime.db import Db

PART = "/admin/sources"
QUARANTINE = "/admin/quarantine"
AT_ONCE = 500
"""Most refused items that one press takes in again."""
LOOKS_BACK_DAYS = 30


def _sources(request: Web, db: Db, fault: str = "", **given: str) -> Response[str]:
    keys = [key for key in access.keys(db) if key.kind == "write"]
    return shown(
        request,
        db,
        "sources/sources",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        given=given,
        keys=[key for key in keys if not key.withdrawn],
        withdrawn=[key for key in keys if key.withdrawn],
        counts=store.quarantine_count(db),
        may=can(request, "settings"),
    )


@get(PART, sync_to_thread=True)
def sources(request: Web) -> Response[str]:
    """Who sends events, and how to connect one more."""
    with pool(request) as db:
        return _sources(request, db)


@post(PART, status_code=201)
async def add_source(request: Web) -> Response[Any]:
    """Make a write key. A browser's leads to its page; a server's is shown in the answer, once."""
    given = await form(request)
    server = given.get("sender") == "server"
    name = given.get("source", "").strip()[:200]
    origins = given.get("origins", "").split()
    with pool(request) as db:
        try:
            with db.transaction():
                text = access.add_key(db, "write", name, trust=2 if server else 0, origins=origins)
                access.audit(db, actor(request), "add_key", f"write/{name}")
        except SlingaError as fault:
            return _sources(request, db, fault_said(request, fault), **given)
        made = access.key_of(db, text)
        if not server:
            return Redirect(f"{PART}/{made.id}", status_code=303)
        return _source(request, db, made, once=text)


def _key(db: Db, wanted: int) -> ApiKey:
    found = next((key for key in access.keys(db) if key.id == wanted and key.kind == "write"), None)
    if found is None:
        raise Missing("There is no such source.")
    return found


def _arrived(db: Db, key: ApiKey) -> dict[str, Any]:
    """What the part that refreshes itself shows."""
    live = store.live(db, key.source)
    return {
        "programme": programme(db),
        "key": key,
        "live": live,
        "refused": store.refused(db, key.source),
        "expected": checklist(
            events.names(db, LOOKS_BACK_DAYS),
            {one.name for one in live if one.kind == "event"},
        ),
        "stretch": store.STRETCH,
    }


def _source(request: Web, db: Db, key: ApiKey, once: str = "") -> Response[str]:
    base = request.app.state.settings.base_url
    return shown(
        request,
        db,
        "sources/source",
        part=PART,
        once=once,
        code=201 if once else 200,
        copies=snippets(base, key.shown or once),
        may=can(request, "settings"),
        **_arrived(db, key),
    )


@get(f"{PART}/{{number:int}}", sync_to_thread=True)
def source(request: Web, number: FromPath[int]) -> Response[str]:
    """One source: what to copy, what arrives, what is still missing."""
    with pool(request) as db:
        return _source(request, db, _key(db, number))


@get(f"{PART}/{{number:int}}/live", sync_to_thread=True)
def live(request: Web, number: FromPath[int]) -> Response[str]:
    """The part of the page that refreshes itself."""
    with pool(request) as db:
        return shown(request, db, "sources/live", part=PART, **_arrived(db, _key(db, number)))


@post(f"{PART}/{{number:int}}/withdraw", status_code=303)
async def withdraw(request: Web, number: FromPath[int]) -> Redirect:
    """Let a write key work no more; what it sent stays."""
    await form(request)
    with pool(request) as db, db.transaction():
        access.withdraw_key(db, _key(db, number).id)
        access.audit(db, actor(request), "withdraw_key", str(number))
    return Redirect(PART, status_code=303)


@get(QUARANTINE, sync_to_thread=True)
def quarantine(request: Web) -> Response[str]:
    """What was refused at the door, and how to mend it."""
    reason, before = asked(request, "reason"), number(asked(request, "before")) or 2**62
    taken, left = number(asked(request, "taken")), number(asked(request, "left"))
    with pool(request) as db:
        rows = store.quarantine(db, reason=reason, before=before)
        return shown(
            request,
            db,
            "sources/quarantine",
            part=PART,
            rows=rows,
            counts=store.quarantine_count(db),
            most=store.ROWS,
            counted=store.REFUSED,
            reason=reason,
            advice=advice(reason) if reason else "",
            may=can(request, "import"),
            taken=taken,
            left=left or 0,
        )


@post(QUARANTINE, status_code=303)
async def replay_reason(request: Web) -> Redirect:
    """Take in again what was refused for a reason, oldest first, at most `AT_ONCE` items."""
    given = await form(request)
    reason = given.get("reason", "")[:50]
    taken = left = 0
    with pool(request) as db:
        for item in store.waiting(db, reason, AT_ONCE):
            try:
                drop = ingest.replay(db, item, refer)
            except (Conflict, Missing):  # a colleague was quicker, or only its beginning was kept
                left += 1
                continue
            taken, left = (taken + 1, left) if drop is None else (taken, left + 1)
        with db.transaction():
            access.audit(db, actor(request), "replay_quarantine", reason, taken=taken, left=left)
    return Redirect(f"{QUARANTINE}?taken={taken}&left={left}", status_code=303)


def _item(request: Web, db: Db, wanted: int, fault: str = "", text: str | None = None) -> Response[str]:
    found = store.item(db, wanted)
    if found is None:
        raise Missing("There is no such item. It may be too old and forgotten.")
    return shown(
        request,
        db,
        "sources/item",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        item=found,
        payload=found.payload.decode("utf-8", "replace") if text is None else text,
        whole=found.size <= len(found.payload),
        advice=advice(found.reason),
        may=can(request, "import"),
    )


@get(f"{QUARANTINE}/{{number:int}}", sync_to_thread=True)
def item(request: Web, number: FromPath[int]) -> Response[str]:
    """One refused item as it came, with what to do about it."""
    with pool(request) as db:
        return _item(request, db, number)


@post(f"{QUARANTINE}/{{number:int}}", status_code=200)
async def replay_item(request: Web, number: FromPath[int]) -> Response[Any]:
    """Take one item in again, as it came or as it was mended in the form."""
    text = (await form(request)).get("payload", "")
    with pool(request) as db:
        found = store.item(db, number)
        came = found.payload.decode("utf-8", "replace") if found else ""
        # A text area sends line breaks as CRLF; what nobody touched goes in byte for byte.
        mended = None if text.replace("\r\n", "\n") == came.replace("\r\n", "\n") else text.encode()
        try:
            drop = ingest.replay(db, number, refer, payload=mended)
        except SlingaError as fault:
            return _item(request, db, number, fault_said(request, fault), text)
        if drop is not None:
            where = f" {drop.field}:" if drop.field else ""
            return _item(request, db, number, f"{drop.reason}:{where} {drop.remedy}", text)
        with db.transaction():
            access.audit(db, actor(request), "replay_quarantine", str(number), mended=mended is not None)
        return Redirect(f"{QUARANTINE}?taken=1&left=0", status_code=303)


routes = [
    sources,
    add_source,
    source,
    live,
    withdraw,
    quarantine,
    replay_reason,
    item,
    replay_item,
]
