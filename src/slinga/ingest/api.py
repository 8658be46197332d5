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
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import msgspec
import psycopg
import structlog
from litestar import Request, Response, route
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from slinga.ingest.body import BODY_LIMIT, Parcel, inflate, open_batch, open_single
from slinga.ingest.jobs import Checked, Committer, Job, Outcome
from slinga.ingest.model import CLAIMED, Source
from slinga.ingest.pace import Paces, Rate, network
from slinga.ingest.steps import CALLS, Envelope, examine, origin_allowed
from slinga.kernel.clock import Instant, instant
from slinga.kernel.errors import Invalid, Unavailable

LOG = structlog.get_logger()

Lookup = Callable[[str], Source | None]

SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias", "b": "batch"}

PER_KEY = Rate(5_000, 50_000)
PER_NETWORK = Rate(200, 5_000)
"""Items per second and at once: for each public key, and for each network that uses one."""

_CACHED_FOR = 10.0  # seconds a key's look-up is believed; a withdrawn key works that much longer
_CACHED = 10_000
_BIG = 20_000  # bytes above which a body is examined off the event loop
_ALLOW = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Write-Key",
    "Access-Control-Max-Age": "86400",
}


class Door:
    """What the handlers need: keys, the committer, and how fast senders may be."""

    def __init__(
        self,
        committer: Committer,
        lookup: Lookup,
        *,
        per_key: Rate = PER_KEY,
        per_network: Rate = PER_NETWORK,
    ) -> None:
        self.committer = committer
        self.per_key = per_key
        self.per_network = per_network
        self.paces = Paces()
        self._lookup = lookup
        self._cache: OrderedDict[str, tuple[float, Source | None]] = OrderedDict()

    async def source(self, key: str) -> Source | None:
        """Whose write key this is. Raises Unavailable when the keys cannot be read."""
        if not key or len(key) > 200:
            return None
        found = self._cache.get(key)
        now = time.monotonic()
        if found is not None and now - found[0] < _CACHED_FOR:
            return found[1]
        try:
            source = await asyncio.to_thread(self._lookup, key)
        except psycopg.Error as error:
            LOG.warning("ingest.keys_unreadable", error=str(error).strip())
            raise Unavailable("write keys cannot be checked now; send it again later") from None
        self._cache[key] = (now, source)
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return source

    def wait(self, source: Source, address: str, count: int) -> int:
        """Seconds a public key's sender has to wait, 0 for go ahead. Servers are never slowed."""
        if source.trust != CLAIMED:
            return 0
        now = time.monotonic()
        near = self.paces.take(f"{source.name} {network(address)}", self.per_network, now, count)
        return near or self.paces.take(source.name, self.per_key, now, count)


class _Answer(Exception):
    def __init__(self, status: int, code: str, message: str, *, wait: int = 0, origin: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.wait = status, code, message, wait


def _plain(status: int, body: dict[str, Any], headers: dict[str, str]) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body), status_code=status, headers=headers, media_type="application/json"
    )


@route(
    ["/v1/{call:str}"],
    http_method=[HttpMethod.POST, HttpMethod.OPTIONS],
    status_code=200,
    request_max_body_size=BODY_LIMIT,
    include_in_schema=False,
    name="tracking",
)
async def tracking(call: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
    """One tracking call or batch; see the module's text for the answer's shape."""
    origin = request.headers.get("origin", "")
    # Never with credentials, so any origin may see the answer; which origins may send is the key's matter.
    headers = {"Access-Control-Allow-Origin": origin or "*", "Vary": "Origin", "Cache-Control": "no-store"}
    if request.method == "OPTIONS":
        return Response(b"", status_code=204, headers=headers | _ALLOW, media_type="text/plain")
    try:
        outcome, total = await _take(call, request, origin)
    except _Answer as answer:
        if answer.wait:
            headers["Retry-After"] = str(answer.wait)
        body = {"success": False, "code": answer.code, "message": answer.message}
        return _plain(answer.status, body, headers)
    except Unavailable as error:
        return _plain(
            503,
            {"success": False, "code": "unavailable", "message": error.message},
            headers | {"Retry-After": "1"},
        )
    return _report(outcome, total, headers)


async def _take(call: str, request: Request[Any, Any, Any], origin: str) -> tuple[Outcome, int]:
    call = SHORT.get(call, "batch" if call == "import" else call)
    if call not in CALLS and call != "batch":
        raise _Answer(404, "not_found", f"there is no call {call[:40]!r}")
    try:
        body = await request.body()
    except HTTPException as error:
        raise _Answer(error.status_code, "too_large", f"a body has at most {BODY_LIMIT} bytes") from None
    if request.headers.get("content-encoding", "").lower() == "gzip" or body[:2] == b"\x1f\x8b":
        try:
            body = inflate(body)
        except Invalid as error:
            raise _Answer(413 if error.field == "size" else 400, error.field, error.message) from None
    door: Door = request.app.state.door
    key = _header_key(request)
    source = await door.source(key) if key else None
    if key and source is None:
        raise _Answer(401, "unauthorized", "no source has this write key")
    off_loop = len(body) > _BIG
    try:
        parcel = await asyncio.to_thread(_open, call, body) if off_loop else _open(call, body)
    except Invalid as error:
        raise _Answer(
            413 if error.field == "size" else 400, f"invalid_{error.field}", error.message
        ) from None
    if source is None:
        source = await door.source(parcel.write_key)
    if source is None:
        raise _Answer(401, "unauthorized", "send a write key: Basic authorisation, X-Write-Key or writeKey")
    try:
        origin_allowed(source, origin)
    except Invalid as error:
        raise _Answer(403, "forbidden_origin", error.message) from None
    if wait := door.wait(source, _address(request), max(1, len(parcel.items))):
        raise _Answer(429, "too_many", f"this sender is too fast; wait {wait} s", wait=wait)
    agent = request.headers.get("user-agent", "") if source.trust == CLAIMED else ""
    if not agent.startswith("Mozilla/"):
        agent = ""  # the sender is a library, which says nothing about the visitor
    # A batch's unreadable sentAt spoils no item: their times are then taken as they stand.
    envelope = Envelope(
        "" if call == "batch" else call, _sent_at(parcel.sent_at), parcel.context, _clean(agent)
    )
    items = await asyncio.to_thread(_examine, parcel, envelope) if off_loop else _examine(parcel, envelope)
    job = Job(source, items, envelope.call, envelope.sent_at)
    return await asyncio.wrap_future(door.committer.submit(job)), len(items)


def _open(call: str, body: bytes) -> Parcel:
    return open_batch(body) if call == "batch" else open_single(body)


def _examine(parcel: Parcel, envelope: Envelope) -> list[Checked]:
    return [Checked(raw, examine(raw, envelope)) for raw in parcel.items]


def _sent_at(value: Any) -> Instant | None:
    try:
        return instant(value)
    except (ValueError, TypeError, OverflowError):
        return None


def _clean(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _header_key(request: Request[Any, Any, Any]) -> str:
    """The write key of the headers: X-Write-Key, or Authorization as Basic (user name) or Bearer."""
    if key := request.headers.get("x-write-key", ""):
        return str(key)
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _Answer(401, "unauthorized", "the Basic authorisation is not valid base64") from None
        return unquote(text.partition(":")[0])
    return ""


def _address(request: Request[Any, Any, Any]) -> str:
    """The sender's address; a proxy on a private network is believed about who came to it last."""
    near = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    if not forwarded:
        return near
    try:
        return forwarded if not near or ipaddress.ip_address(near).is_private else near
    except ValueError:
        return near


def _report(outcome: Outcome, total: int, headers: dict[str, str]) -> Response[bytes]:
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
        return _plain(413 if too_large else 400, body, headers)
    return _plain(200, body, headers)


routes = [tracking]
