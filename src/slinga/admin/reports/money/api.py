"""The month over HTTP: its figures against the month before, and what was spent.

In: a month, rows of spend. Out: a page; files.
Always true: spend is written by whoever may change settings; the same row imported twice counts once.
"""

from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.access import jobs as access
from slinga.admin.reports.api import as_file
from slinga.admin.reports.money import store
from slinga.admin.reports.money.month import WHATS, Month, bounds, month
from slinga.admin.reports.money.rows import COLUMNS, imported, spend
from slinga.admin.shell.api import Web, actor, asked, fault_said, form, pool, shown, uploaded
from slinga.admin.shell.store import Programme, now, programme
from slinga.insight.jobs import state
from slinga.insight.sums import jobs as sums
from slinga.kernel.calendar import zone
from slinga.kernel.clock import to_datetime
from slinga.kernel.errors import Invalid
from slinga.runtime.db import Db

PART = "/admin/reports"
PAGE = PART + "/month"


def _asked(request: Web, db: Db, program: Programme) -> date:
    today = to_datetime(now(db)).astimezone(zone(program.zone, "UTC")).date()
    try:
        found = date.fromisoformat(asked(request, "month")[:7] + "-01")
    except ValueError:
        return today
    return found if 1990 <= found.year <= today.year else today


def _month(db: Db, day: date) -> Month:
    first, last = bounds(day)
    return month(sums.sums(db, WHATS, first, last), store.spends(db, first, last), first, last)


@get(PAGE, sync_to_thread=True)
def month_page(request: Web) -> Response[str]:
    """The month against the month before."""
    with pool(request) as db:
        return _page(request, db)


def _page(
    request: Web, db: Db, *, fault: str = "", values: dict[str, str] | None = None, code: int = 200
) -> Response[str]:
    program = programme(db)
    day = _asked(request, db, program)
    found = _month(db, day)
    before = _month(db, found.first - timedelta(days=1))
    used = {currency for _, currency in found.spent} | set(found.revenue) | set(before.revenue)
    return shown(
        request,
        db,
        "reports/month",
        part=PART,
        programme=program,
        code=code,
        found=found,
        before=before,
        currencies=sorted(each for each in used if each),
        rows=store.spends(db, found.first, found.last),
        refused=fault,
        typed={name: (values or {}).get(name, "") for name in COLUMNS},
        after=found.last + timedelta(days=1),
        anew=state(db).anew,
    )


@get(PAGE + "/csv", sync_to_thread=True)
def month_file(request: Web) -> Response[str]:
    """What was spent in the month, as a file that can be imported again."""
    with pool(request) as db:
        first, last = bounds(_asked(request, db, programme(db)))
        rows = [
            (one.source, one.purpose, one.from_day, one.until_day, one.amount, one.currency, one.note)
            for one in store.spends(db, first, last)
        ]
        return as_file(f"spend-{first:%Y-%m}", COLUMNS, rows)


@post(PAGE + "/spend", status_code=200)
async def add_spend(request: Web) -> Response[Any]:
    """Write down what was spent."""
    values = await form(request)
    with pool(request) as db:
        try:
            one = spend(values)
        except Invalid as wrong:
            return _page(request, db, fault=fault_said(request, wrong), values=values, code=400)
        with db.transaction():
            store.save(db, [one], actor(request))
            access.audit(db, actor(request), "add_spend", one.source)
    return Redirect(f"{PAGE}?month={one.from_day:%Y-%m}", status_code=303)


@post(PAGE + "/import", status_code=200)
async def import_spend(request: Web) -> Response[Any]:
    """Take in a file of spend, all of it or nothing."""
    _, files = await uploaded(request)
    with pool(request) as db:
        try:
            rows = imported(files[0][1] if files else b"")
            if not rows:
                raise Invalid("The file holds no rows.", field="file")
        except Invalid as wrong:
            return _page(request, db, fault=fault_said(request, wrong), code=400)
        with db.transaction():
            store.save(db, rows, actor(request))
            access.audit(db, actor(request), "import_spend", "", rows=len(rows))
    return Redirect(f"{PAGE}?month={max(one.from_day for one in rows):%Y-%m}", status_code=303)


@post(PAGE + "/spend/{number:int}/remove", status_code=303)
async def remove_spend(request: Web, number: FromPath[int]) -> Redirect:
    """Take a row back."""
    await form(request)
    with pool(request) as db, db.transaction():
        store.remove(db, number)
        access.audit(db, actor(request), "remove_spend", str(number))
    return Redirect(PAGE, status_code=303)


routes = [month_page, month_file, add_spend, import_spend, remove_spend]
