"""Pictures over HTTP: the shelf for the team, the pictures for everybody.

In: uploads, names. Out: pages, pictures.
Always true: an upload is read only with the session's form token; what is served under /media carries its own
type, cannot be anything but a picture to a browser, and may be kept for ever.
"""

import asyncio
import re

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.pictures import store
from slinga.admin.pictures.encoding import HEAVY, MOST_BYTES, encode
from slinga.admin.shell.api import Web, fault_said, form, member_name, pool, shown, uploaded
from slinga.kernel.errors import Invalid, Missing
from slinga.runtime.db import Db

PART = "/admin/templates"
_NAME = re.compile(r"[0-9a-f]{32}\.(jpg|png|gif)")


def address(request: Web, name: str) -> str:
    """Where everybody finds a picture."""
    return f"{request.app.state.settings.base_url}/media/{name}"


def offered(request: Web, db: Db, limit: int = store.SHELF) -> list[tuple[str, str]]:
    """(address, title) of the newest pictures, for editors."""
    return [(address(request, kept.name), kept.title) for kept in store.shelf(db, limit)]


@get("/admin/pictures", sync_to_thread=True)
def pictures(request: Web) -> Response[str]:
    """The shelf, and a place to put more on it."""
    with pool(request) as db:
        return _shelf(request, db)


def _shelf(request: Web, db: Db, *, fault: str = "", code: int = 200) -> Response[str]:
    shelf = [(kept, address(request, kept.name)) for kept in store.shelf(db)]
    return shown(
        request, db, "pictures/pictures", part=PART, shelf=shelf, fault=fault, code=code, heavy=HEAVY
    )


@post("/admin/pictures", status_code=303, request_max_body_size=MOST_BYTES + 200_000)
async def add_picture(request: Web) -> Response[str] | Redirect:
    """Take a picture in."""
    given, files = await uploaded(request)
    with pool(request) as db:
        try:
            if not files:
                raise Invalid("Choose a picture first.", field="file")
            for title, data in files:
                found = await asyncio.to_thread(encode, data)
                words = " ".join(given.get("title", "").split()) or re.sub(r"\.\w+$", "", title)
                store.add(db, found, words[:200] or "Picture", member_name(request))
        except Invalid as fault:
            return _shelf(request, db, fault=fault_said(request, fault), code=400)
    return Redirect("/admin/pictures", status_code=303)


@post("/admin/pictures/{name:str}/hide", status_code=303)
async def hide_picture(request: Web, name: FromPath[str]) -> Redirect:
    """No longer offer a picture; mails that show it go on showing it."""
    await form(request)
    with pool(request) as db:
        store.hide(db, name)
    return Redirect("/admin/pictures", status_code=303)


@get("/media/{name:str}", sync_to_thread=True, include_in_schema=False)
def picture(request: Web, name: FromPath[str]) -> Response[bytes]:
    """A picture, for every mail program."""
    if not _NAME.fullmatch(name):
        raise Missing("There is no such picture.")
    with pool(request) as db:
        found = store.content(db, name)
    if found is None:
        raise Missing("There is no such picture.")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found[1], media_type=found[0], headers=headers)


routes = [pictures, add_picture, hide_picture]
