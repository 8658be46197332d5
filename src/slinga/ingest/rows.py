"""Rows of the log and arrays in PostgreSQL's binary formats, made by hand.

In: inputs and where each stands. Out: bytes for COPY ... (FORMAT binary).
Always true: pure; the columns and their order are those of `copy_in` in log.sql. A general driver looks each
of eleven values up by its type; here three calls of struct make a row, which is four times as fast.
"""

import struct
from collections.abc import Collection

import msgspec

from slinga.ingest.model import New
from slinga.kernel.clock import Instant

BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"

_EPOCH = 946_684_800_000_000  # 2000-01-01, from which PostgreSQL counts microseconds
_HEAD = struct.Struct("!hihiqi").pack  # eleven columns; bucket, seq, the size of a key
_TAIL = struct.Struct("!iqiqiB").pack  # accepted_at, occurred_at, the size of the body, jsonb's version
_SIZE = struct.Struct("!i").pack
_SMALL = struct.Struct("!ih").pack
_encode = msgspec.json.Encoder(decimal_format="string").encode


class Rows:
    """Makes rows; remembers the texts that repeat from row to row."""

    def __init__(self, accepted: Instant) -> None:
        self._accepted = accepted
        self._texts: dict[tuple[str, str, int, str], bytes] = {}

    def row(self, new: New, seq: int) -> bytes:
        """One row. Raises UnicodeEncodeError or msgspec.ValidationError for what cannot be written."""
        key = bytes.fromhex(new.person)
        texts = self._texts.get(name := (new.kind, new.name, new.trust, new.source))
        if texts is None:
            texts = _text(new.kind) + _text(new.name) + _SMALL(2, new.trust) + _text(new.source)
            self._texts[name] = texts
        accepted = self._accepted
        occurred = accepted if new.occurred_at is None or new.occurred_at > accepted else new.occurred_at
        body = _encode(new.body)
        message = new.message_id.encode()
        return b"".join(
            (
                _HEAD(11, 2, key[0], 8, seq, 16),
                key,
                texts,
                _SIZE(len(message)),
                message,
                _TAIL(8, accepted - _EPOCH, 8, occurred - _EPOCH, len(body) + 1, 1),
                body,
            )
        )


def _text(value: str) -> bytes:
    data = value.encode()
    return _SIZE(len(data)) + data


class Shorts(bytes):
    """A smallint[] in PostgreSQL's binary form."""


class Texts(bytes):
    """A text[] in PostgreSQL's binary form."""


_ARRAY = struct.Struct("!iiIii").pack  # one dimension, no nulls, the type of members, how many, from 1 on
_SHORTS = [_SMALL(2, n) for n in range(256)]


def shorts(values: Collection[int]) -> Shorts:
    """Numbers from 0 to 255 as an array."""
    if not values:
        return Shorts(struct.pack("!iiI", 0, 0, 21))
    return Shorts(_ARRAY(1, 0, 21, len(values), 1) + b"".join([_SHORTS[n] for n in values]))


def texts(values: Collection[str]) -> Texts:
    """Texts as an array."""
    if not values:
        return Texts(struct.pack("!iiI", 0, 0, 25))
    return Texts(_ARRAY(1, 0, 25, len(values), 1) + b"".join([_text(value) for value in values]))
