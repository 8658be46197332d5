"""The tracking API: Segment's HTTP calls, answered after they are durable.

In: POST /v1/{identify,track,page,screen,group,alias,batch}, `import`, and the one-letter paths of the
browser client; the write key by Basic authorisation, Bearer, `X-Write-Key` or `writeKey` in the body;
plain or gzip; JSON or a `text/plain` beacon.
Out: {"success": true, "accepted", "duplicates", "errors": [{index, reason, field, message}], "warnings"}.
Always true: success means committed to disk. A bad item is an entry in `errors` and lies in the
quarantine; only a request with nothing acceptable is a 4xx as a whole. 503 and 429 carry Retry-After.
A write key reads nothing.

The application keeps a `Door` at `app.state.door`.
"""

import asyncio
import base64
import binascii
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import msgspec
import psycopg
import structlog
from litestar import asgi
from litestar.types import Receive, Scope, Send

from slinga.ingest.body import BODY_LIMIT, Parcel, inflate, open_batch, open_single, open_whole
from slinga.ingest.jobs import Committer
from slinga.ingest.model import CLAIMED, Source
from slinga.ingest.pace import Paces, Rate
from slinga.ingest.steps import CALLS, Envelope, origin_allowed
from slinga.ingest.straight import bundle
from slinga.ingest.worked import Job, Outcome
from slinga.kernel.clock import Instant, instant
from slinga.kernel.errors import Invalid, Unavailable
from slinga.kernel.network import client, network

LOG = structlog.get_logger()

Lookup = Callable[[str], Source | None]

SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias", "b": "batch"}

PER_KEY = Rate(5_000, 50_000)
PER_NETWORK = Rate(200, 5_000)
"""Items per second and at once: for each public key, and for each network that uses one."""

_FRESH = 0.5  # seconds a key's look-up is believed without asking
_GONE = 1.0  # seconds it is believed at all: so long a withdrawn key works on
_CACHED = 10_000
_SMALL, _MIDDLING = 20_000, 130_000  # bytes of bodies: above, they are looked at off the event loop
_SOME = 200  # items of a middling body that are not many
_ALLOW = [
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Content-Encoding, X-Write-Key"),
    (b"access-control-max-age", b"86400"),
]
_ALWAYS = [(b"vary", b"Origin"), (b"cache-control", b"no-store")]
_JSON = (b"content-type", b"application/json")


class Door:
    """What the handlers need: keys, the committer, and how fast senders may be."""

    def __init__(
        self,
        committer: Committer,
        lookup: Lookup,
        *,
        per_key: Rate = PER_KEY,
        per_network: Rate = PER_NETWORK,
        proxies: int = 0,
    ) -> None:
        self.committer = committer
        self.per_key = per_key
        self.per_network = per_network
        self.paces = Paces()
        self._proxies = proxies
        self._lookup = lookup
        self._cache: OrderedDict[str, tuple[float, Source | None]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Source | None]] = {}

    async def source(self, key: str) -> Source | None:
        """Whose write key this is. Raises Unavailable when the keys cannot be read."""
        if not key or len(key) > 200:
            return None
        found, now = self._cache.get(key), time.monotonic()
        age = now - found[0] if found else _GONE
        if age < _FRESH:
            return found[1] if found else None
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(key))
            asking.add_done_callback(_heard)
        if found and age < _GONE:
            return found[1]  # while one look-up is under way, nobody waits for it
        return await asyncio.shield(asking)

    async def _ask(self, key: str) -> Source | None:
        """Look a key up, once for all who ask at the same time."""
        try:
            source = await asyncio.to_thread(self._lookup, key)
        except psycopg.Error as error:
            LOG.warning("ingest.keys_unreadable", error=str(error).strip())
            raise Unavailable("write keys cannot be checked now; send it again later") from None
        finally:
            self._asking.pop(key, None)
        self._cache[key] = (time.monotonic(), source)
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return source

    def wait(self, source: Source, peer: str, forwarded: str, count: int) -> int:
        """Seconds a public key's sender has to wait, 0 for go ahead. Servers are never slowed.

        `peer` is who connected, `forwarded` the X-Forwarded-For of the call, "" where it has none.
        """
        if source.trust != CLAIMED:
            return 0
        now = time.monotonic()
        address = client(peer, forwarded, self._proxies or int(_is_near(peer)))
        sender = network(address) if address else ""
        near = self.paces.take(f"{source.name} {sender}", self.per_network, now, count)
        return near or self.paces.take(source.name, self.per_key, now, count)


def _heard(asking: asyncio.Task[Source | None]) -> None:
    """Look at the outcome, which nobody may have waited for."""
    if not asking.cancelled():
        asking.exception()


class _Answer(Exception):
    def __init__(self, status: int, code: str, message: str, *, wait: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.wait = status, code, message, wait


@asgi("/v1", is_mount=True, copy_scope=True)
async def tracking(scope: Scope, receive: Receive, send: Send) -> None:
    """One tracking call or batch; see the module's text for the answer's shape."""
    asked: dict[str, Any] = scope  # type: ignore[assignment]
    await answer(asked["litestar_app"].state.door, scope, receive, send)


async def answer(door: Door, scope: Scope, receive: Receive, send: Send) -> None:
    """The same, for an application that hands calls over before its framework sees them.

    Bare ASGI: a framework's handling of parameters and responses costs more than all the rest of a call.
    """
    if scope["type"] != "http":
        return
    asked: dict[str, Any] = scope  # type: ignore[assignment]
    headers = _headers(asked["headers"])
    origin = headers.get("origin", "")
    method = asked["method"]
    if method == "OPTIONS":
        await _answer(send, 204, None, origin, _ALLOW)
        return
    try:
        if method != "POST":
            raise _Answer(405, "method_not_allowed", "send calls by POST")
        call = asked["path"].strip("/").removeprefix("v1/")
        body = await _read(receive, headers)
        near = asked["client"][0] if asked.get("client") else ""
        outcome, total = await _take(door, call, body, headers, near)
    except _Answer as refusal:
        told = {"success": False, "code": refusal.code, "message": refusal.message}
        later = [(b"retry-after", str(refusal.wait).encode())] if refusal.wait else []
        await _answer(send, refusal.status, told, origin, later)
    except Unavailable as error:
        told = {"success": False, "code": "unavailable", "message": error.message}
        await _answer(send, 503, told, origin, [(b"retry-after", b"1")])
    else:
        if outcome.drops or outcome.warnings or outcome.duplicates or not outcome.accepted:
            await _answer(send, *_report(outcome, total), origin)
        else:
            await _send(send, 200, _accepted(outcome.accepted), origin)


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers that a call is about; browsers send many more."""
    return {_HEARD[name]: value.decode("latin-1") for name, value in pairs if name in _HEARD}


_HEARD = {
    name.encode(): name
    for name in (
        *("authorization", "content-encoding", "content-length", "origin", "user-agent"),
        *("x-forwarded-for", "x-write-key"),
    )
}


async def _answer(
    send: Send,
    status: int,
    body: dict[str, Any] | None,
    origin: str,
    more: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    await _send(send, status, b"" if body is None else msgspec.json.encode(body), origin, more)


async def _send(
    send: Send, status: int, data: bytes, origin: str, more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    # Never with credentials, so any origin may see the answer; which origins may send is the key's matter.
    headers = [(b"access-control-allow-origin", origin.encode("latin-1") or b"*"), *_ALWAYS, *more]
    if data:
        headers += (_JSON, (b"content-length", b"%d" % len(data)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data, "more_body": False})


async def _read(receive: Receive, headers: dict[str, str]) -> bytes:
    """The body as sent, at most BODY_LIMIT bytes of it."""
    if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > BODY_LIMIT:
        raise _Answer(413, "too_large", f"a body has at most {BODY_LIMIT} bytes")
    parts: list[bytes] = []
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            raise _Answer(400, "cut_off", "the connection ended before the body")
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_LIMIT:
            raise _Answer(413, "too_large", f"a body has at most {BODY_LIMIT} bytes")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _take(
    door: Door, call: str, body: bytes, headers: dict[str, str], near: str
) -> tuple[Outcome, int]:
    call = SHORT.get(call, "batch" if call == "import" else call)
    if call not in CALLS and call != "batch":
        raise _Answer(404, "not_found", f"there is no call {call[:40]!r}")
    if headers.get("content-encoding", "").lower() == "gzip" or body[:2] == b"\x1f\x8b":
        try:
            body = inflate(body)
        except Invalid as error:
            raise _Answer(413 if error.field == "size" else 400, error.field, error.message) from None
    key = _header_key(headers)
    source = await door.source(key) if key else None
    if key and source is None:
        raise _Answer(401, "unauthorized", "no source has this write key")
    try:
        parcel = await _open(call, body, keyed=source is not None)
    except Invalid as error:
        raise _Answer(
            413 if error.field == "size" else 400, f"invalid_{error.field}", error.message
        ) from None
    if source is None:
        source = await door.source(parcel.write_key)
    if source is None:
        raise _Answer(401, "unauthorized", "send a write key: Basic authorisation, X-Write-Key or writeKey")
    try:
        origin_allowed(source, headers.get("origin", ""))
    except Invalid as error:
        raise _Answer(403, "forbidden_origin", error.message) from None
    if wait := door.wait(source, near, headers.get("x-forwarded-for", ""), max(1, len(parcel.items))):
        raise _Answer(429, "too_many", f"this sender is too fast; wait {wait} s", wait=wait)
    agent = headers.get("user-agent", "") if source.trust == CLAIMED else ""
    if not agent.startswith("Mozilla/"):
        agent = ""  # the sender is a library, which says nothing about the visitor
    # A batch's unreadable sentAt spoils no item: their times are then taken as they stand.
    sent = _sent_at(parcel.sent_at)
    envelope = Envelope("" if call == "batch" else call, sent, parcel.context, agent.replace("\0", ""))
    asked = (parcel.items, envelope, source, door.committer.refer)
    # Handing a hundred items to a thread costs as much as looking at half of them.
    near_by = len(body) <= _SMALL or (len(body) <= _MIDDLING and len(parcel.items) <= _SOME)
    made = bundle(*asked) if near_by else await asyncio.to_thread(bundle, *asked)
    del parcel, asked  # what is let go of now is at hand for the next request
    job = Job(source, [], envelope.call, sent, envelope, body, bundle=made)
    return await door.committer.take(job), len(made.rows)


async def _open(call: str, body: bytes, *, keyed: bool) -> Parcel:
    """Cut a body into items, off the event loop where that may take long. Raises Invalid."""
    if len(body) <= _SMALL:
        return open_batch(body) if call == "batch" else open_single(body, keyed=keyed)
    if call != "batch":
        return await asyncio.to_thread(open_single, body, keyed=keyed)
    if len(body) <= _MIDDLING:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return open_whole(body)
    return await asyncio.to_thread(open_batch, body)


def _sent_at(value: Any) -> Instant | None:
    if value is None:
        return None
    try:
        return instant(value)
    except (ValueError, TypeError, OverflowError):
        return None


def _header_key(headers: dict[str, str]) -> str:
    """The write key of the headers: X-Write-Key, or Authorization as Basic (user name) or Bearer."""
    if key := headers.get("x-write-key", ""):
        return key
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _Answer(401, "unauthorized", "the Basic authorisation is not valid base64") from None
        return unquote(text.partition(":")[0])
    return ""


@lru_cache(maxsize=1_024)
def _is_near(peer: str) -> bool:
    """Whether a peer is of a private network: where no proxies are set, it is believed to be one.

    Else all visitors behind a proxy that nobody has told us of would share the pace of one.
    """
    with suppress(ValueError):
        return ipaddress.ip_address(peer).is_private
    return not peer  # a socket file


@lru_cache(maxsize=256)
def _accepted(count: int) -> bytes:
    """What is said of a request all of whose items were new and usual."""
    return msgspec.json.encode(_report(Outcome(count), count)[1])


def _report(outcome: Outcome, total: int) -> tuple[int, dict[str, Any]]:
    errors = [
        {"index": index, "reason": str(drop.reason), "field": drop.field, "message": drop.remedy}
        for index, drop in sorted(outcome.drops, key=lambda pair: pair[0])
    ]
    body: dict[str, Any] = {
        "success": True,
        "accepted": outcome.accepted,
        "duplicates": outcome.duplicates,
        "errors": errors,
        "warnings": [{"index": i, "field": f, "message": m} for i, f, m in outcome.warnings],
    }
    if errors and not outcome.accepted:
        first = errors[0]
        body |= {"success": False, "code": first["reason"], "message": first["message"]}
        too_large = total == 1 and first["reason"] == "too_large" and not first["field"]
        return (413 if too_large else 400), body
    return 200, body


routes = [tracking]
