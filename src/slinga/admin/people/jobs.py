"""What a member does to a person: the operations of the admin API, done in the member's name.

In: who is signed in, an operation, a person, what is asked. Out: the operation's answer.
Always true: the change and its audit entry commit together; nothing is changed behind the engine's back.
"""

from typing import Any

from slinga.access import jobs as access
from slinga.access.model import ApiKey
from slinga.admin.people import store
from slinga.api.frame import Call, Operation
from slinga.engine.jobs import load
from slinga.engine.model import Program
from slinga.messages import render
from slinga.messages.liquid import RenderFailed
from slinga.messages.model import Intent
from slinga.runtime.db import Db

DESK = ApiKey(id=0, kind="secret", hint="", source="desk", trust=2)
"""Stands where a key stands in calls of the API; opens nothing."""


class Acting(Call):
    """A call that a member makes at the desk."""

    by: str = ""

    @property
    def actor(self) -> str:
        return self.by


def act(
    db: Db, state: Any, by: str, operation: Operation, person: str, *, body: Any = None, query: Any = None,
    **path: str,
) -> Any:  # fmt: skip
    """Do it, in one transaction with its audit entry. Raises as the operation does."""
    with db.transaction():
        call = Acting(db, DESK, {"person": person, **path}, query, body, state, by=by)
        answer = operation.run(call)
        access.audit(db, by, operation.name, call.about or person, **call.detail)
        return answer


def as_sent(db: Db, row: dict[str, Any], base: str) -> render.Rendered | RenderFailed | None:
    """A message as it was sent, but for its tokens; None where its words or its template are gone.

    `base` is the installation's own address, for links that are its own.
    """
    program = _program_at(db, row["planned_at"])
    template = program.templates.get(row["template"]) if program else None
    if program is None or template is None or not row["variables"]:
        return None
    given = {**row, "message_class": row["class"]}
    intent = Intent(**{field: given[field] for field in Intent.__struct_fields__})
    compiled = render.compile(template, program.brand)
    links = render.Links(f"{base}/u/-", f"{base}/p/-", f"{base}/v/-", f"{base}/confirm/-")
    return render.render(compiled, intent, links, now=row["accepted_at"] or row["planned_at"])


def _program_at(db: Db, at: int) -> Program | None:
    """The program in force at an instant."""
    number = store.program_at(db, at)
    return load(db, number) if number else None
