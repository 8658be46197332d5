"""Reports over HTTP: the overview, one report each, and their tables as files.

In: a kind, a key, days. Out: pages; CSV for whoever may export.
Always true: nothing here changes anything; a page reads sums, however many messages there were.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from slinga.admin.broadcasts import store as broadcasts
from slinga.admin.drawing.columns import columns
from slinga.admin.journeys import jobs as journeys
from slinga.admin.journeys.canvas.walking import REFUSED
from slinga.admin.reports import store
from slinga.admin.reports.figures import (
    CURVE,
    FIGURES,
    WHATS,
    Figures,
    Report,
    grouped,
    node_of,
    report,
    template_of,
)
from slinga.admin.shell.api import Web, asked, number, pool, shown, spoken
from slinga.admin.shell.store import Programme, now, programme
from slinga.admin.shell.words import Words
from slinga.insight.jobs import attributed_days, state
from slinga.insight.sums import jobs as sums
from slinga.insight.sums.model import Sum
from slinga.insight.tally import LIFT_DAYS
from slinga.kernel.calendar import zone
from slinga.kernel.clock import to_datetime
from slinga.kernel.errors import Missing
from slinga.messages.model import BROADCAST
from slinga.messages.policy import TEXTS
from slinga.runtime.db import Db

PART = "/admin/reports"
PERIODS = (7, 30, 90, 365)
KINDS = ("journey", "broadcast", "template")


class Period(msgspec.Struct, frozen=True):
    """Days, both included, and as many before them."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> tuple[date, date]:
        return self.first - timedelta(days=self.days), self.first - timedelta(days=1)


def _period(request: Web, db: Db, program: Programme) -> Period:
    today = to_datetime(now(db)).astimezone(zone(program.zone, "UTC")).date()
    days = min(number(asked(request, "days")) or 30, 1_000)
    return Period(today - timedelta(days=max(1, days) - 1), today)


def _of(kind: str) -> Callable[[Sum], str]:
    """The key of the report that a sum belongs to."""
    if kind == "template":
        return template_of
    if kind == "broadcast":
        return lambda one: one.key.removeprefix(BROADCAST) if one.key.startswith(BROADCAST) else ""
    return lambda one: "" if one.key.startswith(BROADCAST) else one.key


def _names(db: Db, program: Programme, kind: str) -> dict[str, str]:
    if kind == "broadcast":
        return broadcasts.names(db)
    return {key: str(one.get("name") or key) for key, one in program.of(kind).items()}


def _kind(request: Web) -> str:
    given = asked(request, "kind")
    return given if given in KINDS else "journey"


def _overview(
    request: Web, db: Db, program: Programme, kind: str
) -> tuple[Period, list[tuple[str, Figures, Figures]]]:
    period, of = _period(request, db, program), _of(kind)
    found = grouped(sums.sums(db, FIGURES, period.first, period.last), of)
    before = grouped(sums.sums(db, FIGURES, *period.before), of)
    rows = [(key, each, before.get(key, Figures())) for key, each in found.items()]
    return period, sorted(rows, key=lambda one: (-one[1].sent, one[0]))[:500]


@get(PART, sync_to_thread=True)
def reports(request: Web) -> Response[str]:
    """What came of each journey, broadcast or template in some days."""
    kind = _kind(request)
    with pool(request) as db:
        program = programme(db)
        period, rows = _overview(request, db, program, kind)
        total, before = Figures(), Figures()
        for _, one, earlier in rows:
            _join(total, one)
            _join(before, earlier)
        return shown(
            request, db, "reports/overview", part=PART, programme=program, kind=kind, period=period,
            periods=PERIODS, rows=rows, total=total, before=before, names=_names(db, program, kind),
            attributed=attributed_days(db), anew=state(db).anew,
        )  # fmt: skip


def _join(total: Figures, one: Figures) -> None:
    for name in ("sent", "returned", "opened", "clicked", "orders", "unsubscribed", "complained", "bounced"):
        setattr(total, name, getattr(total, name) + getattr(one, name))


def _one(
    request: Web, db: Db, program: Programme, kind: str, key: str
) -> tuple[Period, Report, list[tuple[str, int, int]]]:
    if kind not in KINDS:
        raise Missing("There is no such report.")
    period, of = _period(request, db, program), _of(kind)
    under = {"journey": key, "broadcast": BROADCAST + key, "template": ""}[kind]
    rows = sums.sums(db, WHATS, period.first, period.last, under)
    by_day = sums.daily(db, CURVE, period.first, period.last, under)
    earlier = sums.sums(db, FIGURES, *period.before, under)
    variant = (lambda one: one.key) if kind == "template" else node_of
    found = report(rows, by_day, earlier, lambda one: "x" if of(one) == key else "", variant)
    if not rows and key not in program.of(kind) and not _known(db, kind, key):
        raise Missing("There is no such report.")
    domains: list[tuple[str, int, int]] = []
    if kind != "template" and any(one.what in ("send_rejected", "send_returned") for one in rows):
        refused = [one for one in rows if one.what == "send_rejected"]
        nodes = sorted({one.part for one in refused if one.part})
        domains = store.bounced_at(db, under, sorted({one.version for one in refused}), nodes)
    return period, found, domains


def _known(db: Db, kind: str, key: str) -> bool:
    return kind == "broadcast" and store.has_broadcast(db, key)


@get(PART + "/{kind:str}/{key:str}", sync_to_thread=True)
def one_report(request: Web, kind: FromPath[str], key: FromPath[str]) -> Response[str]:
    """One report: the way from sent to bought, its parts, whom it left out, and what it adds."""
    with pool(request) as db:
        program = programme(db)
        period, found, domains = _one(request, db, program, kind, key)
        by_day = [(f"{day.day}.{day.month}.", sent) for day, sent, _, _ in _filled(found, period)]
        return shown(
            request, db, "reports/one", part=PART, programme=program, kind=kind, key=key, period=period,
            periods=PERIODS, found=found, domains=domains, name=_names(db, program, kind).get(key, key),
            pieces=_parts(db, spoken(request, program), kind, key, found.variants), why=_why(spoken(request)),
            by_day=columns(by_day), by_hour=columns([(hour, sent) for hour, sent, _, _ in _hours(found)]),
            attributed=attributed_days(db), lift_days=LIFT_DAYS, anew=state(db).anew,
        )  # fmt: skip


def _parts(
    db: Db, _: Words, kind: str, key: str, variants: Sequence[tuple[str, Figures]]
) -> list[tuple[str, Figures]]:
    """The parts of a report by what they are called: the steps of a journey in their order."""
    if kind == "template":
        return [(_.called("journey", name), one) for name, one in variants]
    if kind == "broadcast":
        return [(_.called("node", BROADCAST + key, name), one) for name, one in variants]
    names = journeys.step_names(db, _, key)
    order = list(names)
    rows = sorted(variants, key=lambda one: order.index(one[0]) if one[0] in names else len(order))
    return [(names.get(name) or _.called("node", key, name), one) for name, one in rows]


def _why(_: Words) -> Callable[[str], str]:
    """Why somebody was kept back, by the code that is counted."""
    texts = {reason.value: text for reason, text in TEXTS.items()} | REFUSED
    return lambda code: _(texts.get(code, code.replace("_", " ")))


def _filled(found: Report, period: Period) -> list[tuple[date, int, int, int]]:
    known = {each[0]: each for each in found.days}
    return [
        known.get(day, (day, 0, 0, 0))
        for day in (period.first + timedelta(days=n) for n in range(period.days))
    ]


def _hours(found: Report) -> list[tuple[str, int, int, int]]:
    known = {each[0]: each for each in found.hours}
    return [known.get(f"{n:02d}", (f"{n:02d}", 0, 0, 0)) for n in range(24)] if known else []


HEAD = (
    *("sent", "delivered", "opened", "opened by machines", "clicked", "clicked by machines", "goals"),
    *("orders after clicks", "unsubscribed", "complained", "bounced", "revenue after clicks"),
)


def line(one: Figures) -> list[Any]:
    """The figures in the order of HEAD."""
    money = "; ".join(f"{value} {currency}".strip() for currency, value in sorted(one.revenue.items()))
    return [
        one.sent, one.delivered, one.opened, one.machine_opened, one.clicked, one.machine_clicked, one.goals,
        one.orders, one.unsubscribed, one.complained, one.bounced, money,
    ]  # fmt: skip


@get(PART + "/csv", sync_to_thread=True)
def overview_file(request: Web) -> Response[str]:
    """The overview as a file."""
    kind = _kind(request)
    with pool(request) as db:
        program = programme(db)
        period, rows = _overview(request, db, program, kind)
        names = _names(db, program, kind)
        table = [(kind, names.get(key, key), *line(one)) for key, one, _ in rows]
        return as_file(f"{kind}s-{period.last}", ("kind", "name", *HEAD), table)


@get(PART + "/{kind:str}/{key:str}/csv/{table:str}", sync_to_thread=True)
def report_file(request: Web, kind: FromPath[str], key: FromPath[str], table: FromPath[str]) -> Response[str]:
    """One table of a report as a file."""
    with pool(request) as db:
        program = programme(db)
        period, found, domains = _one(request, db, program, kind, key)
        parts = _parts(db, spoken(request, program), kind, key, found.variants)
    tables: dict[str, tuple[Sequence[str], Iterable[Sequence[Any]]]] = {
        "variants": (("variant", *HEAD), [(name, *line(one)) for name, one in parts]),
        "days": (("day", "sent", "opened", "clicked"), found.days),
        "hours": (("hour", "sent", "opened", "clicked"), found.hours),
        "links": (("address", "clicks"), found.links),
        "lost": (("what became of it", "why", "messages"), found.lost),
        "excluded": (("why", "times"), found.excluded),
        "domains": (("domain", "refused at once", "sent back later"), domains),
    }
    if table not in tables:
        raise Missing("There is no such table.")
    return as_file(f"{kind}-{key}-{table}-{period.last}", *tables[table])


def as_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response[str]:
    """A table as CSV; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in name)
    headers = {
        "Content-Disposition": f'attachment; filename="{safe}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _plain(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


routes = [reports, one_report, overview_file, report_file]
