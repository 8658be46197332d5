"""Counts at the nodes, and the people behind them, over HTTP.

In: a journey, a node. Out: counts, a page of people with since-when and until-when.
Always true: counts are sums; a list has a limit and goes on where it ended.
"""

from datetime import date
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from slinga.admin.journeys import jobs
from slinga.admin.journeys.canvas.walking import moved
from slinga.admin.journeys.figures import store
from slinga.admin.journeys.frame.api import frame, say
from slinga.admin.shell.api import Web, asked, number, pool, shown
from slinga.drafts import jobs as drafts
from slinga.insight import journeys as insight
from slinga.journeys import editing, steps
from slinga.kernel.errors import Missing
from slinga.runtime.db import Db

PART = "/admin/journeys"
BEGINNING = date(2000, 1, 1)
EACH = 50
END = 4_000_000_000_000_000
WHATS = ("waiting", "passed", "skipped", "failed")


def counts_of(db: Db, found: jobs.Opened) -> dict[str, dict[str, int]]:
    """Waiting, passed, skipped, failed at each node since the first entry, versions together."""
    try:
        figures = insight.figures(db, found.key, since=BEGINNING)
    except Missing:
        return {}
    out: dict[str, dict[str, int]] = {}
    for node in figures.nodes:
        here = out.setdefault(node.node, dict.fromkeys(WHATS, 0))
        for what in WHATS:
            here[what] += getattr(node, what)
    known = {*found.document.get("nodes", {}), *(found.in_force or {}).get("nodes", {})}
    return {node: here for node, here in out.items() if node in known or any(here.values())}


@get("/admin/journeys/{key:str}/people", sync_to_thread=True)
def people(request: Web, key: FromPath[str]) -> Response[str]:
    """Who is inside: where, since when, until when at the latest; or who moved on from a step, and how."""
    node, after = asked(request, "node"), asked(request, "after")
    what = next((each for each in WHATS if each == asked(request, "what")), "waiting")
    with pool(request) as db:
        found, kinds = jobs.opened(db, key), jobs.node_forms()
        words = say(request, jobs.names(found.present, drafts.listed(db)))
        document = found.in_force or found.document
        titles = steps.names(words, kinds, document) | jobs.step_names(db, words, key)
        order = [*editing.reached(kinds, document)]
        counts = counts_of(db, found)
        places = [
            (each, titles.get(each, each), counts[each])
            for each in [*order, *sorted(counts.keys() - set(order))]
            if each in counts
        ]
        waiting = node and what == "waiting"
        page = insight.waiting_at(db, key, node, after=after, limit=EACH) if waiting else None
        gone: list[store.Left] = []
        if node and not waiting:
            versions = [each.version for each in drafts.versions(db, "journey", key)]
            gone = store.left(db, key, versions, node, what, number(after) or END, EACH)
        there = [run.person for run in page.runs] if page else [one.person for one in gone]
        names: dict[str, Any] = store.names(db, there) if there else {}
        return shown(
            request,
            db,
            "journeys/people",
            part=PART,
            **frame(request, found, (), "people", words) | {"titles": titles},
            how=lambda outcome: moved(words, document.get("nodes", {}).get(node, {}), outcome)[0],
            places=places,
            node=node,
            title=next((title for each, title, _ in places if each == node), node),
            page=page,
            what=what,
            gone=gone,
            earlier=gone[-1].at if len(gone) == EACH else None,
            names=names,
        )


routes = [people]
