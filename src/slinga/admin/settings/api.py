"""Rules of sending, consent, retention and the state of things over HTTP.

In: forms. Out: pages; rules and topics published as the policy.
Always true: what is published here holds from the next decision on; what only the environment sets is shown.
"""

from typing import Any

from litestar import Response, get, post

from slinga import __version__
from slinga.admin.settings import rules
from slinga.admin.settings.mail import api as mail
from slinga.admin.settings.returns import api as returns
from slinga.admin.shell.api import Web, actor, can, changed, desk_of, fields, form, pool, shown
from slinga.backup.places import last_taken
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force
from slinga.kernel.calendar import zones
from slinga.kernel.errors import Invalid, SlingaError
from slinga.messages.policy import Policy
from slinga.runtime import health
from slinga.runtime.db import Db
from slinga.runtime.settings import KEPT, PREFIX, Settings, explain

PART = "/admin/settings/rules"
HOME = "/admin/settings"
STALE_H = 48
"""A backup older than this is told as old."""
_DEFAULT = Policy()
CAPS: list[dict[str, Any]] = [
    {"count": cap.count, "within_h": cap.within_h, "channels": list(cap.channels)} for cap in _DEFAULT.caps
]


def _settings(request: Web) -> Settings:
    found: Settings = request.app.state.settings
    return found


def _policy(db: Db) -> tuple[str, dict[str, Any]]:
    """The key and the document of the policy: its draft, what is in force, or an empty one."""
    name = next((key for kind, key in in_force(db).documents if kind == "policy"), "policy")
    return name, drafts.present(db, "policy", name) or {}


def _publish(db: Db, request: Web, document: dict[str, Any], zone: str = "") -> None:
    name, _ = _policy(db)
    with db.transaction():
        drafts.save(db, "policy", name, document, by=actor(request))
        drafts.publish(db, [("policy", name)], by=actor(request), zone=zone)


def _rules(
    request: Web, db: Db, given: dict[str, str] | None = None, fault: SlingaError | None = None
) -> Response[str]:
    name, document = _policy(db)
    return shown(
        request,
        db,
        "settings/rules",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        given=rules.fields_of(document, CAPS, _DEFAULT.quiet_hours)
        | {"zone": in_force(db).zone or _settings(request).zone}
        | (given or {}),
        zones=zones(),
        may=can(request, "publish"),
        versions=drafts.versions(db, "policy", name)[:10],
    )


@get(PART, sync_to_thread=True)
def sending_rules(request: Web) -> Response[str]:
    """Caps, quiet hours and tracking."""
    with pool(request) as db:
        return _rules(request, db)


@post(PART, status_code=303)
async def save_rules(request: Web) -> Response[Any]:
    """Publish the rules; they hold from the next decision on."""
    given = await form(request)
    return changed(
        request,
        lambda db: _publish(
            db, request, rules.with_rules(_policy(db)[1], given, CAPS), given.get("zone", "").strip()
        ),
        lambda db, fault: _rules(request, db, given, fault),
        PART,
    )


def _consent(
    request: Web, db: Db, given: dict[str, str] | None = None, fault: SlingaError | None = None
) -> Response[str]:
    name, document = _policy(db)
    return shown(
        request,
        db,
        "settings/consent",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        topics=document.get("topics", []),
        given=given or {},
        may=can(request, "publish"),
        versions=[one for one in drafts.versions(db, "policy", name) if one.document.get("topics")][:10],
    )


@get(f"{HOME}/consent", sync_to_thread=True)
def consent(request: Web) -> Response[str]:
    """What people can choose, and the words they are asked with."""
    with pool(request) as db:
        return _consent(request, db)


@post(f"{HOME}/consent", status_code=303)
async def save_topic(request: Web) -> Response[Any]:
    """Publish a topic, or take one away."""
    sent = await fields(request)
    given = dict(sent)

    def change(db: Db) -> None:
        _, document = _policy(db)
        if given.get("do") == "remove":
            _publish(db, request, rules.without_topic(document, given.get("key", "")))
        else:
            channels = [value for name, value in sent if name == "channel"]
            _publish(db, request, rules.with_topic(document, given, channels))

    return changed(request, change, lambda db, fault: _consent(request, db, given, fault), f"{HOME}/consent")


def _data(request: Web, db: Db, due: dict[str, int] | None = None) -> Response[str]:
    told = {one.name: one for one in explain(_settings(request))}
    rows = [told[name] for name in KEPT]
    return shown(request, db, "settings/data", part=PART, rows=rows, due=due, prefix=PREFIX)


@get(f"{HOME}/data", sync_to_thread=True)
def data(request: Web) -> Response[str]:
    """How long what is kept."""
    with pool(request) as db:
        return _data(request, db)


@post(f"{HOME}/data", status_code=200)
async def count_due(request: Web) -> Response[str]:
    """Count what the next round would forget; nothing is changed."""
    await form(request)
    ask = desk_of(request).due
    if ask is None:
        raise Invalid("This process cannot count it. Run `slinga tidy --dry-run` on the machine.")
    with pool(request) as db:
        return _data(request, db, ask(db))


@get(f"{HOME}/about", sync_to_thread=True)
def about(request: Web) -> Response[str]:
    """Which release this is, and whether its parts work."""
    settings = _settings(request)
    with pool(request) as db:
        heard = health.parts(db)
        return shown(
            request,
            db,
            "settings/about",
            part=PART,
            version=__version__,
            database=db.info.server_version,
            own="embedded" if not settings.origins.get("database_url", "").startswith(PREFIX) else "given",
            address=settings.base_url,
            backup=last_taken(db),
            stale_h=STALE_H,
            part_states=[(name, state, heard.get(name)) for name, state in health.states(db).items()],
        )


routes = [
    *mail.routes,
    *returns.routes,
    sending_rules,
    save_rules,
    consent,
    save_topic,
    data,
    count_due,
    about,
]
