"""Deliveries over HTTP.

In: a state, a reason, a channel, a journey. Out: sums of the last 30 days and the newest messages.
Always true: nothing here changes anything; sums come from daily sums, never from counting messages.
"""

from litestar import Response, get

from slinga.admin.deliveries import store
from slinga.admin.shell.api import Web, asked, number, pool, shown
from slinga.admin.shell.store import now, programme, traits
from slinga.insight import events

DAYS = 30
STATES = ("planned", "deferred", "accepted", "rejected", "unknown", "cancelled", "expired", "render_failed")


@get("/admin/deliveries", sync_to_thread=True)
def deliveries(request: Web) -> Response[str]:
    """What became of messages, and what policy kept back."""
    state, reason = asked(request, "state"), asked(request, "reason")
    channel, journey = asked(request, "channel"), asked(request, "journey")
    with pool(request) as db:
        kept_back = state == "kept_back"
        before = number(asked(request, "before")) or now(db)
        sums = events.messages(db, DAYS)
        program = programme(db)
        blocked = store.blocked(db, reason) if kept_back else []
        return shown(
            request,
            db,
            "deliveries/messages",
            part="/admin/deliveries",
            programme=program,
            state=state,
            reason=reason,
            channel=channel,
            journey=journey,
            states=STATES,
            journeys=sorted(program.of("journey")),
            planned=sum(sums.get("planned", {}).values()),
            outcomes=_flat(sums, ("accepted", "returned", *STATES[3:])),
            kept=_flat(sums, ("blocked", "deferred")),
            rows=[]
            if kept_back
            else store.messages(db, before, state=state, reason=reason, channel=channel, journey=journey),
            blocked=blocked,
            known=traits(db, {row[1] for row in blocked}),
            most=store.ROWS,
            stretch=store.STRETCH,
            days=DAYS,
        )


def _flat(sums: dict[str, dict[str, int]], wanted: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """(what, reason, how many), the most first."""
    found = [(what, reason, n) for what in wanted for reason, n in sums.get(what, {}).items() if n]
    return sorted(found, key=lambda one: -one[2])


routes = [deliveries]
