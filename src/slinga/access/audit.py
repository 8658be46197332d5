"""Who did what, when: the entries of the audit log and the chain that holds them together.

In: entries. Out: their hashes, the first that does not verify.
Always true: pure; an entry's hash covers all of its content and the hash of the entry before it; entries
hold keys and names of definitions, no personal data.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from slinga.kernel.clock import Instant

_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="string").encode


class Audited(msgspec.Struct, frozen=True):
    """One entry. `actor` is key:<number>, command or member:<name>; `n` counts from 1 without a gap."""

    n: int
    at: Instant
    actor: str
    action: str
    object: str
    detail: dict[str, Any]
    prev_hash: bytes = b""
    hash: bytes = b""


def link_hash(entry: Audited) -> bytes:
    """The hash of an entry, its predecessor's included."""
    content = [
        entry.n,
        entry.at,
        entry.actor,
        entry.action,
        entry.object,
        entry.detail,
        entry.prev_hash.hex(),
    ]
    return hashlib.blake2b(_canonical(content), digest_size=32, person=b"slinga.audit").digest()


def broken(entries: Iterable[Audited], *, after: int = 0, previous: bytes = b"") -> int:
    """The number of the first entry whose chain does not verify, 0 when all do.

    `entries` in order, behind entry number `after`, whose hash is `previous`.
    """
    for entry in entries:
        after += 1
        if entry.n != after or entry.prev_hash != previous or entry.hash != link_hash(entry):
            return after
        previous = entry.hash
    return 0
