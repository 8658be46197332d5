"""The stop switch over HTTP.

In: a press. Out: marketing stopped, or let go with an answer for what is late.
Always true: receipts and the like are not concerned.
"""

from litestar import Response, get, post
from litestar.response import Redirect

from slinga.access import jobs as access
from slinga.admin.shell import LATE_ANSWERS
from slinga.admin.shell.api import Web, actor, desk_of, form, member_name, pool, shown
from slinga.kernel.errors import Invalid, Unavailable


@get("/admin/marketing", sync_to_thread=True)
def marketing(request: Web) -> Response[str]:
    """The switch that stops all marketing, and the question on letting go."""
    with pool(request) as db:
        desk = desk_of(request)
        late = list(desk.late(db)) if desk.late else []
        ready = desk.hold is not None and desk.stop is not None and desk.resume is not None
        return shown(request, db, "marketing/marketing", part="/admin/marketing", late=late, ready=ready)


@post("/admin/marketing/stop", status_code=303)
async def stop_marketing(request: Web) -> Redirect:
    """Nothing marketing leaves from now on."""
    given = await form(request)
    desk = desk_of(request)
    if desk.stop is None:
        raise Unavailable("This installation has no stop switch connected.")
    with pool(request) as db, db.transaction():
        desk.stop(db, member_name(request), given.get("reason", "")[:200])
        access.audit(db, actor(request), "stop_marketing", "marketing")
    return Redirect("/admin/marketing", status_code=303)


@post("/admin/marketing/resume", status_code=303)
async def resume_marketing(request: Web) -> Redirect:
    """Let go, with an answer for what is late. Raises Invalid when the answer is missing."""
    given = await form(request)
    desk = desk_of(request)
    answer = next((known for known in LATE_ANSWERS if known == given.get("late")), None)
    if answer is None:
        raise Invalid("Say what happens to late messages: send, skip or expire.", field="late")
    if desk.resume is None:
        raise Unavailable("This installation has no stop switch connected.")
    with pool(request) as db, db.transaction():
        desk.resume(db, member_name(request), answer)
        access.audit(db, actor(request), "resume_marketing", "marketing", late=answer)
    return Redirect("/admin/marketing", status_code=303)


routes = [marketing, stop_marketing, resume_marketing]
