"""The bytes of a mail (RFC 5322, 2045 to 2047, 2231, 2369, 8058), built by hand and fast.

In: `Mail`. Out: bytes, or `BadMail` with the field.
Always true: CRLF only, and no line begins with a dot; one each of the headers that must be single; header
lines at most 78 octets where they can be folded and 998 always; encoded-words at most 75 octets and only in
subject and names; what goes into a header from outside has no control character; the same mail gives the
same bytes.
"""

import binascii
import re
from collections.abc import Sequence
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

import msgspec

from slinga.channels.model import Ready
from slinga.kernel.clock import Instant, to_datetime
from slinga.kernel.ids import digest
from slinga.messages.addresses import Address
from slinga.messages.pieces import crlf, quoted, undotted

MOST_BYTES = 10_000_000
"""A mail is never larger than this."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAME = re.compile(r"[!-9;-~]{1,64}")
_TOKEN = re.compile(r"[!-~]+")
_URL = re.compile(r"https?://[!-;=?-~]+")
_MAILTO = re.compile(r"mailto:[!-;=?-~]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}")


class Attachment(msgspec.Struct, frozen=True):
    """A file at the end of a mail."""

    name: str
    content_type: str
    content: bytes


class Mail(msgspec.Struct, frozen=True):
    """All that a mail is made of. `date` is an instant; ids are tokens of printable ASCII.

    `unsubscribe` is the one-click https address; with it the mail carries both headers of RFC 8058.
    `headers` are extra ones whose names begin with X-.
    """

    message_id: str
    sender: Address
    to: Address
    subject: str
    date: Instant
    text: str
    html: str = ""
    pieces: Sequence[str] = ()
    """The HTML in pieces, where the constant ones are known; joined they are `html`."""
    text_pieces: Sequence[str] = ()
    """The same for `text`."""
    sender_name: str = ""
    to_name: str = ""
    reply_to: Address | None = None
    unsubscribe: str = ""
    unsubscribe_mailto: str = ""
    list_id: str = ""
    list_name: str = ""
    feedback_id: str = ""
    automatic: bool = True
    headers: dict[str, str] = {}
    attachments: tuple[Attachment, ...] = ()


class BadMail(msgspec.Struct, frozen=True):
    """A mail that will not be built: `unsupported_address` is the recipient's, all others are ours."""

    field: str
    reason: str


def message_id(message: str, domain: str) -> str:
    """The Message-ID of a message: the same at each attempt, another for every message (RFC 5322 3.6.4)."""
    return f"{digest('message-id', message)}@{domain}"


class _Refused(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def build(mail: Mail, *, smtputf8: bool = False) -> bytes | BadMail:
    """The mail as it goes over the wire before dot-stuffing.

    `smtputf8`: the server takes UTF-8 in addresses (RFC 6531); without it a local part beyond ASCII is
    refused as `unsupported_address`.
    """
    if not (mail.to.ascii or smtputf8):
        return BadMail("to", "unsupported_address")
    if not (mail.sender.ascii or smtputf8):
        return BadMail("sender", "unsupported_address")
    try:
        head = _headers(mail)
        kind, encoding, body = _content(mail)
    except _Refused as error:
        return BadMail(error.field, str(error))
    head.append(f"Content-Type: {kind}")
    if encoding:
        head.append(f"Content-Transfer-Encoding: {encoding}")
    data = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    if len(data) > MOST_BYTES:
        return BadMail("html", f"the mail is larger than {MOST_BYTES // 1_000_000} MB")
    return Ready(data)


def _headers(mail: Mail) -> list[str]:
    lines = [
        "Date: " + _date(mail.date // 1_000_000),
        f"From: {_mailbox(mail.sender_name, mail.sender, 'sender_name', 6)}",
        f"To: {_mailbox(mail.to_name, mail.to, 'to_name', 4)}",
        f"Message-ID: <{_token(mail.message_id, 'message_id')}>",
        f"Subject: {unstructured(mail.subject, 'subject', 9)}",
    ]
    if mail.reply_to is not None:
        lines.append(f"Reply-To: {_mailbox('', mail.reply_to, 'reply_to', 10)}")
    if mail.unsubscribe:
        lines.append(f"List-Unsubscribe: {_unsubscribe(mail)}")
        lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    if mail.list_id:
        name = _phrase(mail.list_name, "list_name", 9)
        lines.append(f"List-Id: {name}{_fold(name)}<{_token(mail.list_id, 'list_id')}>")
    if mail.feedback_id:
        if mail.feedback_id.count(":") > 3:
            raise _Refused("feedback_id", "a Feedback-ID has at most four fields")
        lines.append(f"Feedback-ID: {_token(mail.feedback_id, 'feedback_id')}")
    if mail.automatic:
        lines.append("Auto-Submitted: auto-generated")
    for name, value in mail.headers.items():
        if not _NAME.fullmatch(name) or not name.lower().startswith("x-"):
            raise _Refused("headers", f"{name!r} is not the name of an extra header; they begin with X-")
        lines.append(f"{name}: {unstructured(value, f'headers.{name}', len(name) + 2)}")
    lines.append("MIME-Version: 1.0")
    for line in lines:
        if len(line) > 249 and any(len(part.encode()) > 998 for part in line.split("\r\n")):
            raise _Refused(line.partition(":")[0].lower(), "a header line has at most 998 octets")
    return lines


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    """A header's date; a blast has many mails of one second."""
    return format_datetime(to_datetime(second * 1_000_000))


def _fold(phrase: str) -> str:
    return "\r\n " if len(phrase) > 40 else " " if phrase else ""


def _token(value: str, field: str) -> str:
    if not _TOKEN.fullmatch(value) or "<" in value or ">" in value:
        raise _Refused(field, "printable ASCII without spaces and angle brackets only")
    return value


def _unsubscribe(mail: Mail) -> str:
    if not _URL.fullmatch(mail.unsubscribe):
        raise _Refused("unsubscribe", "an absolute web address of printable ASCII")
    if not mail.unsubscribe_mailto:
        return f"<{mail.unsubscribe}>"
    mailto = mail.unsubscribe_mailto
    mailto = mailto if mailto.startswith("mailto:") else f"mailto:{mailto}"
    if not _MAILTO.fullmatch(mailto):
        raise _Refused("unsubscribe_mailto", "a mail address of printable ASCII")
    return f"<{mail.unsubscribe}>,\r\n <{mailto}>"


def clean(value: str, field: str) -> str:
    """A header's value, refused where it has control characters, line ends or line separators."""
    if _CONTROL.search(value):
        raise _Refused(field, "no line breaks and no control characters")
    return value.encode("utf-8", "replace").decode()


def unstructured(value: str, field: str = "subject", used: int = 9) -> str:
    """A text header's value: as it is where that is safe, else as encoded-words (RFC 2047), folded."""
    value = clean(value, field).strip()
    if value.isascii() and "=?" not in value and max(map(len, value.split(" ")), default=0) <= 76:
        return _fold_words(value, used)
    return _encoded_words(value, used)


def _fold_words(value: str, used: int) -> str:
    if used + len(value) <= 78:
        return value
    lines: list[str] = []
    line = ""
    for piece in re.findall(r" *[^ ]+", value):
        # The blanks before a word go to the new line's start, where folding wants them (RFC 5322 2.2.3).
        if line and len(line) + len(piece) > (78 if lines else 78 - used):
            lines.append(line)
            line = ""
        line += piece
    return "\r\n".join([*lines, line])


def _encoded_words(value: str, used: int) -> str:
    """Base64 encoded-words of at most 75 octets that never split a character (RFC 2047 section 5)."""
    octets = value.encode()
    words: list[str] = []
    begin, size = 0, len(octets)
    while begin < size or not words:
        # 12 octets frame the word; base64 makes 4 of 3; the first line also holds the header's name.
        room = (78 - used if not words else 75) - 12
        end = min(begin + max(min(room, 63) // 4 * 3, 4), size)
        while end < size and octets[end] & 0xC0 == 0x80:
            end -= 1
        words.append(_word(octets[begin:end]))
        begin = end
    return "\r\n ".join(words)


def _word(octets: bytes) -> str:
    return f"=?utf-8?B?{binascii.b2a_base64(octets, newline=False).decode()}?="


@lru_cache(maxsize=256)
def _phrase(name: str, field: str, used: int) -> str:
    name = clean(name, field).strip()
    if not name:
        return ""
    if name.isascii() and "=?" not in name and len(name) <= 60:
        if _ATOMS.fullmatch(name):
            return name
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"'
    return _encoded_words(name, used)


def _mailbox(name: str, address: Address, field: str, used: int) -> str:
    written = str(address)
    if _CONTROL.search(written):
        raise _Refused(field, "no line breaks and no control characters")
    phrase = _phrase(name, field, used)
    return f"{phrase}{_fold(phrase)}<{written}>" if phrase else written


def _content(mail: Mail) -> tuple[str, str, bytes]:
    """The content type, the transfer encoding ("" for multipart) and the body."""
    kind, encoding, body = _pieced("plain", mail.text_pieces, mail.text)
    if mail.html:
        boundary = digest("alternative", mail.message_id)
        html, html_encoding, html_body = _pieced("html", mail.pieces, mail.html)
        body = _joined(boundary, [(kind, encoding, "", body), (html, html_encoding, "", html_body)])
        kind, encoding = f'multipart/alternative;\r\n boundary="{boundary}"', ""
    if not mail.attachments:
        return kind, encoding, body
    boundary = digest("mixed", mail.message_id)
    parts = [(kind, encoding, "", body)]
    for attachment in mail.attachments:
        if not _TYPE.fullmatch(attachment.content_type):
            raise _Refused("attachments", f"{attachment.content_type!r} is not a media type")
        parts.append(
            (attachment.content_type, "base64", _disposition(attachment.name), _base64(attachment.content))
        )
    return f'multipart/mixed;\r\n boundary="{boundary}"', "", _joined(boundary, parts)


def _joined(boundary: str, parts: list[tuple[str, str, str, bytes]]) -> bytes:
    out: list[bytes] = []
    for kind, encoding, disposition, body in parts:
        head = f"--{boundary}\r\nContent-Type: {kind}\r\n"
        if encoding:
            head += f"Content-Transfer-Encoding: {encoding}\r\n"
        if disposition:
            head += f"Content-Disposition: {disposition}\r\n"
        out += [head.encode(), b"\r\n", body, b"" if body.endswith(b"\r\n") else b"\r\n"]
    out.append(f"--{boundary}--\r\n".encode())
    return b"".join(out)


def _disposition(name: str) -> str:
    """An attachment's disposition; the name beyond ASCII by RFC 2231, in continuations that fit a line."""
    name = clean(name, "attachments").replace("\\", "_").replace("/", "_")
    if name.isascii() and len(name) <= 50:
        quoted = name.replace('"', '\\"')
        return f'attachment;\r\n filename="{quoted}"'
    encoded = quote(name, safe="")
    pieces: list[str] = []
    while encoded:
        cut = 50
        # An escape such as %C3 is never cut in two.
        if "%" in encoded[cut - 2 : cut]:
            cut = cut - 2 + encoded[cut - 2 : cut].index("%")
        pieces.append(encoded[:cut])
        encoded = encoded[cut:]
    if len(pieces) == 1:
        return f"attachment;\r\n filename*=utf-8''{pieces[0]}"
    pieces[0] = f"utf-8''{pieces[0]}"
    lines = [f" filename*{number}*={piece}" for number, piece in enumerate(pieces)]
    return "attachment;\r\n" + ";\r\n".join(lines)


def _base64(content: bytes) -> bytes:
    lines = (binascii.b2a_base64(content[at : at + 57], newline=False) for at in range(0, len(content), 57))
    return b"\r\n".join(lines) + b"\r\n"


def _part(subtype: str, text: str) -> tuple[str, str, bytes]:
    encoding, body = _encoded(text)
    return f"text/{subtype}; charset=utf-8", encoding, body


def _pieced(subtype: str, pieces: Sequence[str], text: str) -> tuple[str, str, bytes]:
    body = quoted(pieces) if pieces else None
    if body is None:
        return _part(subtype, text)
    return f"text/{subtype}; charset=utf-8", "quoted-printable", body


def _encoded(text: str) -> tuple[str, bytes]:
    """Quoted-printable for what is mostly ASCII, base64 for the rest; line ends become CRLF."""
    octets = crlf(text).encode("utf-8", "replace")
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    if len(octets) > 1.2 * len(text) + 200:
        return "base64", _base64(octets)
    return "quoted-printable", undotted(binascii.b2a_qp(octets, istext=True, quotetabs=False))
