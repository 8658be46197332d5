"""A request's usual events as rows, straight from their bytes, before the instant of receipt is known.

In: the raw items of a request, what its envelope said, its source. Out: a `Bundle`: a row for each item that
is usual, the merges that follow it, for which instants of receipt all that holds; and the other items, as far
as they go before their receipt.
Always true: pure; the rows are those that the steps make, one by one (a property test compares them). What a
visitor or a context says again and again is read once: both are remembered, within bounds.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from slinga.ingest.model import CLAIMED, Call, Drop, Source
from slinga.ingest.quick import MESSAGE_ID, NAME_LENGTH, SIZE, Item, Object, camel
from slinga.ingest.ready import ALWAYS, NEVER, Ready, joined, ready
from slinga.ingest.rows import AT_ACCEPTANCE, Head, Row, body_of, encode, happened, sized
from slinga.ingest.steps import AHEAD, SKEW, Envelope, Refer, examine
from slinga.ingest.vouching import TOKEN
from slinga.kernel.clock import Instant, instant

_CONTEXT_KEPT = 2_000
"""Bytes above which a context is not remembered."""


class Checked(msgspec.Struct):
    """One item after the pure steps: its rows, a call to append, or a drop to keep aside."""

    raw: bytes
    found: Ready | Call | Drop


class Bundle(msgspec.Struct):
    """A request's items, in order. `rows` has None where `odd` has the item."""

    rows: list[Row | None]
    merges: list[tuple[int, Sequence[tuple[str, Row]]]]
    """By the place of the item that asks for them, each with the text it is de-duplicated on."""
    odd: dict[int, Checked]
    low: Instant = ALWAYS
    high: Instant = NEVER
    """The instants [low, high) of receipt for which the rows hold."""


def check(raws: Sequence[bytes], envelope: Envelope, source: Source, refer: Refer) -> list[Checked]:
    """Each item as far as it goes before its receipt; one at a time, so that little is held of each."""
    return [_checked(raw, envelope, source, refer) for raw in raws]


def _checked(raw: bytes, envelope: Envelope, source: Source, refer: Refer) -> Checked:
    found = examine(raw, envelope)
    made = ready(found, source, refer) if isinstance(found, Call) else None
    return Checked(raw, made or found)


class _Event(Item, rename=camel, gc=False):
    context: msgspec.Raw = msgspec.Raw()  # type: ignore[assignment]


_decode = msgspec.json.Decoder(_Event).decode
_decode_context = msgspec.json.Decoder(Object | None).decode
_UNUSUAL = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
_row = tuple.__new__  # the named way takes thrice as long


def bundle(raws: Sequence[bytes], envelope: Envelope, source: Source, refer: Refer) -> Bundle:
    """The items of a request, as far as they go before its receipt."""
    out = Bundle([], [], {})
    rows, heads, name, trust = out.rows, _Heads(source), source.name, source.trust
    call, sent_before, agent = envelope.call, envelope.sent_at, envelope.agent
    may = not envelope.context and not (trust == CLAIMED and source.proofs)
    for raw in raws:
        # An escape may be a NUL or half a character.
        if not may or len(raw) > SIZE or (b"\\" in raw and b"\\u" in raw):
            _odd(out, raw, envelope, source, refer)
            continue
        try:
            item = _decode(raw)
            text = item.original_timestamp or item.timestamp
            at = None if text is None else instant(text)
            sent = instant(item.sent_at) if item.sent_at else sent_before
            context = _context(item.context, agent)
            head = heads[item.event or ""]
        except _UNUSUAL:
            _odd(out, raw, envelope, source, refer)
            continue
        whom, message = _whom(refer, item.user_id, item.anonymous_id, name, trust), item.message_id or ""
        usual = (call or item.type) == "track" and len(message) <= MESSAGE_ID and (at is None or at >= 0)
        if not usual or head is None or context is None or whom is None:
            _odd(out, raw, envelope, source, refer)
            continue
        if at is None:
            occurred = AT_ACCEPTANCE
        else:
            occurred = happened(at)
            if at - AHEAD > out.low:
                out.low = at - AHEAD
            if sent is not None and not (item.received_at is not None and trust > 0):
                out.low, out.high = max(out.low, sent - SKEW), min(out.high, sent + SKEW + 1)
        said = message.encode()
        told = sized(said)
        properties = encode(item.properties) if item.properties else b"{}"
        body = body_of(whom.begin, properties, context)
        if whom.merges:
            merge: Head = ("merge", "", trust, name)
            out.merges.append(
                (len(rows), [(d, _row(Row, (p, told, k, occurred, merge, b))) for d, p, k, b in whom.merges])
            )
        rows.append(_row(Row, (whom.person, told, whom.space + said if said else b"", occurred, head, body)))
    return out


def _odd(out: Bundle, raw: bytes, envelope: Envelope, source: Source, refer: Refer) -> None:
    """An item by its steps: as a row all the same, or as one that waits for the receipt."""
    one = _checked(raw, envelope, source, refer)
    found = one.found
    if isinstance(found, Ready):
        out.low, out.high = max(out.low, found.low), min(out.high, found.high)
        if found.merges:
            out.merges.append((len(out.rows), found.merges))
        out.rows.append(found.row)
    else:
        out.odd[len(out.rows)] = one
        out.rows.append(None)


class _Heads(dict[str, Head | None]):
    """What the rows of a request share by the names of their events; None for a name that is none."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __missing__(self, event: str) -> Head | None:
        name = event.strip()
        head = ("event", name, self._source.trust, self._source.name)
        self[event] = found = head if 0 < len(name) <= NAME_LENGTH else None
        return found


class _Whom(msgspec.Struct, frozen=True):
    """What rows say about a person: the key, the beginning of the document, the space of message ids, and
    what each merge is de-duplicated on (as text and as a row has it), its person and its document."""

    person: bytes
    begin: bytes
    space: bytes
    merges: tuple[tuple[str, bytes, bytes, bytes], ...]


@lru_cache(maxsize=8192)
def _whom(refer: Refer, user: str | None, anonymous: str | None, source: str, trust: int) -> _Whom | None:
    """Whom an event with these ids is about, None where that takes more than a look."""
    found = refer(Call("track", user_id=user, anonymous_id=anonymous), source)
    if found.warnings or not found.key:
        return None
    person = bytes.fromhex(found.key)
    begin = b'{"identifiers":' + msgspec.json.encode(found.identifiers) + b',"properties":'
    merges = tuple([joined(link, trust, found.identifiers) for link in found.links])
    return _Whom(person, begin, f"{person[0]}:{source}:".encode(), merges)


def _context(raw: msgspec.Raw, agent: str) -> bytes | None:
    """The end of a document whose context this is, None where that takes more than a look."""
    data = bytes(raw)
    return _known_context(data, agent) if len(data) <= _CONTEXT_KEPT else _read_context(data, agent)


def _read_context(data: bytes, agent: str) -> bytes | None:
    context = (_decode_context(data) if data else None) or {}
    if agent and "userAgent" not in context:
        context = {**context, "userAgent": agent[:500]}
    if TOKEN in context or "externalIds" in context:
        return None
    return b',"context":' + encode(context) + b"}" if context else b"}"


_known_context = lru_cache(maxsize=1024)(_read_context)
