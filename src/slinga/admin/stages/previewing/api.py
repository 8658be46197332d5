"""About how many people would stand where by a draft, and then exactly.

In: a model's key. Out: the page, and its counts.
Always true: nothing here changes anything; what takes too long is given up, and the page says so.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from litestar import Response, get
from litestar.params import FromPath

from slinga.admin.drawing import Weighed, bow_tie
from slinga.admin.shell.api import Web, asked, pool, shown
from slinga.admin.shell.store import programme
from slinga.admin.stages import store
from slinga.admin.stages.api import HERE, PART, edited, opened
from slinga.admin.stages.preview import Seen, Sort, buckets_for, exactly, placed
from slinga.kernel.calendar import zone
from slinga.kernel.clock import MINUTE
from slinga.kernel.errors import Unavailable
from slinga.kernel.ids import BUCKETS
from slinga.runtime.clock import now
from slinga.runtime.db import Db
from slinga.segments import Condition
from slinga.segments.jobs import matching, sorted_into

ASOF = 5 * MINUTE


@get(f"{HERE}/{{key:str}}/preview", sync_to_thread=True)
def preview(request: Web, key: FromPath[str]) -> Response[str]:
    """About how many people would stand where."""
    with pool(request) as db:
        program = programme(db)
        document, _ = opened(db, key)
        buckets, where = buckets_for(store.about(db)), zone(program.zone, "UTC")
        # As of whole five minutes: what is compiled for the estimate serves the exact count, too.
        present = now(db) // ASOF * ASOF
        seen: list[Seen] | None = None
        if asked(request, "count") == "all":
            buckets = range(BUCKETS)
            seen = _exact(db, document, lambda rules: sorted_into(db, rules, where, present))
        elif asked(request, "count"):
            seen = _counted(
                db, document, buckets, lambda condition: matching(db, condition, where, present, buckets)
            )
        return shown(
            request,
            db,
            "stages/preview_part" if "hx-request" in request.headers else "stages/preview",
            part=PART,
            programme=program,
            key=key,
            seen=seen,
            exact=len(buckets) == BUCKETS,
            at=present,
            lying=bow_tie([Weighed(one.key, one.people.count) for one in seen or ()], small=True),
            names={one.key: one.name for one in seen or ()},
            sides={one["key"]: one.get("side", "left") for one in document.get("stages", ())},
        )


def _counted(
    db: Db, document: dict[str, Any], buckets: range, ask: Callable[[Condition], set[str]]
) -> list[Seen]:
    """Who would stand where; empty where the database is too busy."""
    try:
        with db.transaction():
            store.be_patient(db)
            return placed(document, buckets, ask)
    except (Unavailable, psycopg.errors.QueryCanceled):
        return []


def _exact(db: Db, document: dict[str, Any], sort: Sort) -> list[Seen]:
    """The same of everybody."""
    try:
        return exactly(document, sort)
    except Unavailable:
        return []


routes = [*edited, preview]
