"""Read a delivered message as its receiver does: its links, its picture, its way out.

In: the bytes of a mail. Out: a `Mail`. Always true: addresses are taken as they stand, never made up; what
the letter was sent for is read from its Feedback-ID, as a mailbox provider reads it.
"""

import email
import html
import re

from slinga.demo.model import Mail
from slinga.kernel.clock import Instant

_HREF = re.compile(r'href="([^"]+/c/[^"]+)"')
_SRC = re.compile(r'src="([^"]+/o/[^"]+)"')
_ANGLES = re.compile(r"<(https?://[^>]+)>")


def open_mail(raw: bytes, *, id: str, to: str, at: Instant, channel: str = "email") -> Mail:
    """The message behind `raw`; for channels other than e-mail only who and when."""
    if channel != "email":
        return Mail(id=id, to=to, at=at, channel=channel)
    letter = email.message_from_bytes(raw)
    text = ""
    for part in letter.walk():
        if part.get_content_type() == "text/html":
            text = bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")
    out = _ANGLES.findall(str(letter.get("List-Unsubscribe", "")))
    pixel = _SRC.search(text)
    journey, template, *_ = [*str(letter.get("Feedback-ID", "")).split(":"), "", ""]
    # A hidden link is a trap for machines; people never see it, so it is not among what they click.
    links = [html.unescape(url) for url in _HREF.findall(text)]
    return Mail(
        id=id,
        to=to,
        at=at,
        channel=channel,
        journey=journey,
        template=template,
        open_url=pixel.group(1) if pixel else "",
        links=tuple(dict.fromkeys(links)),
        unsubscribe_url=out[0] if out else "",
    )
