"""The text of API keys and one-time links: how it looks and what of it is stored.

In: random bytes or a presented text. Out: a key's text, its hash, its hint.
Always true: what is stored does not give the key back. Keys carry 192 random bits, so a plain SHA-256
needs no salt and no slowness: there is nothing to guess.
"""

import hashlib
import re

from slinga.access.model import KeyKind
from slinga.kernel.ids import new_token

PREFIX: dict[KeyKind, str] = {"write": "wk_", "secret": "sk_"}
_SHAPE = re.compile(r"(wk|sk)_[A-Za-z0-9_-]{20,100}")


def fresh_key(kind: KeyKind) -> str:
    """A new key's text, shown once."""
    return PREFIX[kind] + new_token(24)


def well_formed(text: str) -> bool:
    """Whether a text can be a key at all; spares a look-up."""
    return _SHAPE.fullmatch(text) is not None


def hash_of(text: str) -> bytes:
    """The 32 bytes stored for a key or a one-time link."""
    return hashlib.sha256(text.encode()).digest()


def hint_of(text: str) -> str:
    """How a list shows a key: wk_ab...wxyz."""
    return f"{text[:5]}...{text[-4:]}"
