"""A test of a template: one message to a member of the team, and nothing else.

In: a template's document, the brand, what is known of a person, an address. Out: the message, on its way.
Always true: written by the writer of all letters and carried by the channel of its kind; marked as a test; no
message is planned and no person touched, so profiles, figures and caps stay as they are; its links of leaving
and choosing belong to nobody.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from psycopg_pool import ConnectionPool

from slinga.channels.model import Parcel, Receipt, TryLater, Unknown
from slinga.delivery.model import Message, RenderFailed
from slinga.engine.program import compile_program
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid, Unavailable
from slinga.kernel.words import noted as N_
from slinga.letters import Writer
from slinga.loops import sender_of
from slinga.messages.model import Brand, Template, Variant, parse
from slinga.messages.render import Links
from slinga.outgoing import OTHERS, domain, email_channel, other_channel
from slinga.runtime import clock, secrets
from slinga.runtime.db import Db
from slinga.runtime.settings import Settings

MARK = "[Test] "
HEADER = "X-Slinga-Test"
TAKES_S = 30.0
Said = TypeVar("Said", Template, Variant)


def marked(template: Template) -> Template:
    """The template with what is read first marked, and a header that machines read."""
    locales = {tag: _marked(one) for tag, one in template.locales.items()}
    headers = {**template.headers, HEADER: "yes"}
    return msgspec.structs.replace(_marked(template), headers=headers, locales=locales)


def _marked(said: Said) -> Said:
    """Subject, text of a text message, title of a push: whichever it has."""
    changes: dict[str, Any] = {"subject": MARK + said.subject} if said.subject else {}
    if said.text and not said.body:
        changes["text"] = MARK + said.text
    if said.push is not None:
        changes["push"] = msgspec.structs.replace(said.push, title=MARK + said.push.title)
    return msgspec.structs.replace(said, **changes)


def links(base: str) -> Links:
    """Our own addresses with tokens that belong to nobody; nothing is tracked."""
    return Links(
        unsubscribe=f"{base}/u/test",
        preferences=f"{base}/p/test",
        view=f"{base}/v/test",
        confirm=f"{base}/confirm/test",
    )


def letter(
    settings: Settings,
    key: bytes,
    template: Template,
    brand: Brand,
    variables: Mapping[str, Any],
    to: str,
    now: Instant,
) -> tuple[str, bytes]:
    """The id and the bytes of the test. Raises Invalid for what cannot be rendered."""
    if template.channel not in ("email", *OTHERS):
        raise Invalid("What goes to another system is not tested from here.", field="channel")
    name = uuid4().hex
    message = Message(
        bucket=0, id=name, send_key=f"test-{name}", person="", message_class=template.message_class,
        channel=template.channel, topic=template.topic, journey="", version=0, run="", node="",
        template=template.key, priority=0, lane="", address=to, variables=dict(variables), witness={},
        quiet_hours="", planned_at=now, not_before=now, expires_at=now, attempts=0, tries=0, resends=0,
        epoch=0, message_id="",
    )  # fmt: skip
    nothing = compile_program(0, "UTC", [], {})
    program = msgspec.structs.replace(nothing, templates={template.key: marked(template)}, brand=brand)
    made = Writer(sender_of(settings, key)).write(message, program, now, links(settings.base_url))
    if isinstance(made, RenderFailed):
        raise Invalid(made.reason)
    return name, made


class Trial:
    """Sends tests; one for each web process."""

    def __init__(self, settings: Settings, pool: ConnectionPool[Db]) -> None:
        self._settings = settings
        self._pool = pool

    async def send(self, document: dict[str, Any], brand: Brand, variables: dict[str, Any], to: str) -> None:
        """Send one. Raises Invalid for what cannot be rendered, Unavailable where it was not taken."""
        keys = secrets.load(self._settings.data, self._settings.secret)
        now = await asyncio.to_thread(self._now)
        template = parse(document)
        name, data = letter(self._settings, keys.key("links"), template, brand, variables, to, now)
        await self._carry(name, data, to, template.channel)

    async def hello(self, sender: str, to: str, subject: str, text: str) -> None:
        """Send a few words. Raises Unavailable where they were not taken."""
        name = uuid4().hex
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        mail["Date"], mail[HEADER] = format_datetime(datetime.now(UTC)), "yes"
        mail["Message-ID"] = f"<{name}@{domain(self._settings)}>"
        mail.set_content(text)
        await self._carry(name, mail.as_bytes(), to)

    async def _carry(self, name: str, data: bytes, to: str, by: str = "email") -> None:
        keys = secrets.load(self._settings.data, self._settings.secret)
        mail = by == "email"
        channel = email_channel(self._settings, keys, self._pool) if mail else other_channel(by, self._pool)
        await channel.open()
        try:
            parcel = Parcel(name, to, data, transactional=True, deadline=time.monotonic() + TAKES_S)
            async for _, result in channel.send([parcel]):
                if isinstance(result, Receipt | Unknown):
                    return
                told = getattr(result, "text", "") or N_("it was not taken")
                if isinstance(result, TryLater):
                    raise Unavailable("The mail server said: %(why)s. Try again in a moment.", why=told)
                raise Unavailable("The mail server said: %(why)s.", why=told)
        finally:
            await channel.close()
        raise Unavailable("The mail server did not answer. Try again in a moment.")

    def _now(self) -> Instant:
        with self._pool.connection() as db:
            return clock.now(db)
