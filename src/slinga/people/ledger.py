"""The rows of the consent ledger and the chain that holds them together.

In: what was said about permission. Out: rows, their hashes, and the inputs they are in the log.
Always true: pure; a row's hash covers all of its content and the hash of the row before it.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.ingest.model import PROVEN, Input, New
from slinga.kernel.clock import Instant

_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="string").encode


class Consent(msgspec.Struct, frozen=True):
    """One thing said about permission. `occurred_at` None: now."""

    person: str
    channel: str
    topic: str
    action: str
    basis: str = "consent"
    source: str = "preferences"
    actor: str = ""
    message: str = ""
    address_hash: str = ""
    evidence: dict[str, Any] = {}
    occurred_at: Instant | None = None
    expires_at: Instant | None = None


class Recorded(msgspec.Struct, frozen=True):
    """A ledger row as read back."""

    person: str
    n: int
    channel: str
    topic: str
    action: str
    basis: str
    source: str
    actor: str
    message: str
    address_hash: str
    evidence: dict[str, Any]
    occurred_at: Instant
    recorded_at: Instant
    expires_at: Instant | None
    prev_hash: bytes
    hash: bytes


def broken(rows: Sequence[Recorded]) -> int:
    """The place of the first row whose chain does not verify, 0 when all do. `rows`: one person's."""
    previous = b""
    for expected, row in enumerate(sorted(rows, key=lambda r: r.n), 1):
        if (
            row.n != expected
            or row.prev_hash != previous
            or row.hash != link_hash(msgspec.structs.asdict(row))
        ):
            return expected
        previous = row.hash
    return 0


def link_hash(row: dict[str, Any]) -> bytes:
    """The hash of a row, its predecessor's included."""
    content = {name: value for name, value in row.items() if name not in ("hash", "bucket")}
    content["prev_hash"] = content["prev_hash"].hex()
    return hashlib.blake2b(_canonical(content), digest_size=32, person=b"slinga.consent").digest()


def _body(entry: Consent | Recorded) -> dict[str, Any]:
    names = ("channel", "topic", "action", "basis", "source", "evidence", "message", "expires_at")
    return {name: getattr(entry, name) for name in names}


def to_input(entry: Consent) -> New:
    """The log's input of an entry about to be recorded."""
    return New(
        person=entry.person,
        kind="consent",
        name=entry.action,
        body=_body(entry),
        source=entry.source,
        occurred_at=entry.occurred_at,
    )


def as_input(row: Recorded) -> Input:
    """A recorded row as the fold of `people.consent` reads it."""
    return Input(
        kind="consent",
        at=row.recorded_at,
        name=row.action,
        body=_body(row),
        trust=PROVEN,
        occurred_at=row.occurred_at,
    )
