"""The usual item in one pass: what nearly all clients send is decoded and checked by the decoder itself.

In: the raw bytes of one item and what its envelope said. Out: its `Call`, or None for whatever is unusual,
which then goes through the steps, one by one, and is accepted or refused there with its reason.
Always true: pure; where it answers, it answers as the steps would (a property test compares them); so the
limits of keys, names, numbers and text are those of the steps, and depth is at most theirs.
"""

from typing import Annotated, Any

import msgspec

from slinga.ingest.model import Call
from slinga.kernel.clock import Instant, instant

CALLS = ("identify", "track", "page", "screen", "group", "alias")
PAGE, SCREEN = "Page Viewed", "Screen Viewed"
"""The event names of page and screen calls."""

KEYS = 256
NAME_LENGTH = 200
MESSAGE_ID = 100
SIZE = 32 * 1024

_Key = Annotated[str, msgspec.Meta(max_length=NAME_LENGTH)]
_Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Leaf: Any = None | bool | _Whole | float | str


def _level(inner: Any) -> Any:
    """Objects and lists whose members are `inner`."""
    many = Annotated[dict[_Key, inner], msgspec.Meta(max_length=KEYS)]
    return _Leaf | many | list[inner]


_Member: Any = _level(_level(_level(_level(_Leaf))))
"""Four levels below properties, traits or context; what nests deeper takes the steps."""

Object = Annotated[dict[_Key, _Member], msgspec.Meta(max_length=KEYS)]  # type: ignore[valid-type]


def camel(name: str) -> str | None:
    """How a field is spelt; None for as it is: names that end in an underscore are the other spelling."""
    head, *rest = name.rstrip("_").split("_")
    return name.rstrip("_") if name.endswith("_") else head + "".join(map(str.capitalize, rest))


class Item(msgspec.Struct, rename=camel, gc=False):
    """The fields of a call in the types in which nearly everybody sends them."""

    type: str | None = None
    event: str | None = None
    message_id: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    properties: Object | None = None
    traits: Object | None = None
    context: Object | None = None
    name: str | None = None
    category: str | None = None
    original_timestamp: str | None = None
    timestamp: str | None = None
    sent_at: str | None = None
    received_at: str | None = None
    message_id_: None = None
    user_id_: None = None
    anonymous_id_: None = None
    previous_id_: None = None
    group_id_: None = None
    """Fields that a call may spell otherwise; one that does is unusual."""


_decode = msgspec.json.Decoder(Item).decode


def quick(
    raw: bytes, call: str, sent_at: Instant | None, envelope: dict[str, Any], agent: str
) -> Call | None:
    """The call that a usual item makes."""
    if len(raw) > SIZE or b"\\u" in raw:  # an escape may be a NUL or half a character
        return None
    try:
        item = _decode(raw)
        happened = item.original_timestamp or item.timestamp
        happened_at = None if happened is None else instant(happened)
        sent = instant(item.sent_at) if item.sent_at else sent_at
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError):
        return None
    kind = call or item.type
    properties, event, message = item.properties or {}, item.event, item.message_id or ""
    if len(message) > MESSAGE_ID:
        return None
    context = item.context or {}
    if envelope:
        context = {**envelope, **context}
    if agent and "userAgent" not in context:
        context = {**context, "userAgent": agent[:500]}
    if kind == "track":
        event = event.strip() if event else ""
        if not event or len(event) > NAME_LENGTH:
            return None
    elif kind == "identify":
        event = ""
    elif kind in ("page", "screen"):
        properties = page(item.name, item.category, properties, context, kind)
        event = PAGE if kind == "page" else SCREEN
    else:
        return None
    return Call(
        kind,
        message,
        item.user_id,
        item.anonymous_id,
        item.previous_id,
        item.group_id,
        event,
        properties,
        item.traits or {},
        context,
        happened_at,
        sent,
        item.received_at is not None,
    )


def page(
    name: Any, category: Any, properties: dict[str, Any], context: dict[str, Any], kind: str
) -> dict[str, Any]:
    """Name and category beside the properties, and what only the context says about the page."""
    seen = context.get("page")
    out = (
        {k: seen[k] for k in ("url", "path", "referrer", "title", "search") if k in seen}
        if (kind == "page" and isinstance(seen, dict))
        else {}
    )
    for key, text in (("name", name), ("category", category)):
        if isinstance(text, str):
            out[key] = text
    return {**out, **properties}
