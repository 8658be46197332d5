"""Is this installation alive, is it ready, do its parts work: what load balancers and people ask.

In: heartbeats of the parts, in the database. Out: `/healthz`, `/healthz/live`, `/healthz/ready`.
Always true: `live` asks nobody; `ready` is 200 only when the database answers and its tables fit; a part that
fell silent makes `/healthz` say so, but not refuse: the web still takes events, and they are applied later.
"""

from typing import Any

import structlog
from litestar import Request, Response, get
from psycopg import Error

from slinga.kernel.errors import SlingaError
from slinga.runtime.db import Db, statements
from slinga.runtime.migrations import require_current

S = statements(__file__)
SILENT_S = 30.0
"""After so many seconds without a word a part counts as silent."""
PARTS = ("worker", "delivery")

log = structlog.get_logger("health")


def parts(db: Db) -> dict[str, float]:
    """Seconds since each kind of part was last heard of."""
    return {name: float(seconds) for name, seconds in db.execute(S.parts).fetchall()}


def states(db: Db) -> dict[str, str]:
    """`ok`, `silent` or `absent` for each kind of part."""
    heard = parts(db)
    return {
        name: "absent" if name not in heard else "silent" if heard[name] > SILENT_S else "ok"
        for name in PARTS
    }


@get("/healthz/live", include_in_schema=False, sync_to_thread=False)
def live() -> dict[str, str]:
    """Whether this process answers."""
    return {"status": "ok"}


@get("/healthz/ready", include_in_schema=False, sync_to_thread=True)
def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Whether events can be taken: the database answers and its tables are of this release."""
    fault = _fault(request)
    return Response({"status": fault or "ok"}, status_code=503 if fault else 200)


@get("/healthz", include_in_schema=False, sync_to_thread=True)
def healthz(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Ready, and how each part is: `degraded` where one is silent or was never there."""
    if fault := _fault(request):
        return Response({"status": fault, "parts": {}}, status_code=503)
    with request.app.state.pool.connection(timeout=2) as db:
        found = states(db)
    status = "ok" if set(found.values()) == {"ok"} else "degraded"
    return Response({"status": status, "parts": {"web": "ok", **found}}, status_code=200)


def _fault(request: Request[Any, Any, Any]) -> str:
    try:
        with request.app.state.pool.connection(timeout=2) as db:
            db.execute("SELECT 1")
            if not getattr(request.app.state, "tables_fit", False):
                require_current(db)
                request.app.state.tables_fit = True
    except SlingaError:
        return "tables of another release"
    except (Error, TimeoutError) as fault:
        log.warning("not ready", fault=type(fault).__name__)
        return "no database"
    return ""
