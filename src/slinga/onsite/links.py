"""The links that go into a message: clicks, pixel, unsubscribe, preferences, and their headers.

In: who the message goes to, the public address of this installation, the link key, the tracking mode.
Out: `Links`: the same addresses every time they are asked for.
Always true: no address of a target is ever a query parameter; a message that may not be tracked carries its
own plain links and no pixel; in mode `aggregate_only` no click or pixel address names a person or a message.
"""

from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from slinga.kernel.clock import Instant
from slinga.messages import render
from slinga.onsite.tokens import Purpose, Token, seal


class Tracking(StrEnum):
    """What a workspace, or a country, lets us learn from mail (closed)."""

    OFF = "off"
    AGGREGATE_ONLY = "aggregate_only"
    CONSENTED = "consented"
    ALL = "all"


class Addressee(msgspec.Struct, frozen=True):
    """One message on its way to one person."""

    message: str
    person: str
    channel: str
    topic: str
    message_class: str
    """`marketing` or `transactional`."""
    campaign: str = ""
    """Journey and node in one text; what aggregate counts are kept by."""


class Links(msgspec.Struct, frozen=True):
    """What rendering needs. `pixel`, `unsubscribe` and `trap` are empty where the message carries none."""

    clicks: dict[str, str]
    """Each target to the address that stands in the message for it."""
    pixel: str
    trap: str
    """A link that no person sees or reaches with the keyboard; only machines follow it."""
    unsubscribe: str
    preferences: str
    headers: dict[str, str]


def follows_person(mode: Tracking, consented: bool | None) -> bool:
    """Whether a hit may be tied to the person; `consented` is their tracking consent, None if unasked."""
    return consented is not False if mode is Tracking.ALL else mode is Tracking.CONSENTED and bool(consented)


def links_for(
    to: Addressee,
    targets: Iterable[str],
    *,
    base: str,
    key: bytes,
    mode: Tracking,
    consented: bool | None,
    mailto: str = "",
) -> Links:
    """The links of one message.

    `base` is the public address without a trailing slash; `targets` the absolute addresses in the message, in
    order; `mailto` the address that takes unsubscriptions by mail, if any. Transactional messages are neither
    tracked nor unsubscribed from. Headers as RFC 2369 and RFC 8058.
    """
    marketing = to.message_class == "marketing"
    named = marketing and follows_person(mode, consented)
    counted = marketing and mode is Tracking.AGGREGATE_ONLY

    def address(purpose: Purpose, token: Token) -> str:
        return f"{base}/{purpose.value}/{seal(key, purpose, token)}"

    tracked = named or counted
    clicks = {
        target: _click(to, target, place, base=base, key=key, mode=mode) if tracked else target
        for place, target in enumerate(dict.fromkeys(targets), 1)
    }
    own = Token(to.message, to.person, to.channel, to.topic)
    unsubscribe = address(Purpose.UNSUBSCRIBE, own) if marketing else ""
    return Links(
        clicks=clicks,
        pixel=address(Purpose.OPEN, _hit(to, mode)) if tracked else "",
        trap=address(Purpose.CLICK, _hit(to, mode, base + "/")) if named else "",
        unsubscribe=unsubscribe,
        preferences=address(Purpose.PREFERENCES, own),
        headers=headers(unsubscribe, mailto) if marketing else {},
    )


def message_links(
    to: Addressee,
    *,
    base: str,
    key: bytes,
    mode: Tracking,
    consented: bool | None,
    mailto: str = "",
    confirm_until: Instant = 0,
) -> render.Links:
    """The same links in the shape that rendering takes: a link gets its address when it is printed.

    `confirm_until` other than 0 adds a double opt-in link that works until then.
    """
    rest = links_for(to, (), base=base, key=key, mode=mode, consented=consented, mailto=mailto)

    def click(number: int, address: str) -> str:
        # Places count from 1 here, so that place 0 stays the trap's whatever number a template starts with.
        return _click(to, address, number + 1, base=base, key=key, mode=mode)

    return render.Links(
        unsubscribe=rest.unsubscribe,
        preferences=rest.preferences,
        confirm=confirmation(to, base=base, key=key, expires_at=confirm_until) if confirm_until else "",
        pixel=rest.pixel,
        mailto=mailto if rest.unsubscribe else "",
        click=click if rest.pixel else None,
    )


def _hit(to: Addressee, mode: Tracking, target: str = "", place: int = 0) -> Token:
    if mode is Tracking.AGGREGATE_ONLY:
        return Token(channel=to.channel, target=target, place=place, campaign=to.campaign)
    return Token(to.message, to.person, to.channel, to.topic, target, place)


def _click(to: Addressee, target: str, place: int, *, base: str, key: bytes, mode: Tracking) -> str:
    """The address to print for a target of a tracked message; what is no web address or ours stays."""
    if not is_web(target) or target.startswith(base + "/"):
        return target
    return f"{base}/{Purpose.CLICK.value}/{seal(key, Purpose.CLICK, _hit(to, mode, target, place))}"


def headers(unsubscribe: str, mailto: str = "") -> dict[str, str]:
    """The two headers of one-click unsubscription (RFC 2369, RFC 8058); https first, mail second."""
    uris = [f"<{unsubscribe}>"] + ([f"<mailto:{mailto}>"] if mailto else [])
    return {"List-Unsubscribe": ", ".join(uris), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def confirmation(to: Addressee, *, base: str, key: bytes, expires_at: int) -> str:
    """The double opt-in link of a confirmation message; `expires_at` is an `Instant`."""
    token = Token(to.message, to.person, to.channel, to.topic, expires_at=expires_at)
    return f"{base}/confirm/{seal(key, Purpose.CONFIRM, token)}"


def preferences_token(key: bytes, own: Token) -> str:
    """The preference centre's token for the same message as `own`."""
    return seal(key, Purpose.PREFERENCES, Token(own.message, own.person, own.channel, own.topic))


def unsubscribe_token(key: bytes, own: Token) -> str:
    """The unsubscribe token for the same message as `own`."""
    return seal(key, Purpose.UNSUBSCRIBE, Token(own.message, own.person, own.channel, own.topic))


def is_web(target: str) -> bool:
    """Whether a target is an absolute http(s) address that a redirect may name: no control characters."""
    if any(ord(char) <= 0x20 or ord(char) == 0x7F or char == "\\" for char in target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
