"""Journeys over HTTP.

In: published journeys. Out: their list with figures.
Always true: nothing here changes anything.
"""

from litestar import Response, get

from slinga.admin.journeys import store
from slinga.admin.shell.api import Web, pool, shown
from slinga.admin.shell.store import programme


@get("/admin/journeys", sync_to_thread=True)
def journeys(request: Web) -> Response[str]:
    """The journeys in force with what came of them."""
    with pool(request) as db:
        program = programme(db)
        counts = store.runs(db)
        rows = []
        for key, document in program.of("journey").items():
            found = counts.get(key, {})
            entered, ended = found.get("run_entered", 0), found.get("run_ended", 0)
            rows.append(
                {
                    "key": key,
                    "name": document.get("name", key),
                    "class": document.get("class", "marketing"),
                    "trigger": document.get("trigger") or {},
                    "live": program.live.get(("journey", key), False),
                    "entered": entered,
                    "inside": max(0, entered - ended),
                    "reached": found.get("goal_reached", 0),
                    "held_out": found.get("holdout", 0),
                }
            )
        return shown(request, db, "journeys/journeys", part="/admin/journeys", programme=program, rows=rows)


routes = [journeys]
