"""Sources over HTTP.

In: nothing. Out: the quarantine.
Always true: nothing here changes anything.
"""

from litestar import Response, get

from slinga.admin.shell.api import Web, pool, shown
from slinga.admin.sources import store


@get("/admin/sources", sync_to_thread=True)
def sources(request: Web) -> Response[str]:
    """What was refused at the door, and how to mend it."""
    with pool(request) as db:
        rows = [(*row[:-1], row[-1][:2000].decode("utf-8", "replace")) for row in store.quarantine(db)]
        counts = store.quarantine_count(db)
        return shown(
            request,
            db,
            "sources/quarantine",
            part="/admin/sources",
            rows=rows,
            counts=counts,
            most=store.ROWS,
        )


routes = [sources]
