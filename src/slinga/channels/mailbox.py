"""The development mailbox: a table that takes messages while no provider is configured.

In: parcels of any channel. Out: rows of `dev_mail`, newest first for the page that shows them.
Always true: it never refuses and never reaches the network, so a newcomer sees everything and mails nobody.
"""

import asyncio
import email.policy
from collections.abc import AsyncIterator, Sequence
from email.parser import BytesHeaderParser

import msgspec
from psycopg_pool import ConnectionPool

from slinga.channels.model import Parcel, Receipt, Result
from slinga.kernel.clock import Instant
from slinga.runtime.db import At, Db, Key, statements

S = statements(__file__)
_headers = BytesHeaderParser(policy=email.policy.default)


class Kept(msgspec.Struct, frozen=True):
    """One message in the mailbox; `raw` only when it was asked for by id."""

    id: int
    channel: str
    message: str
    message_id: str
    sender: str
    recipient: str
    subject: str
    received_at: Instant
    raw: bytes = b""


class Mailbox:
    """A channel of any kind that keeps what it is given."""

    kind = ""

    def __init__(self, *, pool: ConnectionPool[Db]) -> None:
        self._pool = pool

    async def open(self) -> None:
        """Nothing to prepare."""

    async def close(self, *, abort: bool = False) -> None:
        """Nothing to let go of."""

    async def send(self, parcels: Sequence[Parcel]) -> AsyncIterator[tuple[str, Result]]:
        """Keep all in one transaction."""
        await asyncio.to_thread(self._keep, parcels)
        for parcel in parcels:
            yield parcel.id, Receipt(250, "kept in the development mailbox")

    def _keep(self, parcels: Sequence[Parcel]) -> None:
        rows = [_row(self.kind, parcel) for parcel in parcels]
        with self._pool.connection() as db, db.transaction(), db.cursor() as cursor:
            cursor.executemany(S.keep, rows)


def _row(kind: str, parcel: Parcel) -> dict:
    sender, subject = _mail(parcel.data) if kind == "email" else ("", _title(parcel.data))
    return {
        "channel": kind,
        "message": Key(parcel.id),
        "message_id": parcel.message_id,
        "sender": sender,
        "recipient": parcel.address,
        "subject": subject,
        "raw": parcel.data,
    }


def _mail(data: bytes) -> tuple[str, str]:
    headers = _headers.parsebytes(data.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n")
    return str(headers["from"] or ""), str(headers["subject"] or "")


def _title(data: bytes) -> str:
    """What a message that is no mail says first."""
    try:
        body = msgspec.json.decode(data)
    except msgspec.DecodeError:
        return data[:200].decode("utf-8", "replace")
    if isinstance(body, dict):
        return str(body.get("title") or body.get("text") or body.get("url") or "")[:200]
    return str(body)[:200]


def latest(db: Db, *, limit: int = 50, before: int | None = None, recipient: str | None = None) -> list[Kept]:
    """The newest messages, without their bytes; `before` is an id to page on."""
    rows = db.execute(S.latest, {"limit": limit, "before": before, "recipient": recipient}).fetchall()
    return [Kept(*row) for row in rows]


def since(db: Db, after: int, *, limit: int = 100) -> list[Kept]:
    """The messages that arrived after the one with the id `after`, oldest first, with their bytes."""
    return [Kept(*row) for row in db.execute(S.since, {"after": after, "limit": limit}).fetchall()]


def one(db: Db, number: int) -> Kept | None:
    """A message with its bytes, or None."""
    row = db.execute(S.one, {"id": number}).fetchone()
    return Kept(*row) if row else None


def clear(db: Db, before: Instant) -> int:
    """Throw away what came before an instant; how many."""
    return db.execute(S.clear, {"before": At(before)}).rowcount
