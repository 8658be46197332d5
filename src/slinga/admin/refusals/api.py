"""Refusals as pages: in the desk's frame for whoever is signed in, in that of the sign-in for everybody else.

In: a request, a status, what is told. Out: a page with the way onward, in the reader's language.
Always true: nothing of the inside is told but what the error itself says; addresses that a mail links to have
no frame of ours, for whoever opens them is no member.
"""

from litestar import Response
from litestar.enums import MediaType

from slinga.access.api import can, member_of
from slinga.access.pages import HEADERS, Dress, render
from slinga.admin.shell.api import Web, pool, shown, spoken
from slinga.admin.shell.nav import SECTIONS, Section
from slinga.kernel.words import Words
from slinga.kernel.words import noted as N_
from slinga.locale import preferred, words
from slinga.runtime.http import Edge

OUTSIDE = ("/u/", "/p/", "/c/", "/o/", "/confirm/", "/pictures/", "/assets/")
TITLES = {
    403: N_("Not open to you"),
    404: N_("Nothing here"),
    405: N_("Nothing here"),
    409: N_("Not possible now"),
    413: N_("Too large"),
    429: N_("Too often"),
    500: N_("Something went wrong"),
    503: N_("No answer just now"),
}
AGAIN = (409, 429, 500, 503)
"""After these the same address may work."""


def _page(request: Web, status: int, text: str) -> Response[str] | None:
    path = request.url.path
    if path.startswith(OUTSIDE):
        return None
    title = TITLES.get(status, N_("That did not work"))
    again = path if status in AGAIN and request.method == "GET" else ""
    if status == 503 or member_of(request) is None:  # without the database nobody can be known
        return _before(request, status, title=title, text=text, again=again)
    section = _section(request, path)
    part = section.address if section else ""
    with pool(request) as db:
        return shown(
            request, db, "shell/fault", part=part, code=status,
            title=title, text=text, again=again, section=section,
        )  # fmt: skip


def _before(request: Web, status: int, **values: str) -> Response[str]:
    dress = getattr(request.app.state, "dress", Dress())
    body = render("fault", dress, _preferred(request), desk=request.url.path.startswith("/admin"), **values)
    return Response(body, media_type=MediaType.HTML, status_code=status, headers=dict(HEADERS))


def _preferred(request: Web) -> str:
    return preferred(request.headers.get("accept-language", ""))


def _section(request: Web, path: str) -> Section | None:
    """The section that an address lies in, if it opens to whoever asks and is another page than this."""
    places = [place for _, rows in SECTIONS for place in rows if path.startswith(place.address + "/")]
    nearest = max(places, key=lambda place: len(place.address), default=None)
    return nearest if nearest and nearest.address != "/admin" and can(request, nearest.needs) else None


def _words(request: Web, status: int) -> Words:
    stranger = status == 503 or request.url.path.startswith(OUTSIDE) or member_of(request) is None
    return words(_preferred(request)) if stranger else spoken(request)


EDGE = Edge(_page, _words)
