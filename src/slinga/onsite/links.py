"""The links that go into a message: clicks, pixel, unsubscribe, preferences, confirmation.

In: who the message goes to, the public address of this installation, the link key, how far the message may
be tracked. Out: rendering's `Links`: the same addresses every time they are asked for.
Always true: no address of a target is ever a query parameter; a message that may not be tracked carries its
own plain links and no pixel; one tracked in sum only has no click or pixel address that names a person.
"""

import re
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from slinga.kernel.clock import Instant
from slinga.messages import render
from slinga.messages.policy import Tracking as Carried
from slinga.onsite.tokens import Purpose, Token, seal

_UNFIT = re.compile(r"[\x00-\x20\x7f\\]")


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


def follows_person(mode: Tracking, consented: bool | None) -> bool:
    """Whether a hit may be tied to the person; `consented` is their tracking consent, None if unasked."""
    return consented is not False if mode is Tracking.ALL else mode is Tracking.CONSENTED and bool(consented)


def links_for(
    to: Addressee,
    *,
    base: str,
    key: bytes,
    tracking: Carried,
    mailto: str = "",
    confirm_until: Instant = 0,
) -> render.Links:
    """The links of one message, in the shape that rendering takes.

    `base` is the public address without a trailing slash; `tracking` is `messages.policy.tracking_of` for the
    person; `mailto` the address that takes unsubscriptions by mail, if any; `confirm_until` other than 0 adds
    a double opt-in link that works until then. Only marketing can be unsubscribed from (RFC 8058).
    """
    own = Token(to.message, to.person, to.channel, to.topic)
    # Our own pages are left as they are; a shop under the same address is not one of them.
    pages = _pages(base)
    marketing = to.message_class == "marketing"
    pixel = _hit(to, tracking.opens) if marketing else None

    def click(number: int, target: str) -> str:
        # Places count from 1 here, so that place 0 stays the trap's whatever number a template starts with.
        token = _hit(to, tracking.clicks, target, number + 1)
        if token is None or not is_web(target) or target.startswith(pages):
            return target
        return _address(base, key, Purpose.CLICK, token)

    return render.Links(
        unsubscribe=_address(base, key, Purpose.UNSUBSCRIBE, own) if marketing else "",
        preferences=_address(base, key, Purpose.PREFERENCES, own),
        confirm=confirmation(to, base=base, key=key, expires_at=confirm_until) if confirm_until else "",
        pixel=_address(base, key, Purpose.OPEN, pixel) if pixel else "",
        mailto=mailto if marketing else "",
        click=click if marketing and tracking.clicks != "off" else None,
    )


@lru_cache(maxsize=8)
def _pages(base: str) -> tuple[str, ...]:
    return tuple(f"{base}/{purpose.value}/" for purpose in Purpose)


def trap(to: Addressee, *, base: str, key: bytes) -> str:
    """A link that no person sees or reaches with the keyboard; only machines follow it."""
    return _address(base, key, Purpose.CLICK, Token(to.message, to.person, to.channel, to.topic, base + "/"))


def _hit(to: Addressee, level: str, target: str = "", place: int = 0) -> Token | None:
    """The token of a hit: about the person, about the campaign alone, or none."""
    if level == "person":
        return Token(to.message, to.person, to.channel, to.topic, target, place)
    if level == "aggregate":
        return Token(channel=to.channel, target=target, place=place, campaign=to.campaign)
    return None


def _address(base: str, key: bytes, purpose: Purpose, token: Token) -> str:
    return f"{base}/{purpose.value}/{seal(key, purpose, token)}"


def confirmation(to: Addressee, *, base: str, key: bytes, expires_at: int) -> str:
    """The double opt-in link of a confirmation message; `expires_at` is an `Instant`."""
    token = Token(to.message, to.person, to.channel, to.topic, expires_at=expires_at)
    return _address(base, key, Purpose.CONFIRM, token)


def preferences_token(key: bytes, own: Token) -> str:
    """The preference centre's token for the same message as `own`."""
    return seal(key, Purpose.PREFERENCES, Token(own.message, own.person, own.channel, own.topic))


def unsubscribe_token(key: bytes, own: Token) -> str:
    """The unsubscribe token for the same message as `own`."""
    return seal(key, Purpose.UNSUBSCRIBE, Token(own.message, own.person, own.channel, own.topic))


@lru_cache(maxsize=4096)
def is_web(target: str) -> bool:
    """Whether a target is an absolute http(s) address that a redirect may name: no control characters."""
    if _UNFIT.search(target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
