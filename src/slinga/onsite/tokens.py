"""The tokens inside public links: sealed, so that they say nothing and cannot be altered.

In: a `Token` and the link key (32 bytes or more, derived from the installation's secret for this use).
Out: URL-safe text, and back.
Always true: a token is the AES-SIV (RFC 5297) sealing of its content with its purpose as associated data:
128 bits of authenticity, nothing readable, and a click token can never be used to unsubscribe. The same
content gives the same text, so a message rendered twice has the same links. Nothing is stored, so a link
works for as long as the key lives, also while the database is down.
"""

import base64
import binascii
import hashlib
from enum import StrEnum
from functools import lru_cache

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

MAX_LENGTH = 4096
"""Longer texts are refused unread; a URL much beyond this does not survive mail clients anyway."""


class Purpose(StrEnum):
    """What a token may be used for (closed)."""

    CLICK = "c"
    OPEN = "o"
    UNSUBSCRIBE = "u"
    PREFERENCES = "p"
    CONFIRM = "confirm"


class Token(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What a link carries. Empty `person` means: counts for the campaign, points at nobody."""

    message: str = ""
    person: str = ""
    channel: str = ""
    topic: str = ""
    target: str = ""
    """Click tokens: the absolute http(s) address to go to."""
    place: int = 0
    """Click tokens: which link of the message, from 1; 0 is the trap no person sees."""
    campaign: str = ""
    """Where the person is not named: journey and node, for sums only."""
    expires_at: int = 0
    """Instant after which the token no longer works; 0: never."""


_ABOUT = {purpose: [purpose.value.encode()] for purpose in Purpose}
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Token).decode


def seal(key: bytes, purpose: Purpose, token: Token) -> str:
    """The URL-safe text of a token."""
    sealed = _cipher(key).encrypt(_encode(token), _ABOUT[purpose])
    return binascii.b2a_base64(sealed, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


def unseal(key: bytes, purpose: Purpose, text: str, *, now: int = 0) -> Token | None:
    """The token, or None where the text was altered, is of another purpose or key, or has expired.

    `now` is an `Instant`; 0 skips the expiry.
    """
    if len(text) > MAX_LENGTH:
        return None
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        token = _decode(_cipher(key).decrypt(sealed, _ABOUT[purpose]))
    except (InvalidTag, ValueError, binascii.Error, msgspec.MsgspecError):
        return None
    return None if token.expires_at and now > token.expires_at else token


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESSIV:
    if len(key) < 16:
        raise ValueError("the link key needs at least 16 bytes")
    return AESSIV(hashlib.blake2b(key, digest_size=64, person=b"slinga.links").digest())
