"""Addresses: where a message goes, what it is paced with, and under which key an address is remembered.

In: an intent's variables, an address. Out: text, or a keyed hash. Always true: `address_key` folds only
what names the same mailbox (case, Unicode form, domain encoding); dots, `+tag` and `-` are kept, for
folding them would merge different people.
"""

import contextlib
import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

FIELDS = {"email": ("email",), "sms": ("phone",), "push": ("push", "anonymous"), "webhook": ("webhook",)}
"""Which trait of `variables["person"]` is the address on a channel, the first that is there."""

GROUPS = {
    "google": ("gmail.com", "googlemail.com"),
    "yahoo": ("yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com", "aol.com", "rocketmail.com"),
    "microsoft": (
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "hotmail.co.uk",
        "hotmail.se",
        "live.se",
    ),
    "apple": ("icloud.com", "me.com", "mac.com"),
}
"""Large receivers by address domain. The others share a few lanes, so that one strict domain holds up
only its neighbours."""

_GROUP = {domain: group for group, domains in GROUPS.items() for domain in domains}
_OTHERS = 8


def destination(channel: str, variables: Mapping[str, Any]) -> str:
    """The address of an intent: `variables["address"]`, else the person's trait; "" when there is none."""
    given = variables.get("address")
    if isinstance(given, str) and given:
        return given.strip()
    traits = variables.get("person") or {}
    for field in FIELDS.get(channel, ()):
        value = traits.get(field) if isinstance(traits, Mapping) else None
        if isinstance(value, str) and value:
            return value.strip()
    return ""


def normalise(address: str) -> str:
    """The form in which two spellings of one mailbox are equal. The domain is an IDNA A-label."""
    text = unicodedata.normalize("NFC", address.strip())
    local, at, domain = text.rpartition("@")
    if not at:
        return text.casefold()
    return f"{local.casefold()}@{_domain(domain)}"


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str:
    domain = domain.rstrip(".")
    with contextlib.suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return domain.lower()


def address_key(address: str, pepper: bytes) -> bytes:
    """HMAC-SHA256 of the normalised address: 32 bytes."""
    return hmac.digest(pepper, normalise(address).encode(), hashlib.sha256)


def receiver(address: str) -> str:
    """The receiver group of an e-mail address."""
    domain = normalise(address).rpartition("@")[2]
    group = _GROUP.get(domain)
    if group:
        return group
    return f"other-{hashlib.blake2b(domain.encode(), digest_size=1).digest()[0] % _OTHERS}"


def lane(message_class: str, channel: str, address: str) -> str:
    """What a message is paced with: class, channel, and for e-mail the receiver group."""
    if channel == "email" and address:
        return f"{message_class}:{channel}:{receiver(address)}"
    return f"{message_class}:{channel}"
