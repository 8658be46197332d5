"""Rows of facts as PostgreSQL's binary COPY format, made by hand.

In: facts and whose they are. Out: bytes for COPY ... (FORMAT binary).
Always true: pure; the columns and their order are those of `copy_facts` in store.sql. A general driver looks
each of seven values up by its type; this is several times as fast.
"""

import struct
from collections.abc import Iterable

import msgspec

from slinga.people.model import Recorded

BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"

_EPOCH = 946_684_800_000_000  # 2000-01-01, from which PostgreSQL counts microseconds
_HEAD = struct.Struct("!hihi16siqi").pack  # seven columns: bucket, person, seq, the size of the kind
_SIZE = struct.Struct("!i").pack
_TAIL = struct.Struct("!iqiB").pack  # at, the size of the body, jsonb's version
_encode = msgspec.json.Encoder(decimal_format="string").encode


def fact_rows(facts: Iterable[Recorded]) -> bytes:
    """The whole message. Raises msgspec.ValidationError for what JSON cannot say."""
    parts = [BEGIN]
    for one in facts:
        fact, key = one.fact, bytes.fromhex(one.person)
        kind, name, body = fact.kind.encode(), fact.name.encode(), _encode(fact.body)
        parts += (
            _HEAD(7, 2, key[0], 16, key, 8, one.seq, len(kind)),
            kind,
            _SIZE(len(name)),
            name,
            _TAIL(8, fact.at - _EPOCH, len(body) + 1, 1),
            body,
        )
    parts.append(END)
    return b"".join(parts)
