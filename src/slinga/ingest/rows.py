"""Inputs as rows of the log, and many rows as columns in PostgreSQL's binary formats, made by hand.

In: inputs; rows. Out: a `Row` of bytes; the parameters of `slinga_take` (migrations/0210_take.sql).
Always true: pure. A general driver looks each value up by its type; here a row is packed once, when its input
is known, and what remains under the log's lock is joining.
"""

import struct
from collections.abc import Collection, Sequence
from functools import lru_cache
from hashlib import md5
from typing import NamedTuple

import msgspec

from slinga.ingest.model import New
from slinga.kernel.clock import DAY, Instant

SPAN = 32 * DAY
"""De-duplication keys of one span stand together in their index."""

KNOWN_FOR = 8 * DAY
"""How long a de-duplication key is looked for."""

_EPOCH = 946_684_800_000_000  # 2000-01-01, from which PostgreSQL counts microseconds
_SIZE = struct.Struct("!i").pack
_BODY = struct.Struct("!iB").pack
_SMALL = struct.Struct("!ih").pack
_LONG = struct.Struct("!q").pack
_ARRAY = struct.Struct("!iiIii").pack  # one dimension, no nulls, the type of members, how many, from 1 on
_SHORTS = [_SMALL(2, n) for n in range(1024)]
_SIZES = [_SIZE(n) for n in range(256)]
_NULL = _SIZE(-1)
encode = msgspec.json.Encoder(decimal_format="string").encode
"""A value as JSON."""

ERASED = -1
"""The fate of a row about somebody who was erased."""

AT_ACCEPTANCE = _LONG(2**63 - 1)
"""An instant of happening later than all others, so that the acceptance stands in its place."""

Head = tuple[str, str, int, str]
"""Kind, name, trust and source, which many rows share."""


class Row(NamedTuple):
    """One input but for its number and its acceptance."""

    person: bytes
    """The key's 16 bytes."""
    message: bytes
    """The message id behind its size."""
    key: bytes
    """What it is de-duplicated on, as `bucket:text`; empty for nothing."""
    occurred: bytes
    head: Head
    body: bytes
    """The document behind its size and its version."""


def row(new: New) -> Row:
    """An input as a row. Raises UnicodeEncodeError or msgspec.ValidationError for what cannot be written."""
    person = bytes.fromhex(new.person)
    return Row(
        person,
        sized(new.message_id.encode()),
        b"%d:%b" % (person[0], new.dedupe.encode()) if new.dedupe else b"",
        happened(new.occurred_at),
        (new.kind, new.name, new.trust, new.source),
        document(new.body),
    )


def happened(at: Instant | None) -> bytes:
    """When something happened, None for its acceptance."""
    return AT_ACCEPTANCE if at is None else _LONG(at - _EPOCH)


def sized(data: bytes) -> bytes:
    """Bytes behind their size."""
    size = len(data)
    return (_SIZES[size] if size < 256 else _SIZE(size)) + data


def document(body: object) -> bytes:
    """A document as a member of a jsonb[]."""
    data = encode(body)
    return _BODY(len(data) + 1, 1) + data


def body_of(begin: bytes, properties: bytes, end: bytes) -> bytes:
    """The same for a document that is written already, in three pieces."""
    size = len(begin) + len(properties) + len(end) + 1
    return b"".join((_BODY(size, 1), begin, properties, end))


def by_person(rows: Sequence[Row]) -> list[int]:
    """The places of rows, person by person and in order for each: so they stand together in the indexes."""
    people = [one[0] for one in rows]
    return sorted(range(len(rows)), key=people.__getitem__)


class Spell(NamedTuple):
    """A stretch of time within which rows have the same de-duplication numbers."""

    low: Instant
    high: Instant
    span: int
    twice: bool
    """Whether the span before is not a week past."""


def spell(now: Instant) -> Spell:
    """The stretch that holds an instant."""
    span, since = divmod(now, SPAN)
    begin = now - since
    if since < KNOWN_FOR:
        return Spell(begin, begin + KNOWN_FOR, span, True)
    return Spell(begin + KNOWN_FOR, begin + SPAN, span, False)


class Packed:
    """An array in PostgreSQL's binary form; its subclass says of what."""

    __slots__ = ("data",)
    oid = 0
    member = 0

    def __init__(self, data: bytes) -> None:
        self.data = data

    @classmethod
    def of(cls, count: int, *members: bytes) -> "Packed":
        """An array of so many members, each behind its size; they may be joined already."""
        if not count:
            return cls(struct.pack("!iiI", 0, 0, cls.member))
        return cls(b"".join((_ARRAY(1, 1, cls.member, count, 1), *members)))


class Shorts(Packed):
    oid, member = 1005, 21


class Texts(Packed):
    oid, member = 1009, 25


class Longs(Packed):
    oid, member = 1016, 20


class Instants(Packed):
    oid, member = 1185, 1184


class Uuids(Packed):
    oid, member = 2951, 2950


class Documents(Packed):
    oid, member = 3807, 3802


class Columns(msgspec.Struct, frozen=True):
    """Rows as arrays, by the names of the parameters of `slinga_take`."""

    repeated: bool
    kinds: Packed
    names: Packed
    trusts: Packed
    sources: Packed
    heads: Packed
    people: Packed
    messages: Packed
    keys: Packed
    before: Packed | None
    ids: Packed | None
    occurred: Packed
    bodies: Packed


def columns(rows: Sequence[Row], when: Spell, *, ids: bool = False) -> Columns:
    """Rows as columns, for the stretch of time `when`; with the texts of their keys where asked for."""
    count = len(rows)
    people, messages, keys, occurred, heads, bodies = zip(*rows, strict=True)
    places = {head: _short(place) for place, head in enumerate(dict.fromkeys(heads), 1)}
    kinds, names, trusts, sources = zip(*places, strict=True)
    known = keys if (full := all(keys)) else [key for key in keys if key]
    numbers = [md5(key, usedforsecurity=False).digest()[:7] if key else b"" for key in keys]
    before = _keys(numbers, when.span - 1, full) if when.twice else None
    return Columns(
        len(set(known)) < len(known),
        _texts(kinds),
        _texts(names),
        Shorts.of(len(places), b"".join([_SMALL(2, trust) for trust in trusts])),
        _texts(sources),
        Shorts.of(count, *map(places.__getitem__, heads)),
        Uuids.of(count, _each(b"\0\0\0\x10", people)),
        Texts.of(count, *messages),
        Longs.of(count, _keys(numbers, when.span, full)),
        Longs.of(count, before) if before is not None else None,
        Texts.of(count, b"".join([sized(_text(key)) if key else _NULL for key in keys])) if ids else None,
        Instants.of(count, _each(b"\0\0\0\x08", occurred)),
        Documents.of(count, *bodies),
    )


def _keys(numbers: Sequence[bytes], span: int, full: bool) -> bytes:
    """Numbers of a span: its byte, then the hash; with nulls where there is no key."""
    begin = b"\0\0\0\x08" + bytes((span % 128,))
    if full:
        return _each(begin, numbers)
    return b"".join([begin + number if number else _NULL for number in numbers])


def _text(key: bytes) -> bytes:
    return key[key.index(b":") + 1 :]


def _each(begin: bytes, members: Collection[bytes]) -> bytes:
    """All members, `begin` before each."""
    return begin + begin.join(members)


def _short(number: int) -> bytes:
    return _SHORTS[number] if number < 1024 else _SMALL(2, number)


def _texts(values: Collection[str]) -> Packed:
    return Texts.of(len(values), b"".join([_name(value) for value in values]))


@lru_cache(maxsize=4096)
def _name(value: str) -> bytes:
    return sized(value.encode())
