"""Settings over HTTP.

In: forms, presses that ask DNS or the mail server. Out: pages; rules and topics published.
Always true: a page never waits for the network, only a press does; what was asked changes nothing.
"""

import asyncio
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from slinga import __version__
from slinga.access import jobs as access
from slinga.admin.settings import jobs, records, rules
from slinga.admin.shell.api import Web, actor, can, desk_of, fields, form, pool, shown
from slinga.admin.shell.store import programme
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force
from slinga.kernel.errors import Invalid, SlingaError
from slinga.messages.policy import Policy
from slinga.runtime import health
from slinga.runtime.db import Db
from slinga.runtime.settings import KEPT, PREFIX, Settings, explain

PART = "/admin/settings/rules"
HOME = "/admin/settings"
_DEFAULT = Policy()
CAPS: list[dict[str, Any]] = [
    {"count": cap.count, "within_h": cap.within_h, "channels": list(cap.channels)} for cap in _DEFAULT.caps
]


def _settings(request: Web) -> Settings:
    found: Settings = request.app.state.settings
    return found


class Sender(msgspec.Struct, frozen=True):
    """Who mail comes from, as the environment says."""

    address: str
    domain: str
    bounce: str
    selector: str
    key: Path
    relay: str
    signs: bool
    """Whether Slinga signs; else the relay does."""


def _sender(settings: Settings, db: Db) -> Sender:
    """Who letters come from: the published brand says it, else the setting."""
    brands = programme(db).of("brand").values()
    mail_from = next((str(each["sender"]) for each in brands if each.get("sender")), settings.mail_from)
    domain = parseaddr(mail_from)[1].rpartition("@")[2] or "localhost"
    url = urlsplit(settings.smtp_url)
    bounce = parse_qs(url.query).get("bounce", [""])[0] or settings.bounce_domain or domain
    selector, _, path = settings.dkim.partition(":")
    key = Path(path) if path else jobs.key_file(settings.data, domain)
    return Sender(mail_from, domain, bounce, selector or jobs.SELECTOR, key, url.hostname or "", bool(path))


def _sending(
    request: Web, db: Db, verdicts: list[records.Verdict] | None = None, fault: str = ""
) -> Response[str]:
    sender = _sender(_settings(request), db)
    return shown(
        request,
        db,
        "settings/sending",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        sender=sender,
        records=_records(sender),
        verdicts={one.key: one for one in verdicts or ()},
        asked=verdicts is not None,
        has_key=sender.key.is_file(),
        local="." not in sender.domain,
    )


def _records(sender: Sender) -> list[records.Record]:
    dkim = jobs.public(sender.domain, sender.selector, sender.key)
    return records.wanted(sender.domain, sender.bounce, sender.selector, dkim, sender.relay)


@get(HOME, sync_to_thread=True)
def sending(request: Web) -> Response[str]:
    """What the sender's domain must publish."""
    with pool(request) as db:
        return _sending(request, db)


@post(f"{HOME}/check", status_code=200)
async def check(request: Web) -> Response[str]:
    """Ask DNS about every record."""
    await form(request)

    def work() -> Response[str]:
        with pool(request) as db:
            sender = _sender(_settings(request), db)
        found = jobs.check(_records(sender))  # asks the world outside, so no connection is held meanwhile
        with pool(request) as db:
            return _sending(request, db, found)

    return await asyncio.to_thread(work)


@post(f"{HOME}/key", status_code=303)
async def make_key(request: Web) -> Response[Any]:
    """Make the key that signs mail; its private half stays on this machine."""
    await form(request)

    def work() -> Response[Any]:
        with pool(request) as db:
            sender = _sender(_settings(request), db)
            try:
                jobs.make_key(sender.key)
                access.audit(db, actor(request), "make_dkim_key", sender.domain)
            except SlingaError as fault:
                return _sending(request, db, fault=fault.message)
        return Redirect(HOME, status_code=303)

    return await asyncio.to_thread(work)


def _channels(request: Web, db: Db, found: Any = None) -> Response[str]:
    settings = _settings(request)
    wanted = (
        "smtp_url",
        "mail_from",
        "bounce_domain",
        "bounce_url",
        "bounce_listen",
        "dkim",
        "webhook_private",
    )
    told = {one.name: one for one in explain(settings)}
    return shown(
        request,
        db,
        "settings/channels",
        part=PART,
        rows=[told[name] for name in wanted if name in told],
        mail=bool(settings.smtp_url),
        found=found,
    )


@get(f"{HOME}/channels", sync_to_thread=True)
def channels(request: Web) -> Response[str]:
    """What messages go out through, and where that is set."""
    with pool(request) as db:
        return _channels(request, db)


@post(f"{HOME}/channels", status_code=200)
async def try_relay(request: Web) -> Response[str]:
    """Connect to the mail server, say hello, sign in; nothing is sent."""
    await form(request)
    ask, url = desk_of(request).relay, _settings(request).smtp_url

    def work() -> Response[str]:
        found = list(ask(url)) if ask and url else []
        with pool(request) as db:
            return _channels(request, db, found)

    return await asyncio.to_thread(work)


def _policy(db: Db) -> tuple[str, dict[str, Any]]:
    """The key and the document of the policy: its draft, what is in force, or an empty one."""
    name = next((key for kind, key in in_force(db).documents if kind == "policy"), "policy")
    return name, drafts.present(db, "policy", name) or {}


def _publish(db: Db, request: Web, document: dict[str, Any]) -> None:
    name, _ = _policy(db)
    with db.transaction():
        drafts.save(db, "policy", name, document, by=actor(request))
        drafts.publish(db, [("policy", name)], by=actor(request))


def _rules(request: Web, db: Db, given: dict[str, str] | None = None, fault: str = "") -> Response[str]:
    name, document = _policy(db)
    return shown(
        request,
        db,
        "settings/rules",
        part=PART,
        code=400 if fault else 200,
        fault=fault,
        given=rules.fields_of(document, CAPS, _DEFAULT.quiet_hours) | (given or {}),
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

    def work() -> Response[Any]:
        with pool(request) as db:
            try:
                _publish(db, request, rules.with_rules(_policy(db)[1], given, CAPS))
            except SlingaError as fault:
                return _rules(request, db, given, _told(fault))
        return Redirect(PART, status_code=303)

    return await asyncio.to_thread(work)


def _told(fault: SlingaError) -> str:
    return f"{fault.field}: {fault.message}" if fault.field else fault.message


def _consent(request: Web, db: Db, given: dict[str, str] | None = None, fault: str = "") -> Response[str]:
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

    def work() -> Response[Any]:
        with pool(request) as db:
            _, document = _policy(db)
            try:
                if given.get("do") == "remove":
                    changed = rules.without_topic(document, given.get("key", ""))
                else:
                    channels = [value for name, value in sent if name == "channel"]
                    changed = rules.with_topic(document, given, channels)
                _publish(db, request, changed)
            except SlingaError as fault:
                return _consent(request, db, given, _told(fault))
        return Redirect(f"{HOME}/consent", status_code=303)

    return await asyncio.to_thread(work)


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

    def work() -> Response[str]:
        if ask is None:
            raise Invalid("This process cannot count it. Run `slinga tidy --dry-run` on the machine.")
        with pool(request) as db:
            return _data(request, db, ask(db))

    return await asyncio.to_thread(work)


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
            part_states=[(name, state, heard.get(name)) for name, state in health.states(db).items()],
        )


routes = [
    sending,
    check,
    make_key,
    channels,
    try_relay,
    sending_rules,
    save_rules,
    consent,
    save_topic,
    data,
    count_due,
    about,
]
