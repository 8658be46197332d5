"""A mail taken apart, however broken it is.

In: bytes. Out: `Parts`: header fields, texts, the fields of delivery and feedback reports, the header of the
original. Always true: no bytes raise; sizes, depth and numbers are bounded.
"""

import email
import email.errors
import email.header
import email.message
import html
import re
from collections.abc import Iterator

import msgspec

MOST_BYTES = 2_000_000
"""What lies beyond is not looked at; a bounce that quotes more quotes too much."""
MOST_PARTS = 100
MOST_TEXT = 200_000

Fields = dict[str, str]
"""Header fields by name in lower case, the first of several, on one line."""

_TAGS = re.compile(r"<[^<>]{0,2000}>")
_BREAKS = re.compile(r"<(br|p|div|tr)\b", re.I)
_FIELD = re.compile(r"^([!-9;-~]{1,64})[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", re.M)
_BROKEN = (
    email.errors.MessageError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    KeyError,
)
"""What the library raises over broken mail."""


class Parts(msgspec.Struct):
    """A mail in parts. `blocks` are the groups of fields of a delivery report, the per-message one first."""

    head: Fields = {}
    to: list[str] = []
    kind: str = ""
    report: str = ""
    texts: list[str] = []
    blocks: list[Fields] = []
    feedback: Fields | None = None
    original: Fields = {}


def fields(text: str) -> Fields:
    """The fields of a header's text."""
    found: Fields = {}
    for match in _FIELD.finditer(text.replace("\r\n", "\n")[:MOST_TEXT]):
        found.setdefault(match[1].lower(), " ".join(match[2].split()))
    return found


def take_apart(data: bytes) -> Parts:
    """The parts of a mail; of what cannot be parsed at least the header and the text."""
    parts = Parts(head={}, to=[], texts=[], blocks=[], original={})
    data = data[:MOST_BYTES]
    try:
        whole = email.message_from_bytes(data)
    except _BROKEN:
        head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
        parts.head = fields(_text(head))
        parts.texts.append(_text(body)[:MOST_TEXT])
        return parts
    parts.head = _head(whole)
    parts.to = [str(value) for name in _ARRIVED for value in _all(whole, name)]
    try:
        parts.kind = whole.get_content_type()
        parts.report = str(whole.get_param("report-type") or "").lower()
        for number, part in enumerate(_walk(whole)):
            if number >= MOST_PARTS:
                break
            _sort_in(part, parts)
    except _BROKEN:
        if not parts.texts:
            parts.texts.append(_text(data.replace(b"\r\n", b"\n").partition(b"\n\n")[2])[:MOST_TEXT])
    return parts


_ARRIVED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "x-apparently-to", "cc")


def _all(part: email.message.Message, name: str) -> list[str]:
    try:
        return [_plain(value) for value in part.get_all(name, [])]
    except _BROKEN:
        return []


def _plain(value: object) -> str:
    """A field's value decoded (RFC 2047; octets beyond ASCII as RFC 6532 has them), on one line."""
    try:
        chunks = email.header.decode_header(value)  # type: ignore[arg-type]
        decoded = "".join(
            chunk
            if isinstance(chunk, str)
            else _text(chunk, "" if charset == "unknown-8bit" else charset or "")
            for chunk, charset in chunks
        )
    except _BROKEN:
        decoded = str(value)
    return " ".join(decoded.split())


def _head(part: email.message.Message) -> Fields:
    found: Fields = {}
    try:
        for name, value in part.items():
            found.setdefault(name.lower(), _plain(value))
    except _BROKEN:
        pass
    return found


def _walk(whole: email.message.Message) -> Iterator[email.message.Message]:
    """Every part, an embedded original as one part: what it holds is not about the report."""
    todo = [whole]
    while todo:
        part = todo.pop(0)
        inner = part.get_payload()
        if part.is_multipart() and part.get_content_maintype() == "multipart" and isinstance(inner, list):
            todo = [each for each in inner if isinstance(each, email.message.Message)] + todo
        else:
            yield part


def _sort_in(part: email.message.Message, parts: Parts) -> None:
    kind, inner = part.get_content_type(), part.get_payload()
    if kind in ("message/delivery-status", "message/global-delivery-status"):
        if isinstance(inner, list):
            for each in inner:
                if isinstance(each, email.message.Message):
                    parts.blocks += _groups(each)
                    parts.blocks += blocks(_text(_bytes(each)))  # a report beyond ASCII is parsed as a mail
        else:
            parts.blocks += blocks(_text(_bytes(part)))
    elif kind == "message/feedback-report":
        text = "\n".join(str(each) for each in inner) if isinstance(inner, list) else _text(_bytes(part))
        parts.feedback = fields(text.strip())
    elif kind in ("message/rfc822", "message/global") and isinstance(inner, list) and inner:
        if isinstance(inner[0], email.message.Message):
            if str(inner[0].get_param("report-type") or "").lower() == "delivery-status":
                for each in list(_walk(inner[0]))[:MOST_PARTS]:  # a gateway handed a report on
                    if each.get_content_maintype() != "message" or "rfc822" not in each.get_content_type():
                        _sort_in(each, parts)
            parts.original = parts.original or _head(inner[0])
    elif kind in ("text/rfc822-headers", "message/global-headers"):
        parts.original = parts.original or fields(_said(part, inner))
    elif part.get_content_maintype() in ("text", "message"):
        text = _said(part, inner)
        if kind == "text/html":
            text = _readable(text)
        if "final-recipient:" in text.lower() and "action:" in text.lower():
            parts.blocks += blocks(text)  # a report whose part has lost its type
        parts.texts.append(text)


def _readable(page: str) -> str:
    """The text of an HTML page; styles and scripts are left out. Linear, whatever the page is."""
    for tag in ("style", "script"):
        kept, at, small = [], 0, page.lower()
        while (start := small.find(f"<{tag}", at)) >= 0:
            kept.append(page[at:start])
            end = small.find(f"</{tag}", start)
            at = len(page) if end < 0 else end
        page = "".join([*kept, page[at:]])
    return html.unescape(_TAGS.sub(" ", _BREAKS.sub(r"\n<\1", page)))


def _groups(block: email.message.Message) -> list[Fields]:
    """The groups of fields of one block: where the blank line between two is missing, they are two still."""
    found: list[Fields] = [{}]
    for name, value in block.items():
        name = name.lower()
        if name == "final-recipient" and name in found[-1]:
            found.append({})
        found[-1].setdefault(name, _plain(value))
    return [each for each in found if each]


def blocks(text: str) -> list[Fields]:
    """The groups of fields of a delivery report, each without blank lines."""
    return [found for each in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) if (found := fields(each))]


def _said(part: email.message.Message, inner: object) -> str:
    if isinstance(inner, list):
        return "\n".join(str(each) for each in inner)[:MOST_TEXT]
    return _text(_bytes(part), part.get_content_charset() or "")[:MOST_TEXT]


def _bytes(part: email.message.Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except _BROKEN:
        found = None
    if isinstance(found, bytes):
        return found
    return str(part.get_payload()).encode("utf-8", "replace")


def _text(raw: bytes, charset: str = "") -> str:
    for name in (charset, "utf-8"):
        try:
            return raw.decode(name).replace("\r\n", "\n")
        except _BROKEN:
            continue
    return raw.decode("latin-1").replace("\r\n", "\n")
