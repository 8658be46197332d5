"""The sending domain and the mail server over HTTP.

In: forms, presses that ask DNS or the mail server. Out: pages; a server, a key, a mail to oneself.
Always true: a page never waits for the network, only a press does; a password that was given is shown nowhere
again; what the environment says is shown and not changed.
"""

import asyncio
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from slinga.access import jobs as access
from slinga.admin.settings import jobs, records
from slinga.admin.shell.api import Web, actor, changed, desk_of, fault_said, form, me, pool, shown, spoken
from slinga.admin.shell.store import programme
from slinga.admin.shell.words import noted as N_
from slinga.delivery.inbox import jobs as inbox
from slinga.delivery.relay import jobs as relays
from slinga.delivery.relay.jobs import SigningKey
from slinga.delivery.relay.model import PORTS, Relay, described
from slinga.kernel.errors import SlingaError
from slinga.runtime.db import Db
from slinga.runtime.secrets import Secrets
from slinga.runtime.settings import Settings, explain

PART = "/admin/settings/rules"
HOME = "/admin/settings"
CHANNELS = f"{HOME}/channels"
BY_ENVIRONMENT = ("bounce_domain", "bounce_url", "bounce_listen", "dkim", "webhook_private", "smtp_private")
SUBJECT = N_("Slinga can send")
TEXT = N_("This mail came through the mail server of your installation of Slinga. Nothing is left to do.")


def _settings(request: Web) -> Settings:
    found: Settings = request.app.state.settings
    return found


def _secrets(request: Web) -> Secrets:
    found: Secrets = request.app.state.secrets
    return found


class Sender(msgspec.Struct, frozen=True):
    """Who mail comes from and who signs it."""

    address: str
    domain: str
    bounce: str
    selector: str
    record: str
    """The text of the key's record in DNS; empty where there is no key of ours."""
    relay: str
    by_environment: bool
    """Whether the environment names the key."""


def _sender(request: Web, db: Db) -> Sender:
    """Who letters come from: the published brand says it, else the setting."""
    settings = _settings(request)
    brands = programme(db).of("brand").values()
    mail_from = next((str(each["sender"]) for each in brands if each.get("sender")), settings.mail_from)
    domain = parseaddr(mail_from)[1].rpartition("@")[2].lower() or "localhost"
    kept = relays.find(db, _secrets(request))
    said = urlsplit(settings.smtp_url).hostname or (kept.relay.host if kept else "")
    bounce = settings.bounce_domain or (kept.relay.bounce if kept else "") or domain
    selector, _, path = settings.dkim.partition(":")
    if path:
        record = jobs.record_of_file(domain, selector, path)
    else:
        key = next((one for one in relays.keys(db, _secrets(request)) if one.domain == domain), None)
        selector = key.selector if key else jobs.SELECTOR
        record = jobs.record(key) if key else ""
    return Sender(mail_from, domain, bounce, selector, record, said, bool(path))


def _sending(
    request: Web, db: Db, verdicts: list[records.Verdict] | None = None, fault: str = ""
) -> Response[str]:
    sender = _sender(request, db)
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
        local="." not in sender.domain,
    )


def _records(sender: Sender) -> list[records.Record]:
    return records.wanted(sender.domain, sender.bounce, sender.selector, sender.record, sender.relay)


@get(HOME, sync_to_thread=True)
def sending(request: Web) -> Response[str]:
    """What the sender's domain must publish."""
    with pool(request) as db:
        return _sending(request, db)


@post(f"{HOME}/check", status_code=200)
async def check(request: Web) -> Response[str]:
    """Ask DNS about every record."""
    await form(request)
    with pool(request) as db:
        sender = _sender(request, db)
    found = jobs.check(_records(sender))  # asks the world outside, so no connection is held meanwhile
    with pool(request) as db:
        return _sending(request, db, found)


@post(f"{HOME}/key", status_code=303)
async def make_key(request: Web) -> Response[Any]:
    """Make the key that signs every mail of this domain from now on."""
    await form(request)

    def make(db: Db) -> None:
        domain = _sender(request, db).domain
        with db.transaction():
            key = SigningKey(domain, jobs.SELECTOR, jobs.new_key())
            relays.add_key(db, _secrets(request), key, actor(request))
            access.audit(db, actor(request), "make_dkim_key", domain)

    return changed(
        request, make, lambda db, fault: _sending(request, db, fault=fault_said(request, fault)), HOME
    )


def channels_page(
    request: Web,
    db: Db,
    *,
    given: dict[str, str] | None = None,
    fault: SlingaError | None = None,
    heard: Any = None,
    done: str = "",
    box: dict[str, str] | None = None,
) -> Response[str]:
    """The page of channels; `given` and `box` are the forms of the server and of the mailbox as sent."""
    settings = _settings(request)
    told = {one.name: one for one in explain(settings)}
    kept = relays.find(db, _secrets(request))
    return shown(
        request,
        db,
        "settings/channels",
        part=PART,
        code=400 if fault or (heard and heard.step and done != "saved") else 200,
        rows=[told[name] for name in BY_ENVIRONMENT],
        fixed=told["smtp_url"].value if settings.smtp_url else "",
        kept=kept,
        given=given if given is not None else _fields(kept, _sender(request, db).domain),
        ports=PORTS,
        private=settings.smtp_private,
        fault=fault,
        heard=heard,
        done=done,
        own=me(request).email,
        box_fixed=told["bounce_url"].value if settings.bounce_url else "",
        box_kept=inbox.find(db, _secrets(request)),
        box=box,
        told=fault_said(request, fault) if fault else "",
    )


def _fields(kept: relays.Kept | None, domain: str) -> dict[str, str]:
    """The form as it stands; the password is not among it."""
    if kept is None:
        return {
            "security": "starttls",
            "port": str(PORTS["starttls"]),
            "bounce": domain if "." in domain else "",
        }
    relay = kept.relay
    return {"host": relay.host, "port": str(relay.port), "security": relay.security, "user": relay.user,
            "bounce": relay.bounce}  # fmt: skip


@get(CHANNELS, sync_to_thread=True)
def channels(request: Web) -> Response[str]:
    """What messages go out through."""
    with pool(request) as db:
        return channels_page(request, db)


@post(CHANNELS, status_code=200)
async def change_relay(request: Web) -> Response[Any]:
    """Save the mail server once it answers, try it, forget it, or send oneself a mail through it."""
    given = await form(request)
    do = given.get("do", "try")
    if do == "hello":
        return await _hello(request)
    work = {"save": _save, "forget": _forget}.get(do, _try)
    return await asyncio.to_thread(work, request, given)  # a dial has a loop of its own


def _dialled(request: Web, url: str, *, desk: bool) -> Any:
    """How far a dial comes; None in a process that cannot dial."""
    dial = desk_of(request).dial
    return dial(url, desk) if dial else None


def _save(request: Web, given: dict[str, str]) -> Response[Any]:
    with pool(request) as db:
        before = relays.find(db, _secrets(request))
        known = before.relay if before and not before.lost else None
        try:
            relay: Relay = described(given, known, private=_settings(request).smtp_private)
        except SlingaError as fault:
            return channels_page(request, db, given=given, fault=fault)
    heard = _dialled(request, relay.url(), desk=True)  # meanwhile no connection is held
    with pool(request) as db:
        if heard is not None and heard.step and "anyway" not in given:
            return channels_page(request, db, given=given, heard=heard)
        with db.transaction():
            relays.save(db, _secrets(request), relay, actor(request))
            access.audit(db, actor(request), "set_relay", relay.host, port=relay.port)
        return channels_page(request, db, heard=heard, done="saved")


def _forget(request: Web, _given: dict[str, str]) -> Response[Any]:
    with pool(request) as db:
        with db.transaction():
            if relays.forget(db):
                access.audit(db, actor(request), "forget_relay")
        return Redirect(CHANNELS, status_code=303)


def _try(request: Web, _given: dict[str, str]) -> Response[Any]:
    with pool(request) as db:
        url, desk = _url(request, db)
    heard = _dialled(request, url, desk=desk) if url else None
    with pool(request) as db:
        return channels_page(request, db, heard=heard, done="tried")


def _url(request: Web, db: Db) -> tuple[str, bool]:
    """The server in use, and whether the desk names it."""
    if _settings(request).smtp_url:
        return _settings(request).smtp_url, False
    kept = relays.find(db, _secrets(request))
    return (kept.relay.url(), True) if kept and not kept.lost else ("", True)


async def _hello(request: Web) -> Response[Any]:
    """Dial first, because a dial can say what is wrong; then the mail itself."""
    hello, say = desk_of(request).hello, spoken(request)
    tried = await asyncio.to_thread(_try, request, {})
    if tried.status_code != 200 or hello is None:
        return tried
    with pool(request) as db:
        sender = _sender(request, db).address
    wrong = None
    try:
        await hello(sender, me(request).email, say(SUBJECT), say(TEXT))
    except SlingaError as fault:
        wrong = fault
    with pool(request) as db:
        return channels_page(request, db, fault=wrong, done="" if wrong else "sent")


routes = [sending, check, make_key, channels, change_relay]
