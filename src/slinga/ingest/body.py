"""Open a request body: one call, or a batch cut into the raw bytes of its items.

In: the body as bytes. Out: a `Parcel` with each item still undecoded, so that a bad one harms no other.
Always true: pure; no input makes it recurse; a body that cannot be cut raises Invalid naming the place.
"""

import re
import zlib
from typing import Any

import msgspec

from slinga.kernel.errors import Invalid

BODY_LIMIT = 4 * 1024 * 1024
"""Bytes of a body after decompression."""

BATCH_LIMIT = 500 * 1024
"""Bytes of all well-sized items of a batch together; the official clients keep to it."""

ITEM_LIMIT = 32 * 1024

ITEMS_LIMIT = 5_000

TOKENS_LIMIT = 300_000
"""Texts and brackets looked at when a broken batch is cut; bounds the time a hostile body can take."""


class Parcel(msgspec.Struct):
    """What arrived: raw items and what the envelope says about all of them."""

    items: list[bytes]
    batch: bool
    sent_at: Any = None
    write_key: str = ""
    context: dict[str, Any] = {}


class _Envelope(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    sent_at: Any = None
    write_key: Any = None
    context: Any = None


class _Single(msgspec.Struct, rename="camel"):
    write_key: Any = None


_envelope = msgspec.json.Decoder(_Envelope)
_single = msgspec.json.Decoder(_Single)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]|[^"\[\]{}]++', re.S)
_BATCH = re.compile(rb'"batch"\s*:\s*\[')


def inflate(body: bytes, limit: int = BODY_LIMIT) -> bytes:
    """Undo gzip, stopping at `limit` bytes. Raises Invalid with field "size" beyond it, "gzip" if broken."""
    stream = zlib.decompressobj(wbits=31)
    try:
        out = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise Invalid(f"the body is not gzip: {error}", field="gzip") from None
    if len(out) > limit:
        raise Invalid(f"a body has at most {limit} bytes", field="size")
    if not stream.eof:
        raise Invalid("the gzip body ends too early", field="gzip")
    return out


def open_single(body: bytes, *, keyed: bool = False) -> Parcel:
    """A body that is one call; whoever has the write key already says so, and it is not looked for.

    Never raises: whether it is JSON is judged with the item.
    """
    if keyed:
        return Parcel([body], False)
    key: Any = None
    try:
        key = _single.decode(body).write_key
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        if found := re.search(rb'"writeKey"\s*:\s*"([\x21-\x7e]{1,200}?)"', body):
            key = found[1].decode()
    return Parcel([body], False, write_key=key if isinstance(key, str) else "")


def open_batch(body: bytes) -> Parcel:
    """A body that is a batch. Raises Invalid when it is no JSON object with a list `batch`."""
    try:
        return open_whole(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _mend(body, error)


def open_whole(body: bytes) -> Parcel:
    """The same, for a body that is JSON; raises what the decoder raises where it is none."""
    try:
        found = _envelope.decode(body)
    except msgspec.ValidationError as error:
        raise Invalid(f"a batch is an object with a list `batch`: {error}", field="batch") from None
    return _parcel(list(map(bytes, found.batch)), found.sent_at, found.write_key, found.context, len(body))


def _mend(body: bytes, error: Exception) -> Parcel:
    """Cut a batch that is no valid JSON: if only the insides of items are broken, its frame still holds."""
    items, head, tail = cut(body)
    try:
        found = _envelope.decode(head + tail)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Invalid(f"the body is not JSON: {error}", field="body") from None
    return _parcel(items, found.sent_at, found.write_key, found.context, len(body))


def cut(body: bytes) -> tuple[list[bytes], bytes, bytes]:
    """The items of the list `batch` at the top level by brackets alone, and the bytes before and after.

    Raises Invalid naming the byte where brackets or quotes stop making sense.
    """
    depth = 0
    start = -1
    head = -1
    items: list[bytes] = []
    at = 0
    size = len(body)
    stack = bytearray()
    tokens = 0
    while at < size:
        tokens += 1
        if tokens > TOKENS_LIMIT:
            raise Invalid("the body is not JSON, and has too many brackets to find its items", field="body")
        token = _TOKEN.match(body, at)
        if token is None:
            raise Invalid(f"the body is not JSON: a text that starts at byte {at} does not end", field="body")
        if depth == 1 and head < 0 and (found := _BATCH.match(body, at)):
            head = at = found.end()
            stack += b"]"
            depth, start = 2, head
            continue
        char = body[at]
        if char in b"{[":
            stack.append(0x7D if char == 0x7B else 0x5D)
            depth += 1
        elif char in b"}]":
            if not stack or stack.pop() != char:
                raise Invalid(f"the body is not JSON: byte {at} closes what was not opened", field="body")
            depth -= 1
            if depth == 1 and head >= 0 and start >= 0:
                if last := body[start:at].strip():
                    items.append(last)
                return items, body[:head], body[at:]
        elif depth == 2 and start >= 0 and char != 0x22:
            # Plain text between items: commas part them, also around bare words.
            piece_at = at
            for piece in body[at : token.end()].split(b",")[:-1]:
                comma = piece_at + len(piece)
                items.append(body[start:comma].strip())
                start = piece_at = comma + 1
        at = token.end()
    raise Invalid(
        f"the body is not JSON: it ends at byte {size} with brackets open, or has no `batch`", field="body"
    )


def _parcel(items: list[bytes], sent_at: Any, key: Any, context: Any, size: int) -> Parcel:
    if len(items) > ITEMS_LIMIT:
        raise Invalid(f"a batch has at most {ITEMS_LIMIT} items", field="size")
    if size > BATCH_LIMIT and sum(n for item in items if (n := len(item)) <= ITEM_LIMIT) > BATCH_LIMIT:
        raise Invalid(f"a batch has at most {BATCH_LIMIT} bytes", field="size")
    return Parcel(
        items,
        True,
        sent_at,
        key if isinstance(key, str) else "",
        context if isinstance(context, dict) else {},
    )
