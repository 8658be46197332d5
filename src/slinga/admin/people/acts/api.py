"""What a member does to somebody, over HTTP.

In: forms of somebody's page. Out: the page again, saying what was done; an export as a file.
Always true: each act is an operation of the admin API, in the member's name and in the audit log; forgetting
somebody asks for their key to be typed.
"""

from collections.abc import Callable, Iterator
from typing import IO, Any
from urllib.parse import quote

from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream

from slinga.access import jobs as access
from slinga.admin.people.api import PART, questions, somebody
from slinga.admin.people.jobs import act
from slinga.admin.shell.api import Web, actor, form, pool
from slinga.api import changes, suppression
from slinga.kernel.errors import Invalid
from slinga.privacy import erase as privacy
from slinga.privacy.export import export
from slinga.runtime.db import Db

Form = dict[str, str]
Did = Callable[[Db, Any, str, str, Form], str]


def _tag(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    act(db, state, by, changes.add_tag, key, tag=given.get("tag", ""))
    return "tagged"


def _untag(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    act(db, state, by, changes.remove_tag, key, tag=given.get("tag", ""))
    return "untagged"


def _trait(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    name, value = given.get("name", "").strip(), given.get("value", "").strip()
    if not name:
        raise Invalid("Say what it is that you know, such as first_name.", field="name")
    act(db, state, by, changes.set_traits, key, body=changes.Traits(traits={name: value or None}))
    return "changed"


def _stage(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    model, _, stage = given.get("stage", "").partition("/")
    pin = given.get("pin", "").strip() or None
    place = changes.Place(model=model, stage=stage, pin=pin, note=given.get("note", ""))
    act(db, state, by, changes.set_stage, key, body=place)
    return "placed"


def _consent(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    action = given.get("action", "")
    if action not in ("granted", "withdrawn"):
        raise Invalid("Say whether it was given or withdrawn.", field="action")
    how = given.get("how", "").strip()
    if not how:
        raise Invalid("Write how they told you, such as: by phone on 3 March. It is the proof.", field="how")
    permit = changes.Permit(
        channel=given.get("channel", "email"),
        topic=given.get("topic", "").strip(),
        action=action,  # type: ignore[arg-type]
        source="member",
        evidence={"note": how},
        wording=given.get("wording", ""),
    )
    act(db, state, by, changes.add_consent, key, body=permit)
    return "permitted"


def _start(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    act(db, state, by, changes.start_journey, key, body=changes.Start(), key=given.get("journey", ""))
    return "started"


def _stop(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    act(db, state, by, changes.stop_journey, key, key=given.get("journey", ""))
    return "stopped"


def _suppress(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    scope = given.get("scope", "marketing")
    if scope not in ("global", "marketing"):
        raise Invalid("Choose: no marketing, or nothing at all.", field="scope")
    channel = given.get("channel", "email")
    if channel not in ("email", "sms"):
        raise Invalid("Choose e-mail or text message.", field="channel")
    which = suppression.Which(channel=channel, scope=scope)  # type: ignore[arg-type]
    act(db, state, by, suppression.suppress_person, key, body=which)
    return "suppressed"


def _merge(db: Db, state: Any, by: str, key: str, given: Form) -> str:
    act(db, state, by, changes.merge_person, key, body=changes.Merge(other=given.get("other", "").strip()))
    return "merged"


ACTS: dict[str, Did] = {
    "tag": _tag,
    "untag": _untag,
    "trait": _trait,
    "stage": _stage,
    "consent": _consent,
    "start": _start,
    "stop": _stop,
    "suppress": _suppress,
    "merge": _merge,
}
"""What can be done, by the value of the pressed button."""


@post("/admin/people/{key:str}/act", status_code=303)
async def do(request: Web, key: FromPath[str]) -> Redirect:
    """One act. What follows of it appears in the timeline as soon as the engine has taken it in."""
    given = await form(request)
    chosen = ACTS.get(given.get("do", ""))
    if chosen is None:
        raise Invalid("This is not one of %(known)s.", field="do", known=", ".join(ACTS))
    with pool(request) as db:
        who = somebody(db, key)
        done = chosen(db, request.app.state, actor(request), who.key, given)
    tab = f"&tab={quote(given['tab'])}" if given.get("tab") else ""
    return Redirect(f"{PART}/{who.key}?done={done}{tab}", status_code=303)


@post("/admin/people/{key:str}/export", status_code=200)
async def export_person(request: Web, key: FromPath[str]) -> Response[Any]:
    """Everything that is known of somebody, as a zip of JSON and CSV."""
    await form(request)
    with pool(request) as db:
        who = somebody(db, key)
        file = export(db, who.key, key_of=request.app.state.address_key)
        with db.transaction():
            access.audit(db, actor(request), "export_person", who.key)
    headers = {
        "Content-Disposition": f'attachment; filename="person-{who.key[:8]}.zip"',
        "Cache-Control": "no-store",
    }
    return Stream(_parts(file), media_type="application/zip", headers=headers)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    """A file in portions, closed when it was sent."""
    with file:
        while portion := file.read(65_536):
            yield portion


@post("/admin/people/{key:str}/erase", status_code=303)
async def erase_person(request: Web, key: FromPath[str]) -> Redirect:
    """Forget somebody, in every table, for ever. The form repeats the beginning of the key."""
    given = await form(request)
    with pool(request) as db:
        who = somebody(db, key)
        if given.get("typed", "").strip().lower() != who.key[:8]:
            raise Invalid("Type %(key)s to show that you mean this person.", field="typed", key=who.key[:8])
        told = bool(request.app.state.settings.erased_url)
        by = actor(request)
        privacy.erase(db, who.key, key_of=request.app.state.address_key, reason="request", by=by, tell=told)
        with db.transaction():
            access.audit(db, by, "erase_person", who.key, reason="request")
    return Redirect(PART, status_code=303)


routes = [*questions, do, export_person, erase_person]
