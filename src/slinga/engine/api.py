"""Starting a journey for somebody over HTTP: the `api` trigger, and journeys put in by hand.

In: `POST /api/v1/journeys/KEY/entries` with a secret key and {"userId" | "email" | "phone" | "anonymousId",
"properties"}. Out: 202 once the request is durably in the person's log.
Always true: the same Idempotency-Key asks once, for at least seven days; whether the person may come in is
decided by the engine, like any entry, and stands in the person's facts.
"""

from typing import Any

import msgspec
from litestar import Request, post
from litestar.params import FromPath, JSONBody

from slinga.access.api import secret_guard
from slinga.engine import store
from slinga.engine.jobs import load
from slinga.identity.identifiers import key_of
from slinga.ingest import log
from slinga.ingest.model import PROVEN, New
from slinga.journeys.triggers import OnApi, OnManual
from slinga.kernel.errors import Conflict, Invalid, Missing

_KINDS = {"user_id": "user", "email": "email", "phone": "phone", "anonymous_id": "anonymous"}
_MOST_BYTES = 32_768


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Who shall come in; the first identifier given counts. `properties` is what `trigger.*` sees."""

    user_id: str = ""
    email: str = ""
    phone: str = ""
    anonymous_id: str = ""
    properties: dict[str, Any] = {}


@post("/api/v1/journeys/{key:str}/entries", guards=[secret_guard], status_code=202, sync_to_thread=True)
def enter_journey(
    request: Request[Any, Any, Any], key: FromPath[str], data: JSONBody[Entry]
) -> dict[str, Any]:
    """Ask that a person comes into a live journey whose trigger is `api` or `manual`."""
    person = _person(data)
    if len(msgspec.json.encode(data.properties)) > _MOST_BYTES:
        raise Invalid(f"properties are at most {_MOST_BYTES} bytes", field="properties")
    once = request.headers.get("idempotency-key", "").strip()[:200]
    with request.app.state.pool.connection() as db:
        journey = load(db, store.program_number(db)).journeys.get(key)
        if journey is None:
            raise Missing(f"No journey {key!r} is live.", field="key")
        if not isinstance(journey.journey.trigger, OnApi | OnManual):
            raise Conflict(f"{key!r} starts by itself; give it the trigger api or manual.", field="key")
        body = {"journey": key, "by": "api", "properties": data.properties}
        item = New(
            person,
            "command",
            "add_to_journey",
            body,
            PROVEN,
            "api",
            dedupe=f"api {key} {once}" if once else "",
        )
        with db.transaction():
            (seq,) = log.append(db, [item])
    return {"success": True, "repeated": seq == 0}


def _person(data: Entry) -> str:
    for field, kind in _KINDS.items():
        value = getattr(data, field)
        if value:
            try:
                return key_of(kind, value)
            except Invalid as fault:
                raise Invalid(fault.message, field=field) from fault
    raise Invalid("say who: one of userId, email, phone, anonymousId", field="userId")


routes = [enter_journey]
