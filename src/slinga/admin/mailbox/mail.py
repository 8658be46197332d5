"""A message of the development mailbox taken apart to be looked at.

In: the raw bytes and the channel. Out: headers, text, HTML, links.
Always true: pure; broken mail is shown as far as it can be read, never an error.
"""

import email.policy
from email.message import EmailMessage
from email.parser import BytesParser

import msgspec
from selectolax.lexbor import LexborHTMLParser

_parse = BytesParser(EmailMessage, policy=email.policy.default).parsebytes

HTML_CSP = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data: https:; font-src https: data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""For the HTML part alone: a document with an origin of its own, without script, forms or plug-ins."""


class Link(msgspec.Struct, frozen=True):
    """A link of the HTML part."""

    url: str
    text: str
    safe: bool
    """Whether a page of ours may offer it to be pressed."""


class Opened(msgspec.Struct, frozen=True):
    """A message as its page shows it."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    links: tuple[Link, ...]
    raw: str
    attachments: tuple[str, ...] = ()


def opened(raw: bytes, channel: str) -> Opened:
    """The parts of a message; a channel other than e-mail has only text."""
    shown = raw.decode("utf-8", "replace")
    if channel != "email":
        return Opened((), _pretty(raw), "", (), shown)
    mail = _parse(raw)
    html = _part(mail, "html")
    return Opened(
        headers=tuple((name, _plain(value)) for name, value in mail.items()),
        text=_part(mail, "plain"),
        html=html,
        links=links(html),
        raw=shown,
        attachments=tuple(str(part.get_filename() or "unnamed") for part in mail.iter_attachments()),
    )


def links(html: str) -> tuple[Link, ...]:
    """The links of an HTML text in order, each once."""
    found: dict[str, Link] = {}
    for node in LexborHTMLParser(html).css("a[href]") if html else ():
        url = (node.attributes.get("href") or "").strip()
        words = " ".join(node.text(deep=True).split())
        safe = url.startswith(("https://", "http://", "mailto:"))
        found.setdefault(url, Link(url, words, safe))
    return tuple(found.values())


def _part(mail: EmailMessage, kind: str) -> str:
    try:
        part = mail.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""
    except (KeyError, LookupError, ValueError):
        return ""


def _plain(value: object) -> str:
    return " ".join(str(value).split())


def _pretty(raw: bytes) -> str:
    try:
        return msgspec.json.format(raw, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return raw.decode("utf-8", "replace")
