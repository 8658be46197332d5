"""People over HTTP.

In: what somebody searches. Out: lists and lives.
Always true: nothing here changes anything.
"""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from slinga.admin.people import store
from slinga.admin.people.timeline import timeline
from slinga.admin.shell.api import Web, asked, number, pool, shown
from slinga.admin.shell.store import programme
from slinga.kernel.errors import Missing
from slinga.kernel.ids import KINDS, person_key
from slinga.people import log
from slinga.people.ledger import broken


@get("/admin/people", sync_to_thread=True)
def people(request: Web) -> Response[str]:
    """Find somebody by address, id, name or key; or the newest, or those of a stage."""
    wanted = asked(request, "q")
    stage = asked(request, "stage")
    status = asked(request, "status")
    with pool(request) as db:
        program = programme(db)
        model = program.model(asked(request, "model"))
        keys = [store.survivor(db, key) for key in _keys(wanted)]
        rows = store.people(db, model=model, asked=wanted, keys=keys, stage=stage, status=status)
        names = {
            s["key"]: s.get("name", s["key"]) for s in program.of("model").get(model, {}).get("stages", ())
        }
        return shown(
            request,
            db,
            "people/people",
            part="/admin/people",
            programme=program,
            rows=rows,
            asked=wanted,
            stage=stage,
            status=status,
            names=names,
            most=store.ROWS,
        )


def _keys(asked: str) -> list[str]:
    """The keys a text may stand for: itself, or an identifier of any kind."""
    if not asked:
        return []
    keys = [person_key(kind, text) for kind in KINDS for text in {asked, asked.lower()}]
    return [*keys, asked.lower()] if _is_key(asked) else keys


def _is_key(text: str) -> bool:
    return len(text) == 32 and all(c in "0123456789abcdef" for c in text.lower())


@get("/admin/people/{key:str}", sync_to_thread=True)
def person(request: Web, key: FromPath[str]) -> Response[Any]:
    """Somebody's page: where they stand and their life so far."""
    if not _is_key(key):
        raise Missing("There is nobody with this key.")
    with pool(request) as db:
        alive = store.survivor(db, key.lower())
        if alive != key.lower():
            return Redirect(f"/admin/people/{alive}", status_code=303)
        found = store.person(db, alive)
        if found is None:
            raise Missing("There is nobody with this key.")
        before = number(asked(request, "before"))
        lines = timeline(store.life(db, alive, before), store.LIFE)
        ledger = log.ledger(db, (alive,))
        return shown(
            request,
            db,
            "people/person",
            part="/admin/people",
            who=found,
            standing=store.standing(db, alive),
            lines=lines,
            ledger=ledger[::-1],
            damaged=broken(ledger),
            earlier=lines[-1].at if len(lines) == store.LIFE else None,
        )


routes = [people, person]
