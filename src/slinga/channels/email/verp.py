"""The envelope of a message: whom it goes to, and the sender, by which a bounce names what bounced.

In: an address; a message's id, the bounce domain, a secret. Out: the address as it travels; the sender
`b+<id>.<hmac8>@<domain>`, and back.
Always true: only an address that we made is read back, so forged bounces and backscatter are told apart
(the idea of BATV); the local part is 43 octets, below the limit of 64 (RFC 5321 4.5.3.1.1).
"""

import contextlib
import hashlib
import hmac
import re
from functools import lru_cache

_LOCAL = re.compile(r"b\+([0-9a-f]{32})\.([0-9a-f]{8})", re.I)


def sender(message: str, domain: str, secret: bytes) -> str:
    """The envelope sender for a message id of 32 hex digits."""
    return f"b+{message}.{_tag(message, secret)}@{domain}"


def message_of(address: str, secret: bytes) -> str | None:
    """The message id in an envelope recipient, or None when we did not make that address."""
    match = _LOCAL.fullmatch(address.partition("@")[0].strip("<> "))
    if match is None:
        return None
    message, tag = match[1].lower(), match[2].lower()
    return message if hmac.compare_digest(tag, _tag(message, secret)) else None


def _tag(message: str, secret: bytes) -> str:
    return hmac.digest(secret, b"verp:" + message.encode(), hashlib.sha256).hex()[:8]


def wire_address(address: str) -> str:
    """An address as it travels: the domain as an IDNA A-label, the local part as it is."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{_domain(domain)}"


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str:
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return domain
