"""The values of this stage: templates as documents, intents to send, and what policy answers.

In: plain dicts (JSON or YAML). Out: frozen structs.
Always true: a template's class is part of it and never changes on the way; a document with an unknown
field is refused with the path of that field.
"""

import re
from typing import Any, Literal

import msgspec

from slinga.kernel.clock import HOUR, Instant
from slinga.kernel.errors import Invalid
from slinga.messages import blocks
from slinga.messages.blocks import Blocks

MessageClass = Literal["marketing", "transactional"]
Channel = Literal["email", "push", "sms", "webhook"]

EXPIRES_FOR = 72 * HOUR
"""How long a planned message may wait before it is stale, where nothing else is said."""

_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_LOCALE = re.compile(r"[a-z]{2,3}([-_][A-Z][a-z]{3})?([-_]([A-Z]{2}|[0-9]{3}))?")

BROADCAST = "broadcast."
"""How the journeys of broadcasts begin: their messages let all others go first."""


RECOMMENDATIONS = "recommendations"
"""The variable that is filled with products when a message is planned, where its template asks for it."""


class Intent(msgspec.Struct, frozen=True):
    """A decision to send one message to one person. `send_key` is unique for ever: run, node and visit.

    `variables` is the snapshot the template renders with; `witness` the values the decision rested on.
    `expires_at` None means 72 h after `planned_at`. `quiet_hours` "" means the policy's, "none" none,
    "22:00-08:00" its own. `version` is the journey's.
    """

    send_key: str
    person: str
    message_class: MessageClass
    channel: Channel
    topic: str = ""
    journey: str = ""
    version: int = 0
    run: str = ""
    node: str = ""
    template: str = ""
    priority: int = 0
    planned_at: Instant = 0
    not_before: Instant = 0
    expires_at: Instant | None = None
    quiet_hours: str = ""
    variables: dict[str, Any] = {}
    witness: dict[str, Any] = {}

    @property
    def ends_at(self) -> Instant:
        """The instant from which the message is stale."""
        return self.planned_at + EXPIRES_FOR if self.expires_at is None else self.expires_at


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The layout of an e-mail: exactly one of blocks, MJML and HTML, all with Liquid in them."""

    mjml: str = ""
    html: str = ""
    blocks: Blocks = ()


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A web push: title and text are Liquid; `url` is where a click leads; `icon` is an https address."""

    title: str
    body: str
    url: str = ""
    icon: str = ""
    ttl_s: int = 86_400
    """How long the push service keeps it for a browser that is away, in seconds (RFC 8030, at most 28 d)."""


class Hook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A webhook: `url` and `body` are Liquid; the body is sent as it stands."""

    url: str
    body: str = ""


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a locale changes; everything absent comes from the next locale in the fallback chain."""

    subject: str = ""
    preview: str = ""
    body: Body | None = None
    text: str = ""
    sender: str = msgspec.field(name="from", default="")
    push: Push | None = None
    defaults: dict[str, Any] = {}
    words: dict[str, dict[str, str]] = {}
    """What this language says in the blocks: a block's id, then its fields, such as text or label."""


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A message as a document.

    `text` overrides the generated plain text (for `sms` it is the message). `defaults` holds the values of
    variables that a person may lack; any other undefined variable fails the render. `locales` maps a
    language tag ("sv", "pt-BR") to what differs from the template itself, whose language is `locale`.
    """

    key: str
    name: str
    message_class: MessageClass = msgspec.field(name="class")
    channel: Channel = "email"
    topic: str = ""
    stage: str = ""
    locale: str = "en"
    subject: str = ""
    preview: str = ""
    body: Body | None = None
    text: str = ""
    sender: str = msgspec.field(name="from", default="")
    reply_to: str = ""
    push: Push | None = None
    hook: Hook | None = None
    headers: dict[str, str] = {}
    defaults: dict[str, Any] = {}
    locales: dict[str, Variant] = {}
    utm: dict[str, str] = {}
    """Campaign tags of links, over the usual ones: utm_source, utm_medium, utm_campaign and so on."""


UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something about a template: its line, how bad it is, which rule, and what to do."""

    line: int
    level: Literal["error", "warning"]
    rule: str
    message: str


FontName = Literal["system", "arial", "georgia", "palatino", "tahoma", "times", "trebuchet", "verdana"]

FONTS: dict[str, str] = {
    "system": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "arial": "Arial, Helvetica, sans-serif",
    "georgia": "Georgia, 'Times New Roman', serif",
    "palatino": "'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, serif",
    "tahoma": "Tahoma, Verdana, Geneva, sans-serif",
    "times": "'Times New Roman', Times, serif",
    "trebuchet": "'Trebuchet MS', Tahoma, Arial, sans-serif",
    "verdana": "Verdana, Geneva, Tahoma, sans-serif",
}
"""Stacks of fonts that every mail program has."""


class Brand(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who sends. `address` is the postal address marketing mail must show; `url` resolves relative links."""

    name: str = ""
    address: str = ""
    url: str = ""
    color: str = "#1f4b99"
    logo_url: str = ""
    sender: str = ""
    """The From of templates that have none: "Name <address>"."""
    reply_to: str = ""
    text_color: str = "#1d1d1f"
    background: str = "#f4f2ee"
    """What stands round the card of a mail made of blocks."""
    surface: str = "#ffffff"
    """The card itself."""
    font: FontName = "system"
    heading_font: FontName | Literal[""] = ""
    """Without it, the font of texts."""
    rounding: int = 8
    """How round corners of buttons and pictures are, in pixels."""
    logo_width: int = 140
    links: dict[str, str] = {}
    """The brand's places elsewhere, by network: website, instagram and so on."""


def convert(document: Any, kind: type, what: str) -> Any:
    """Decode a plain document strictly. Raises Invalid with the path of the field that is wrong."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = re.sub(r"\[(\d+)\]", r".\1", path.rstrip("`").lstrip(".").replace("[...]", ""))
        unknown = re.search(r"unknown field `([^`]+)`", message)
        if unknown:
            field = f"{field}.{unknown[1]}".lstrip(".")
        missing = re.search(r"missing required field `([^`]+)`", message)
        if missing:
            field = f"{field}.{missing[1]}".lstrip(".")
        raise Invalid("%(what)s: %(why)s", field=field, what=what, why=message) from None


def parse(document: dict[str, Any]) -> Template:
    """Validate a template document. Raises Invalid(field=path); Liquid and MJML are checked by `compile`."""
    template: Template = convert(document, Template, "template")
    if not _KEY.fullmatch(template.key):
        raise Invalid("a key is made of a-z, 0-9, dot, dash and underscore", field="key")
    if template.message_class == "marketing" and template.channel != "webhook" and not template.topic:
        raise Invalid("a marketing message needs a topic that people can choose or leave", field="topic")
    for tag in (template.locale, *template.locales):
        if not _LOCALE.fullmatch(tag):
            raise Invalid(
                "'%(tag)s' is not a language tag such as sv or pt-BR", field=f"locales.{tag}", tag=tag
            )
    for name in template.utm:
        if name not in UTM:
            raise Invalid(
                "'%(value)s' is not one of %(known)s", field=f"utm.{name}", value=name, known=", ".join(UTM)
            )
    _CHECKS[template.channel](template)
    return template


def _check_email(template: Template) -> None:
    if not template.subject:
        raise Invalid("an e-mail needs a subject", field="subject")
    if template.body is None:
        raise Invalid("an e-mail needs a body: blocks, mjml or html", field="body")
    _one_body(template.body, "body")
    for tag, variant in template.locales.items():
        if variant.body is not None:
            _one_body(variant.body, f"locales.{tag}.body")


def _one_body(body: Body, path: str) -> None:
    if [bool(body.mjml), bool(body.html), bool(body.blocks)].count(True) != 1:
        raise Invalid("write exactly one of blocks, mjml and html", field=path)
    if body.blocks:
        blocks.check(body.blocks, f"{path}.blocks")


def _check_push(template: Template) -> None:
    if template.push is None:
        raise Invalid("a web push needs title and body", field="push")
    if not 0 < template.push.ttl_s <= 28 * 86_400:
        raise Invalid("keep a push for at most 28 days", field="push.ttl_s")


def _check_sms(template: Template) -> None:
    if not template.text:
        raise Invalid("a text message needs text", field="text")


def _check_webhook(template: Template) -> None:
    if template.hook is None:
        raise Invalid("a webhook needs a url", field="hook")


_CHECKS = {"email": _check_email, "push": _check_push, "sms": _check_sms, "webhook": _check_webhook}


def fallback(locale: str, template: Template) -> tuple[str, ...]:
    """The locales to try in order, nearest first; the template's own language ends it as "".

    pt-BR falls to pt and then to the template. The template's own language needs no variant.
    """
    chain: list[str] = []
    parts = locale.replace("_", "-").split("-") if locale else []
    known = {tag.replace("_", "-").casefold(): tag for tag in template.locales}
    own = template.locale.replace("_", "-").casefold()
    for length in range(len(parts), 0, -1):
        wanted = "-".join(parts[:length]).casefold()
        if wanted in known:
            chain.append(known[wanted])
        elif wanted == own:
            break
    return (*chain, "")


def recommends(template: Template) -> bool:
    """Whether a template asks for recommendations."""
    return RECOMMENDATIONS.encode() in msgspec.json.encode(template)
