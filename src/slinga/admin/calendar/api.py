"""The calendar over HTTP: a month or a week, and plan items.

In: a view, a day. Out: a page; plan items saved and removed.
Always true: the past is counted, the future is expected; a page asks a bounded number of rows.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.broadcasts.store import names
from slinga.admin.calendar import store
from slinga.admin.calendar.plan import Entry, Item, beside, by_dates, on_schedule, span, spread, weeks
from slinga.admin.shell.api import Web, actor, asked, fault_said, form, pool, shown
from slinga.admin.shell.api import number as whole
from slinga.admin.shell.store import Programme, now, programme
from slinga.insight.sums import jobs as sums
from slinga.journeys.node import clock_time
from slinga.journeys.triggers import Every
from slinga.kernel.calendar import zone
from slinga.kernel.clock import DAY, Instant, from_datetime, instant, to_datetime
from slinga.kernel.errors import Invalid
from slinga.messages.model import BROADCAST
from slinga.runtime.db import Db

PART = "/admin/calendar"
Found = Iterator[tuple[date, Entry]]


@get(PART, sync_to_thread=True)
def calendar(request: Web) -> Response[str]:
    """What goes out and went out, by day."""
    with pool(request) as db:
        return _page(request, db)


def _page(
    request: Web, db: Db, *, fault: str = "", typed: dict[str, str] | None = None, code: int = 200
) -> Response[str]:
    program = programme(db)
    here = zone(program.zone, "UTC")
    today = to_datetime(now(db)).astimezone(here).date()
    view = "week" if asked(request, "view") == "week" else "month"
    item = store.item(db, whole(asked(request, "item")) or 0)
    day = _day(asked(request, "day")) or (item.from_day if item else today)
    first, last = span(view, day)
    entries: dict[date, list[Entry]] = {}
    called = names(db)
    for source in (
        _broadcasts(db, here, first, last),
        _journeys(db, program, max(first, today), last),
        _planned(db, program, called, max(first, today), last),
        _sent(db, program, called, first, min(last, today)),
        iter(spread(store.items(db, first, last), first, last)),
    ):
        for on, entry in source:
            entries.setdefault(on, []).append(entry)
    values = typed or _typed(item, max(day, first))
    return shown(
        request,
        db,
        "calendar/calendar",
        part=PART,
        programme=program,
        code=code,
        view=view,
        day=day,
        today=today,
        weeks=weeks(first, last),
        entries=entries,
        beside=beside(view, day),
        item=item,
        typed=values,
        refused=fault,
        stages={
            f"{model}/{stage['key']}": str(stage.get("name") or stage["key"])
            for model, one in program.of("model").items()
            for stage in one.get("stages", ())
        },
    )


def _typed(item: Item | None, day: date) -> dict[str, str]:
    names = ("name", "stage", "channel", "owner", "note", "from_day", "until_day")
    blank = dict.fromkeys(names, "") | {"from_day": day.isoformat(), "until_day": day.isoformat()}
    return {name: str(getattr(item, name)) for name in names} if item else blank


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2200 else None


def _name(program: Programme, called: dict[str, str], key: str) -> tuple[str, str]:
    """What a journey or broadcast is called, and where it is."""
    if key.startswith(BROADCAST):
        inner = key.removeprefix(BROADCAST)
        return called.get(inner, inner), f"/admin/broadcasts/{inner}"
    return str(program.of("journey").get(key, {}).get("name") or key), f"/admin/reports/journey/{key}"


def _broadcasts(db: Db, here: Any, first: date, last: date) -> Found:
    until = from_datetime(to_datetime(now(db)) + timedelta(days=(last - first).days + 400))
    for key, document, state, starts_at, started_at, decide_at, ends_at in store.broadcasts(db, until):
        name, address = str(document.get("name") or key), f"/admin/broadcasts/{key}"

        def on(at: Instant) -> tuple[date, str]:
            local = to_datetime(at).astimezone(here)
            return local.date(), f"{local:%H:%M}"

        if state == "scheduled" and starts_at is not None:
            day, hour = on(starts_at + DAY if document.get("at_local") else starts_at)
            hour = document.get("at_local") or hour
            yield day, Entry(sort="broadcast", name=name, address=address, hour=hour)
        if decide_at is not None and state == "testing":
            day, hour = on(decide_at)
            yield day, Entry(sort="broadcast", name=name, address=address, hour=hour, note="judged")
        if ends_at is not None and started_at is not None:
            begin, end = max(on(started_at)[0], first), min(on(ends_at)[0], last)
            for n in range(max(0, (end - begin).days + 1)):
                yield (
                    begin + timedelta(days=n),
                    Entry(sort="broadcast", name=name, address=address, note="warming"),
                )


def _journeys(db: Db, program: Programme, first: date, last: date) -> Found:
    """Journeys with a date: how many people each day concerns, as the data stand."""
    here = zone(program.zone, "UTC")
    for key, document in program.of("journey").items():
        trigger = document.get("trigger") or {}
        if not program.live.get(("journey", key)):
            continue
        name, address = str(document.get("name") or key), f"/admin/journeys/{key}/outline"
        on, hour = trigger.get("on"), str(trigger.get("at") or "09:00")
        if on in ("date", "thing_date"):
            yearly = bool(trigger.get("yearly"))
            named = str(trigger.get("trait") or trigger.get("attr") or "")
            counts, exact = store.dates(db, named, type=str(trigger.get("type") or ""), yearly=yearly)
            offset, at = str(trigger.get("offset") or "0d"), clock_time(hour, "at")
            for day, count in by_dates(counts, offset, at, yearly, first, last, here):
                entry = Entry(
                    sort="journey", name=name, address=address, count=count, about=not exact, hour=hour
                )
                yield day, entry
        elif on == "schedule":
            every = trigger.get("every")
            if every:
                repeated = msgspec.convert(every, Every)
                days, hour = on_schedule(repeated, first, last), repeated.at
            else:
                found = to_datetime(instant(str(trigger["at"]))).astimezone(here)
                days, hour = [found.date()], f"{found:%H:%M}"
            for day in days:
                if first <= day <= last:
                    yield day, Entry(sort="journey", name=name, address=address, hour=hour)


def _planned(db: Db, program: Programme, called: dict[str, str], first: date, last: date) -> Found:
    for day, key, count in store.planned(db, program.zone):
        if first <= day <= last:
            name, address = _name(program, called, key)
            yield day, Entry(sort="planned", name=name, address=address, count=count)


def _sent(db: Db, program: Programme, called: dict[str, str], first: date, last: date) -> Found:
    if last < first:
        return
    counts: dict[tuple[date, str], int] = {}
    for one in sums.daily(db, ("send_accepted",), first, last):
        counts[one.day, one.key] = counts.get((one.day, one.key), 0) + one.count
    for (day, key), count in sorted(counts.items(), key=lambda each: (each[0][0], -each[1])):
        name, address = _name(program, called, key)
        yield day, Entry(sort="sent", name=name, address=address, count=count)


@post(PART + "/items", status_code=200)
async def save_item(request: Web) -> Response[Any]:
    """Plan something, or change it."""
    values = await form(request)
    text = {name: values.get(name, "").strip()[:500] for name in _typed(None, date.min)}
    first = _day(text["from_day"])
    last = _day(text["until_day"] or text["from_day"])
    with pool(request) as db:
        try:
            if not text["name"]:
                raise Invalid("Give it a name.", field="name")
            if first is None or last is None or last < first:
                raise Invalid("Choose a day, or a first and a last day.", field="from_day")
        except Invalid as wrong:
            return _page(request, db, fault=fault_said(request, wrong), typed=text, code=400)
        item = Item(
            id=whole(values.get("id", "")) or 0, name=text["name"], stage=text["stage"],
            channel=text["channel"], owner=text["owner"], note=text["note"], from_day=first, until_day=last,
        )  # fmt: skip
        store.save(db, item, actor(request))
    return Redirect(f"{PART}?day={first}", status_code=303)


@post(PART + "/items/{number:int}/remove", status_code=303)
async def remove_item(request: Web, number: FromPath[int]) -> Redirect:
    """Take something out of the plan."""
    await form(request)
    with pool(request) as db:
        store.remove(db, number)
    return Redirect(PART, status_code=303)


routes = [calendar, save_item, remove_item]
