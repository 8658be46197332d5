"""Tell other systems that somebody was erased: the webhook `profile.erased`.

In: notices kept with erasures, in the transaction of each. Out: signed JSON by HTTP POST (Standard Webhooks).
Always true: at least once, in order, until the other side took it; addresses are told as SHA-256 of their
normal form, ids as that system knows them; once told, nothing of it is left here.
"""

import asyncio
import hashlib
from typing import Any

import msgspec
import structlog

from slinga.channels.model import Channel, Parcel, Receipt, Refused
from slinga.kernel.clock import Instant, iso
from slinga.kernel.ids import digest
from slinga.privacy import store
from slinga.privacy.tombstones import Identifiers
from slinga.runtime.db import Db

TYPE = "profile.erased"
_MOST = 50
log = structlog.get_logger("privacy")


def notice(identifiers: Identifiers, addresses: tuple[str, ...]) -> dict[str, Any]:
    """What is kept until it is told."""
    ids = {kind: list(values) for kind, values in identifiers.items() if kind in ("user", "external")}
    hashes = sorted(hashlib.sha256(each.encode()).hexdigest() for each in addresses)
    return {"ids": ids, "sha256": hashes}


def body(number: int, at: Instant, kept: dict[str, Any]) -> bytes:
    """The body of the call."""
    return msgspec.json.encode({"type": TYPE, "timestamp": iso(at), "data": {"erasure": number, **kept}})


def tell(db: Db, url: str, channel: Channel) -> int:
    """Tell what waits, oldest first, until the other side does not take one; how many it took.

    One that it refuses for good is dropped with a line in the log: it would stand in the way of all others.
    """
    told = 0
    for number, at, kept in store.notices(db, _MOST):
        parcel = Parcel(digest("erasure", number), url, body(number, at, kept))
        result = asyncio.run(_post(channel, parcel))
        if isinstance(result, Refused):
            log.error("erasure notice refused", erasure=number, code=result.code)
        elif not isinstance(result, Receipt):
            break
        store.told(db, number)
        told += 1
    return told


async def _post(channel: Channel, parcel: Parcel) -> Any:
    await channel.open()
    try:
        async for _, result in channel.send([parcel]):
            return result
    finally:
        await channel.close()
    return None
