"""The first page over HTTP.

In: requests of members. Out: the page, and its counters again every ten seconds.
Always true: nothing here changes anything.
"""

from litestar import Response, get

from slinga.admin.drawing import Weighed, bow_tie
from slinga.admin.home import store
from slinga.admin.home.steps import LIVE, steps, troubles
from slinga.admin.shell.api import Web, desk_of, pool, shown
from slinga.admin.shell.store import programme
from slinga.insight.home import home as everything

PART = "/admin"


@get("/admin", sync_to_thread=True)
def home(request: Web) -> Response[str]:
    """What happened since yesterday, what needs somebody, and how the lifecycle stands."""
    with pool(request) as db:
        program = programme(db)
        found = everything(db)
        model = program.model("")
        stages = program.of("model").get(model, {}).get("stages", [])
        standing = store.standing(db, model) if model else {}
        weighed = [Weighed(stage["key"], max(standing.get(stage["key"], 0), 0)) for stage in stages]
        events, team = store.begun(db)
        live = any(program.live.get(("journey", key)) for key in program.of("journey"))
        figures = [one for one in found.figures if one.tells]
        todo = steps(
            events=events, model=bool(model), mail=not desk_of(request).mailbox(db), journey=live, team=team
        )
        return shown(
            request,
            db,
            "home/home",
            part=PART,
            programme=program,
            found=found,
            troubles=troubles(found.attention),
            todo=todo,
            coming=[step for step in todo if not step.done],
            fresh=not (model and (events or found.people or figures)),
            figures=figures,
            verbs=[(n, one) for n, one in enumerate(found.verbs, 1) if one.tells],
            silent=[one for one in found.verbs if not one.tells],
            lying=bow_tie(weighed, small=True),
            standing=bow_tie(weighed, standing=True),
            names={stage["key"]: stage.get("name", stage["key"]) for stage in stages},
            sides={stage["key"]: stage.get("side", "left") for stage in stages},
            model=model,
            live=LIVE,
            counted=store.today(db, program.zone, [key for key, _ in LIVE]),
        )


@get("/admin/live", sync_to_thread=True)
def live(request: Web) -> Response[str]:
    """The counters since midnight."""
    with pool(request) as db:
        program = programme(db)
        counted = store.today(db, program.zone, [key for key, _ in LIVE])
        return shown(request, db, "home/live", part=PART, programme=program, live=LIVE, counted=counted)


routes = [home, live]
