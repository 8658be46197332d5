"""Opaque cursors of lists.

In: the place of the last row shown. Out: text for `next`, and the place again.
Always true: pure; a text that is no cursor of this list is refused by name.
"""

import base64
from typing import Any, TypeVar

import msgspec

from slinga.kernel.errors import Invalid

T = TypeVar("T")


def written(*place: Any) -> str:
    """The text of a place."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def read(text: str, kind: type[T]) -> T | None:
    """The place of a text, None for the beginning. Raises Invalid."""
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return msgspec.msgpack.decode(raw, type=kind)
    except (ValueError, UnicodeEncodeError, msgspec.DecodeError, msgspec.ValidationError):
        raise Invalid("this is not a cursor of this list; take `next` of a page", field="cursor") from None
