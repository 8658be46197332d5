"""Deliveries over HTTP.

In: a state and a reason. Out: counts and the newest messages.
Always true: nothing here changes anything.
"""

from litestar import Response, get

from slinga.admin.deliveries import store
from slinga.admin.shell.api import Web, asked, pool, shown
from slinga.admin.shell.store import now
from slinga.kernel.clock import DAY


@get("/admin/deliveries", sync_to_thread=True)
def deliveries(request: Web) -> Response[str]:
    """What became of every message, and what policy kept back."""
    state, reason = asked(request, "state"), asked(request, "reason")
    with pool(request) as db:
        kept_back = state == "kept_back"
        return shown(
            request,
            db,
            "deliveries/messages",
            part="/admin/deliveries",
            state=state,
            reason=reason,
            counts=store.message_counts(db),
            blocked_counts=store.blocked_counts(db, now(db) - 30 * DAY),
            rows=[] if kept_back else store.messages(db, state=state, reason=reason),
            blocked=store.blocked(db, reason) if kept_back else [],
            most=store.ROWS,
        )


routes = [deliveries]
