"""Rehearsals over HTTP.

In: a form; the number of a rehearsal. Out: the page with the form, progress, and the last results.
Always true: the request that asks only writes a row; playing happens elsewhere.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.journeys import jobs
from slinga.admin.journeys.frame.api import frame, say
from slinga.admin.journeys.rehearse.chart import chart
from slinga.admin.journeys.release.api import needed
from slinga.admin.shell.api import Web, actor, asked, fault_said, form, number, pool, shown
from slinga.drafts import jobs as drafts
from slinga.journeys import steps
from slinga.kernel.errors import Invalid
from slinga.rehearsal.asked import jobs as rehearsals
from slinga.rehearsal.model import Draft, Request
from slinga.runtime.db import Db

PART = "/admin/journeys"
SAMPLES = ("1/1", "1/4", "1/16", "1/64")


def rehearsed_of(db: Db, key: str) -> dict[str, dict[str, int]]:
    """Counts at the nodes from the newest rehearsal; empty without one."""
    found = rehearsals.find(db, key)
    told = _told(found.report, key) if found and found.report else None
    if told is None:
        return {}
    return {
        node["node"]: {
            "waiting": node["waiting"],
            "passed": sum(n for way, n in node["outcomes"].items() if way not in ("dropped", "deferred")),
            "skipped": node["outcomes"].get("dropped", 0),
            "failed": 0,
        }
        for node in told["nodes"]
    }


def _told(report: dict[str, Any], key: str) -> dict[str, Any] | None:
    return next((each for each in report["journeys"] if each["key"] == key), None)


@get("/admin/journeys/{key:str}/rehearsals", sync_to_thread=True)
def show(request: Web, key: FromPath[str]) -> Response[str]:
    """The form, what plays now, and what came of one: the newest, or the one asked for."""
    with pool(request) as db:
        found = jobs.opened(db, key)
        words = say(request, jobs.names(found.present, drafts.listed(db)))
        several = rehearsals.of_journey(db, key)
        picked = rehearsals.find(db, key, number(asked(request, "number")) or 0)
        playing = next((each for each in several if each.open), None)
        report = picked.report if picked else None
        told = _told(report, key) if report else None
        titles = steps.names(words, jobs.node_forms(), found.document)
        rows = [(node, titles.get(node["node"], node["title"])) for node in (told["nodes"] if told else ())]
        return shown(
            request,
            db,
            "journeys/playing" if asked(request, "piece") else "journeys/rehearse",
            part=PART,
            **frame(request, found, (), "rehearsals", words),
            several=several,
            picked=picked,
            playing=playing,
            newest=several[0] if several else None,
            report=report,
            told=told,
            rows=rows,
            chart=chart(told["per_day"]) if told else None,
            losses=[
                (words.called("journey", loss["journey"]), loss)
                for loss in (report["losses"] if report else ())
            ],
            samples=SAMPLES,
            fresh=bool(asked(request, "piece")),
            fault=asked(request, "fault", 400),
        )


@post("/admin/journeys/{key:str}/rehearsals", status_code=303)
async def ask(request: Web, key: FromPath[str]) -> Redirect:
    """Have the draft, or what is in force, rehearsed; or stop one."""
    given = await form(request)
    where = f"{PART}/{key}/rehearsals"
    with pool(request) as db:
        if given.get("do") == "cancel":
            rehearsals.cancel(db, number(given.get("number", "")) or 0)
            return Redirect(where, status_code=303)
        found = jobs.opened(db, key)
        several: list[Draft] = []
        if found.draft:
            for kind, name in needed(db, found):
                other = drafts.find(db, kind, name)
                if other:
                    several.append(Draft(kind, name, other.document))
            several.append(Draft("journey", key, found.document, bool(given.get("existing"))))
        wanted = Request(
            drafts=tuple(several),
            since=given.get("from", ""),
            until=given.get("until", ""),
            journeys=(key,),
            reactions=given.get("reactions", "none"),
            sample=given.get("sample", "1/1"),
        )
        try:
            rehearsals.ask(db, key, wanted, by=actor(request))
        except Invalid as fault:
            return Redirect(f"{where}?fault={fault_said(request, fault)[:300]}", status_code=303)
    return Redirect(where, status_code=303)


routes = [show, ask]
