"""The lifecycle over HTTP.

In: a model. Out: the picture of its stages.
Always true: nothing here changes anything.
"""

from litestar import Response, get

from slinga.admin.lifecycle import funnel, store
from slinga.admin.shell.api import Web, asked, pool, shown
from slinga.admin.shell.store import programme


@get("/admin/lifecycle", sync_to_thread=True)
def stages(request: Web) -> Response[str]:
    """The loop: how many people stand in each stage and status."""
    with pool(request) as db:
        program = programme(db)
        model = program.model(asked(request, "model"))
        document = program.of("model").get(model, {})
        found = funnel.steps(document, store.positions(db, model) if model else ())
        everybody, known = store.people_count(db)
        return shown(
            request,
            db,
            "lifecycle/stages",
            part="/admin/lifecycle",
            programme=program,
            model=model,
            title=document.get("name", model),
            steps=found,
            drawing=(funnel.WIDTH, funnel.HEIGHT),
            everybody=everybody,
            known=known,
        )


routes = [stages]
