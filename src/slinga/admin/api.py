"""The desk over HTTP: all rooms behind one guard.

In: requests. Out: `routes`.
Always true: whoever is not signed in is sent to sign in and sees nothing; whoever lacks the permission that
`doors` names for a route is told who has it; a handler's questions hold up nobody else.
"""

import threading
from typing import Any

from litestar import Request, Router
from litestar.exceptions import NotAuthorizedException
from litestar.response import Redirect

from slinga.access.api import LacksFactor, NotAllowed, door_guard, refused
from slinga.admin.brand import api as brand
from slinga.admin.broadcasts import api as broadcasts
from slinga.admin.calendar import api as calendar
from slinga.admin.conditions import api as conditions
from slinga.admin.deliveries import api as deliveries
from slinga.admin.home import api as home
from slinga.admin.imports import api as imports
from slinga.admin.journeys import api as journeys
from slinga.admin.journeys.jobs import node_forms
from slinga.admin.lifecycle import api as lifecycle
from slinga.admin.mailbox import api as mailbox
from slinga.admin.map import api as map
from slinga.admin.marketing import api as marketing
from slinga.admin.me import api as me
from slinga.admin.people.acts import api as people
from slinga.admin.pictures import api as pictures
from slinga.admin.previews import api as previews
from slinga.admin.reports import api as reports
from slinga.admin.reports.money import api as money
from slinga.admin.segments import api as segments
from slinga.admin.settings import api as settings
from slinga.admin.shell import api as shell
from slinga.admin.shell.pages import environment
from slinga.admin.shell.words import LOCALES
from slinga.admin.sources import api as sources
from slinga.admin.stages.previewing import api as stages
from slinga.admin.team import api as team
from slinga.admin.wording import api as wording
from slinga.admin.writing import api as writing
from slinga.journeys.forms import header

ROOMS = (
    home,
    lifecycle,
    stages,
    map,
    people,
    segments,
    conditions,
    journeys,
    writing,
    wording,
    previews,
    pictures,
    brand,
    broadcasts,
    calendar,
    reports,
    money,
    deliveries,
    sources,
    imports,
    settings,
    team,
    me,
    marketing,
    mailbox,
)


def _to_sign_in(request: Request[Any, Any, Any], fault: NotAuthorizedException) -> Redirect:
    return Redirect("/sign-in", status_code=303)


def _to_own_page(request: Request[Any, Any, Any], fault: LacksFactor) -> Redirect:
    return Redirect(f"{me.PART}?needed", status_code=303)


desk_pages = Router(
    "/",
    route_handlers=[shell.beside(route) for room in ROOMS for route in room.routes],
    guards=[door_guard],
    exception_handlers={NotAuthorizedException: _to_sign_in, NotAllowed: refused, LacksFactor: _to_own_page},
    include_in_schema=False,
    request_max_body_size=2_000_000,
)

FIRST = ("home/home", "journeys/journeys", "journeys/canvas", "journeys/outline")
"""Pages that somebody opens first; the others share most of what these are made of."""


def read_ahead() -> None:
    """Gather beside the first requests what they would wait for: catalogues, templates, forms of journeys.

    It may be left out: whatever is missing is gathered when it is asked for.
    """
    threading.Thread(target=_gather, name="reading ahead", daemon=True).start()


def _gather() -> None:
    node_forms()
    header()
    for locale in LOCALES:
        for page in FIRST:
            environment(locale).get_template(f"{page}.html")


routes = [desk_pages, shell.asset, shell.front, shell.snippet, shell.favicon, pictures.picture]
