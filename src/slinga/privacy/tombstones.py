"""What was left of an erasure, as others read it; and what is searched for when a person is erased.

In: identifiers, traits. Out: keys, words to search for.
Always true: pure; a word short enough to occur by chance is searched only where it is named as an identifier.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from slinga.identity.identifiers import email, phone
from slinga.kernel.errors import Invalid
from slinga.kernel.ids import person_key

SHORT = 6
"""Identifiers shorter than this occur by chance in other people's data."""
_FIELDS = ("userId", "anonymousId", "previousId", "user_id", "anonymous_id")

Identifiers = Mapping[str, Iterable[str]]


def keys_of(identifiers: Identifiers) -> list[str]:
    """The person keys of identifiers in normal form."""
    return [person_key(kind, value) for kind, values in identifiers.items() for value in values]


def addresses_of(identifiers: Identifiers, traits: Mapping[str, Any]) -> set[str]:
    """E-mail addresses and phone numbers, in normal form where they have one, and as they were given."""
    found: set[str] = set()
    for kind, normal in (("email", email), ("phone", phone)):
        given = [*identifiers.get(kind, ()), traits.get(kind)]
        for value in given:
            if isinstance(value, str) and value.strip():
                found.add(value.strip())
                with suppress(Invalid):
                    found.add(normal(value))
    return found


def needles(identifiers: Identifiers, addresses: Iterable[str]) -> list[str]:
    """What to search for, in lower case, in bytes that nobody could read: refused calls, receivers' words."""
    found = {address.lower() for address in addresses}
    for kind, values in identifiers.items():
        for value in () if kind in ("email", "phone") else values:
            word = (value.partition(":")[2] if kind == "external" else value).lower()
            if len(word) >= SHORT:
                found.add(word)
                continue
            for field in _FIELDS:
                for gap in ("", " "):
                    found |= {f'"{field}":{gap}"{word}"'.lower(), f'"{field}":{gap}{word},'.lower()}
    return sorted(word for word in found if word)
