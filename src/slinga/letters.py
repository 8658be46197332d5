"""Letters: a planned message becomes the bytes that go over the wire.

In: a message under lease, the templates in force, the addresses of this installation. Out: MIME bytes for
e-mail, a JSON document for other channels, or `RenderFailed`.
Always true: what the preview shows is what is sent, for both come from `messages.render`; a link, a pixel
or a header is in a message only as far as the person's permission went when it was planned.
"""

import msgspec

from slinga.delivery.model import Message, RenderFailed
from slinga.engine.model import Program
from slinga.kernel.clock import DAY, SECOND, Instant
from slinga.messages import mime, render
from slinga.messages.addresses import BadAddress, read, read_named
from slinga.messages.policy import Tracking
from slinga.onsite import links
from slinga.onsite.links import Addressee

CONFIRM_FOR = 7 * DAY
CONFIRM_TOPIC = "confirm"


class Sender(msgspec.Struct, frozen=True):
    """What all letters of an installation have in common. `mail_from` is `Name <address>`."""

    base_url: str
    key: bytes
    mail_from: str
    domain: str
    """The right side of Message-IDs and List-Ids."""


class Writer:
    """Writes letters; compiles each template once per program. May be used by several threads."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._compiled: tuple[int, dict[str, render.Compiled]] = (-1, {})

    def write(
        self, message: Message, program: Program, now: Instant, own: render.Links | None = None
    ) -> bytes | RenderFailed:
        """The message as it goes to its channel at `now`; `own` are its links where they are not its own."""
        if not message.template:  # a webhook node, or an extension's: the document is the message
            about = {"journey": message.journey, "node": message.node, "run": message.run}
            asked = {"ask": message.variables.get("ask"), "data": message.variables.get("body") or {}}
            return msgspec.json.encode({"id": message.id, "person": message.person, **about, **asked})
        if program.number != self._compiled[0]:
            self._compiled = (program.number, {})
        known = self._compiled[1]
        template = program.templates.get(message.template)
        if template is None:
            return RenderFailed(f"there is no template {message.template!r} any more")
        compiled = known.get(message.template)
        if compiled is None:
            compiled = known[message.template] = render.compile(template, program.brand)
        if own is None:
            own = self._links(message, now, confirms=compiled.confirms)
        made = render.render(compiled, message.intent, own, now=now)
        if not isinstance(made, render.Rendered):
            return RenderFailed(str(made.reason))
        if message.channel == "email":
            return self._mail(message, made, own, program, now)
        if message.channel == "push" and made.push is not None:
            return msgspec.json.encode(made.push)
        if message.channel == "webhook":
            return msgspec.json.encode({"id": message.id, "url": made.hook_url, "body": made.hook_body})
        return msgspec.json.encode({"id": message.id, "to": message.address, "text": made.text})

    def _links(self, message: Message, now: Instant, *, confirms: bool) -> render.Links:
        to = Addressee(
            message=message.id,
            person=message.person,
            channel=message.channel,
            topic=_topic(message),
            message_class=message.message_class,
            campaign=f"{message.journey}/{message.node}",
        )
        allowed = message.variables.get("tracking") or {}
        return links.links_for(
            to,
            base=self._sender.base_url,
            key=self._sender.key,
            tracking=Tracking(allowed.get("opens", "off"), allowed.get("clicks", "off")),
            confirm_until=now + CONFIRM_FOR if confirms else 0,
        )

    def _mail(
        self,
        message: Message,
        made: render.Rendered,
        own: render.Links,
        program: Program,
        now: Instant,
    ) -> bytes | RenderFailed:
        sender = read_named(made.sender or program.brand.sender or self._sender.mail_from)
        if isinstance(sender, BadAddress):
            return RenderFailed(f"the sender is no address: {sender.reason}")
        to = read(message.address)
        if isinstance(to, BadAddress):
            return RenderFailed(f"unsupported_address: {to.reason}")
        reply_to = made.reply_to or program.brand.reply_to
        reply = read(reply_to) if reply_to else None
        marketing = message.message_class == "marketing"
        built = mime.build(
            mime.Mail(
                message_id=(message.message_id or mime.message_id(message.id, self._sender.domain)).strip(
                    "<>"
                ),
                sender=sender[1],
                sender_name=sender[0],
                to=to,
                subject=made.subject,
                date=now // SECOND * SECOND,
                text=made.text,
                html=made.html,
                pieces=made.pieces,
                text_pieces=made.text_pieces,
                reply_to=None if reply is None or isinstance(reply, BadAddress) else reply,
                unsubscribe=own.unsubscribe if marketing else "",
                list_id=f"{message.topic}.{self._sender.domain}" if marketing and message.topic else "",
                list_name=message.topic if marketing else "",
                feedback_id=f"{message.journey or 'send'}:{message.template}:{message.message_class}:slinga",
                headers=made.headers,
            )
        )
        if isinstance(built, mime.BadMail):
            return RenderFailed(f"{built.field}: {built.reason}")
        return built


def _topic(message: Message) -> str:
    """What the message's links are about: a confirmation's is what it asks permission for."""
    if message.topic == CONFIRM_TOPIC:
        return str(message.variables.get("confirms") or "")
    return message.topic
