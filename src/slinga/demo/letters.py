"""Read a delivered message as its receiver does: its links, its picture, its way out.

In: the bytes of a mail. Out: a `Mail`. Always true: addresses are taken as they stand, never made up.
"""

import email
import email.policy
import re

from slinga.demo.model import Mail
from slinga.kernel.clock import Instant

_HREF = re.compile(r'href="([^"]+)"')
_SRC = re.compile(r'src="([^"]+/o/[^"]+)"')
_ANGLES = re.compile(r"<(https?://[^>]+)>")


def open_mail(
    raw: bytes,
    *,
    id: str,
    to: str,
    at: Instant,
    channel: str = "email",
    journey: str = "",
    template: str = "",
) -> Mail:
    """The message behind `raw`; for channels other than e-mail only who and when."""
    if channel != "email":
        return Mail(id=id, to=to, at=at, channel=channel, journey=journey, template=template)
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    html = letter.get_body(("html",))
    text = html.get_content() if html else ""
    out = _ANGLES.findall(str(letter.get("List-Unsubscribe", "")))
    pixel = _SRC.search(text)
    # A hidden link is a trap for machines; people never see it, so it is not among what they click.
    links = [url.replace("&amp;", "&") for url in _HREF.findall(text) if "/c/" in url]
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
