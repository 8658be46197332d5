"""The editor over HTTP: the outline that works without a script.

In: what is looked at; commands as forms. Out: pages, drafts.
Always true: each command makes one revision of the draft; a form that was drawn before somebody else saved
changes nothing and says so.
"""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.conditions.api import drawn
from slinga.admin.conditions.form import opened
from slinga.admin.conditions.store import known
from slinga.admin.journeys import jobs, lines, reading
from slinga.admin.journeys.editor import commands
from slinga.admin.journeys.figures.api import counts_of
from slinga.admin.journeys.frame.api import frame, say
from slinga.admin.journeys.outline import outline
from slinga.admin.journeys.rehearse.api import rehearsed_of
from slinga.admin.shell.api import Web, actor, asked, fields, number, pool, shown
from slinga.admin.shell.store import programme
from slinga.drafts import jobs as drafts
from slinga.journeys import editing, forms, steps
from slinga.kernel.errors import Conflict

PART = "/admin/journeys"


@get("/admin/journeys/{key:str}/outline", sync_to_thread=True)
def show_outline(request: Web, key: FromPath[str]) -> Response[str]:
    """The journey as a nested list, with the settings of one node or of the header beside it."""
    node, slot = asked(request, "node"), asked(request, "slot")
    with pool(request) as db:
        found = jobs.opened(db, key)
        called = jobs.names(found.present, drafts.listed(db))
        kinds, words = jobs.node_forms(), say(request, called)
        faults = jobs.faults(db, words, key, found.document)
        nodes = found.document.get("nodes", {})
        here = node in nodes
        form = kinds.get(str(nodes[node].get("type", ""))) if here else None
        offered = known(db, programme(db), run=True)
        back, top = number(asked(request, "back")), number(asked(request, "top"))
        return shown(
            request,
            db,
            "journeys/outline",
            part=PART,
            **frame(request, found, faults, "outline", words),
            rows=outline(words, kinds, found.document, faults),
            counts=counts_of(db, found) if found.version else {},
            rehearsed=rehearsed_of(db, key),
            starts=lines.trigger(words, found.document.get("trigger")),
            node=node if here else "",
            slot=slot,
            adding=bool(slot),
            form=form,
            value=nodes[node] if here else found.document,
            fields=form.fields if form else forms.header() if not here else (),
            palette=list(kinds.values()),
            known=offered,
            built=lambda setting, path: drawn(opened(setting), offered, words, path),
            written=reading,
            refs=jobs.choices(found.present, called, words),
            ways=[
                (f"{leader}:{way}", leader, steps.way(words, nodes.get(leader, {}), way))
                for leader, way in editing.ways(kinds, found.document)
            ],
            here=[fault for fault in faults if fault.node == (node if here else "")],
            undo=(back or found.revision) if found.draft else 0,
            redo=back is not None and top is not None and back < top,
            back=back or found.revision,
            top=top or found.revision,
            conflict=asked(request, "conflict"),
        )


@post("/admin/journeys/{key:str}/outline", status_code=303)
async def change_outline(request: Web, key: FromPath[str]) -> Redirect:
    """Do one command and save."""
    given: dict[str, list[str]] = {}
    for name, value in await fields(request):
        given.setdefault(name, []).append(value)
    one = {name: values[-1] for name, values in given.items()}
    by = actor(request)
    where = f"{PART}/{key}/outline"
    with pool(request) as db:
        found = jobs.opened(db, key)
        revision = number(one.get("revision", "")) or 0
        try:
            if one.get("do") in ("undo", "redo"):
                return _step_back(db, found, one, by, where)
            document, node = commands.apply(jobs.node_forms(), found.document, given)
            if document != found.document:
                drafts.save(db, "journey", key, document, by=by, revision=revision)
        except Conflict:
            return Redirect(f"{where}?conflict=1", status_code=303)
    return Redirect(f"{where}?node={node}#{'panel' if node else 'steps'}", status_code=303)


def _step_back(db: Any, found: jobs.Opened, one: dict[str, str], by: str, where: str) -> Redirect:
    """Undo and redo: the newest revision is an older one again; `back` says which, `top` where it began."""
    back = number(one.get("back", "")) or found.revision
    top = number(one.get("top", "")) or found.revision
    wanted = back - 1 if one["do"] == "undo" else back + 1
    if not 0 <= wanted <= top:
        return Redirect(where, status_code=303)
    if wanted:
        drafts.back_to(db, "journey", found.key, wanted, by=by)
    elif found.in_force is not None:
        drafts.save(db, "journey", found.key, found.in_force, by=by)
    return Redirect(f"{where}?back={wanted}&top={top}#steps", status_code=303)


routes = [show_outline, change_outline]
