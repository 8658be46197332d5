"""How mail leaves: through the server of the environment, the one set at the desk, or into the mailbox.

In: settings, the installation's secrets, a connection. Out: what is wanted now, and the channel of it.
Always true: the environment wins where it says anything; what the desk sets takes effect without a restart;
a mail is signed with the key of the domain it is from, and without one it goes as it is.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
from psycopg_pool import ConnectionPool

from slinga.channels import registry
from slinga.channels.changing import Changing
from slinga.channels.email import mailbox
from slinga.channels.email.config import parse
from slinga.channels.email.mailbox import Mailbox
from slinga.channels.model import Channel
from slinga.delivery.inbox import jobs as inbox
from slinga.delivery.relay import jobs as relays
from slinga.delivery.relay.jobs import Kept, SigningKey
from slinga.kernel.clock import from_datetime
from slinga.kernel.errors import Conflict
from slinga.messages.dkim import Signer
from slinga.runtime.db import Db
from slinga.runtime.secrets import Secrets
from slinga.runtime.settings import Settings

_FROM = re.compile(rb"^from:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.I | re.M)
Sign = Callable[[bytes], bytes]
OTHERS = {"push": "webpush", "sms": "sms.log"}
"""What carries web pushes and text messages while no package does: the mailbox shows them."""


def other_channel(kind: str, pool: ConnectionPool[Db]) -> Channel:
    """The channel of text messages or web pushes: that of an installed package, else the mailbox."""
    return registry.make(kind) if kind in registry.plugged() else registry.make(OTHERS[kind], pool=pool)


class Outgoing(msgspec.Struct, frozen=True):
    """How mail leaves now. `url` "": into the development mailbox. `desk`: the desk has set it."""

    url: str
    bounce: str
    desk: bool = False
    keys: tuple[SigningKey, ...] = ()

    def __repr__(self) -> str:
        return f"Outgoing({'desk' if self.desk else 'environment'})"


def domain(settings: Settings) -> str:
    """The domain of Message-IDs, and of return addresses where nothing else says it.

    That of the setting, of the sender, else the name under which this installation is reached.
    """
    sender = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    named = sender if sender != "localhost" else urlsplit(settings.base_url).hostname
    return settings.bounce_domain or named or "localhost"


def return_domain(db: Db, settings: Settings, secrets: Secrets) -> str:
    """The domain of return addresses: the relay's own word, the setting, the desk, the sender."""
    return _return_domain(settings, None if settings.smtp_url else relays.find(db, secrets))


def _return_domain(settings: Settings, kept: Kept | None) -> str:
    said = parse_qs(urlsplit(settings.smtp_url).query).get("bounce", [""])[0]
    return said or settings.bounce_domain or (kept.relay.bounce if kept else "") or domain(settings)


def bounce_box(db: Db, settings: Settings, secrets: Secrets) -> Mailbox | None:
    """The mailbox that bounces come to: the environment's, else the desk's; None where there is none.

    Raises Conflict where its password cannot be read any more.
    """
    if settings.bounce_url:
        return mailbox.parse(settings.bounce_url)
    kept = inbox.find(db, secrets)
    if kept is None:
        return None
    if kept.lost:
        raise Conflict(
            "The password of the bounce mailbox cannot be read any more. Enter it anew at the desk."
        )
    return mailbox.parse(kept.box.url(), private=settings.smtp_private)


def outgoing(db: Db, settings: Settings, secrets: Secrets) -> Outgoing:
    """What is wanted now. Raises Conflict where the password cannot be read any more."""
    keys = tuple(relays.keys(db, secrets)) if not settings.dkim else ()
    kept = None if settings.smtp_url else relays.find(db, secrets)
    bounce = _return_domain(settings, kept)
    if kept is None:
        return Outgoing(settings.smtp_url, bounce, keys=keys)
    if kept.lost:
        raise Conflict("The password of the mail server cannot be read any more. Enter it anew at the desk.")
    return Outgoing(kept.relay.url(), bounce, desk=True, keys=keys)


def to_mailbox(db: Db, settings: Settings) -> bool:
    """Whether mail goes to the development mailbox."""
    return not settings.smtp_url and not relays.chosen(db)


def email_channel(settings: Settings, secrets: Secrets, pool: ConnectionPool[Db]) -> Channel:
    """The channel of all mail, which follows what the desk sets."""

    def find() -> Outgoing:
        with pool.connection() as db:
            return outgoing(db, settings, secrets)

    def make(wanted: Outgoing) -> Channel:
        if not wanted.url:
            return registry.make("email.devbox", pool=pool)
        private = not wanted.desk or settings.smtp_private
        config = parse(wanted.url, bounce=wanted.bounce, private=private)
        sign = _sign(_signers(settings, wanted.keys))
        return registry.make("email.smtp", config=config, secret=secrets.key("return-path"), sign=sign)

    return Changing("email", find, make)


def _signers(settings: Settings, keys: Iterable[SigningKey]) -> dict[str, Signer]:
    """By the domain of the sender; the environment's key signs for all."""
    if settings.dkim:
        selector, _, path = settings.dkim.partition(":")
        return {"": Signer(domain(settings), selector, Path(path).read_bytes())}
    return {key.domain: Signer(key.domain, key.selector, key.pem) for key in keys}


def _sign(signers: dict[str, Signer]) -> Sign | None:
    """The signature alone, as the wire wants it; dated by the machine's clock, as receivers check it."""
    if not signers:
        return None

    def header(mail: bytes) -> bytes:
        signer = signers.get("") or signers.get(sender_domain(mail))
        return signer.header(mail, from_datetime(datetime.now(UTC))) if signer else b""

    return header


def sender_domain(mail: bytes) -> str:
    """The domain of a mail's From, in lower case; empty where it has none."""
    head = mail.partition(b"\r\n\r\n")[0]
    found = _FROM.search(head)
    line = found[1].replace(b"\r\n", b"").decode("ascii", "replace") if found else ""
    address = parseaddr(line)[1]
    return address.rpartition("@")[2].lower()
