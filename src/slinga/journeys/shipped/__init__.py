"""The journeys that ship, as documents to copy and change.

In: a key. Out: a plain dict, fresh each time. Always true: these files are package data, read-only; the
templates they name are those that ship with messages.
"""

from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec

from slinga.kernel import yaml

KEYS = (
    "confirm-subscription",
    "welcome",
    "cart-rescue",
    "post-purchase",
    "order-reassurance",
    "win-back",
    "replenishment",
    "birthday",
    "renewal",
    "tyre-change",
    "sunset",
    "sunset-return",
    "test-drive",
)

SEGMENTS = ("silent-regulars",)
"""Segments that these journeys are triggered by; publish them with the journeys."""


def document(key: str) -> dict[str, Any]:
    """The document of a shipped journey or segment. Raises KeyError for an unknown key."""
    if key not in KEYS + SEGMENTS:
        raise KeyError(key)
    found: dict[str, Any] = msgspec.json.decode(_read(key))
    return found


@lru_cache(maxsize=32)
def _read(key: str) -> bytes:
    """As JSON: YAML takes some milliseconds a file, and a page shows them all."""
    return msgspec.json.encode(
        yaml.load(resources.files(__package__).joinpath(f"{key}.yaml").read_text("utf-8"))
    )
