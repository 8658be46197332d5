"""What every route of the admin API has in common: who calls, what was sent, once, and told.

In: operations, each a function from a `Call` to a document. Out: Litestar handlers.
Always true: what a handler gets was decoded strictly, an unknown field or filter is an error that names it; a
write and its audit entry and the answer kept under its Idempotency-Key commit together, or none of them does.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import (
    ClientException,
    NotAuthorizedException,
    PermissionDeniedException,
    TooManyRequestsException,
)
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler
from litestar.params import RawBody

from slinga.access import jobs as access
from slinga.access.model import ApiKey
from slinga.access.scopes import covers
from slinga.api.scopes import SCOPE_OF, P
from slinga.ingest.model import Drop
from slinga.ingest.pace import Paces, Rate
from slinga.ingest.steps import Envelope, examine
from slinga.kernel.errors import Invalid
from slinga.runtime.db import Db

Connection = ASGIConnection[Any, Any, Any, Any]
T = TypeVar("T")

ONCE = 200
"""Longest Idempotency-Key."""
READS = 600
"""Reads of people that one key may make in a minute, in one process."""
_WINDOW_S = 60.0
_NO_BODY = ("GET", "DELETE")


class Call(msgspec.Struct):
    """One call: who, to what, with what."""

    db: Db
    key: ApiKey
    path: dict[str, Any]
    query: Any
    body: Any
    state: Any
    about: str = ""
    """What the audit log names: a key, kind/key. Set by the operation."""
    detail: dict[str, Any] = {}
    once: str = ""

    @property
    def actor(self) -> str:
        """How the audit log and inputs name the caller."""
        return f"key:{self.key.id}"


class Operation(msgspec.Struct, frozen=True):
    """A route: what it takes, what it answers, and the function between."""

    method: str
    path: str
    run: Callable[[Call], Any]
    answer: Any
    status: int
    query: Any = None
    body: Any = None
    media: str = "application/json"
    example: Any = None

    @property
    def name(self) -> str:
        return str(getattr(self.run, "__name__", ""))

    @property
    def writes(self) -> bool:
        """Whether it changes something, so that it is done once and audited."""
        return self.method != "GET" and self.answer is not None and not self.name.startswith("ask_")


class Page(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The part of a list that is asked for."""

    limit: int = 50
    """How many, 1 to 200."""
    cursor: str = ""
    """`next` of the page before."""

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= 200:
            raise ValueError("limit is 1 to 200")


def operation(
    method: str,
    path: str,
    answer: Any,
    *,
    status: int = 200,
    query: Any = None,
    body: Any = None,
    media: str = "application/json",
    example: Any = None,
) -> Callable[[Callable[[Call], Any]], Operation]:
    """Declare a route under /api/v1; its docstring is its description."""

    def declare(run: Callable[[Call], Any]) -> Operation:
        return Operation(method, P + path, run, answer, status, query, body, media, example)

    return declare


def handler(one: Operation) -> HTTPRouteHandler:
    """The Litestar handler of an operation."""

    def work(request: Request[Any, Any, Any], raw: bytes) -> Response[Any]:
        query = _query(one, request)
        body = _body(one, raw)
        with request.app.state.pool.connection() as db:
            call = Call(db, request.state.api_key, dict(request.path_params), query, body, request.app.state)
            _no_zero(call.path)
            return _written(one, call, request, raw) if one.writes else _read(one, call)

    if one.method in _NO_BODY:

        def bare(request: Request[Any, Any, Any]) -> Response[Any]:
            return work(request, b"")

        run: Any = bare
    else:

        def full(request: Request[Any, Any, Any], body: RawBody) -> Response[Any]:
            return work(request, body)

        run = full
    run.__doc__, run.__name__ = one.run.__doc__, one.name
    path = one.path.removeprefix(P).replace("}", ":str}")
    made = HTTPRouteHandler(
        path,
        http_method=one.method,  # type: ignore[arg-type]
        status_code=one.status,
        sync_to_thread=True,
        include_in_schema=False,
        name=f"api.{one.name}",
        guards=[guard],
    )
    return made(run)


def _query(one: Operation, request: Request[Any, Any, Any]) -> Any:
    given = {name: value for name, value in request.query_params.items() if value != "" or one.query}
    _no_zero(given)
    kind = one.query or _Nothing
    return _converted(given, kind, "is not a filter here")


class _Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No filters."""


def _body(one: Operation, raw: bytes) -> Any:
    if one.body is None:
        return None
    try:
        value = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Invalid("the body is not JSON: %(why)s", why=fault) from None
    _no_zero(value)
    return _converted(value, one.body, "is not known here", strict=True)


def _converted(value: Any, kind: Any, unknown: str, *, strict: bool = False) -> Any:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as fault:
        message, _, path = str(fault).partition(" - at `$")
        field = path.rstrip("`").lstrip(".").replace("[...]", "")
        if "unknown field `" in message:
            name = message.partition("unknown field `")[2].rstrip("`")
            raise Invalid(
                "'%(name)s' %(unknown)s", field=f"{field}.{name}".lstrip("."), name=name, unknown=unknown
            ) from None
        if "missing required field `" in message:
            name = message.partition("missing required field `")[2].rstrip("`")
            raise Invalid("'%(name)s' is needed", field=f"{field}.{name}".lstrip("."), name=name) from None
        raise Invalid(message, field=field) from None


def _no_zero(value: Any, field: str = "", depth: int = 0) -> None:
    """U+0000 cannot be stored; nor is anything that nests without end, or a number beyond 64 bits, meant."""
    if depth > 60:
        raise Invalid("this nests too deep", field=field)
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= each <= "\udfff" for each in value):
            raise Invalid("text holds no U+0000 and no half characters", field=field)
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise Invalid("a whole number has at most 64 bits", field=field)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            _no_zero(name, field, depth + 1)
            _no_zero(each, f"{field}.{name}".lstrip("."), depth + 1)
    elif isinstance(value, list | tuple):
        for each in value:
            _no_zero(each, field, depth + 1)


def proper(values: dict[str, Any], field: str) -> dict[str, Any]:
    """Values that may become part of a person, by the same rules as at the tracking API's door."""
    raw = msgspec.json.encode({"userId": "-", "event": "-", "properties": values})
    found = examine(raw, Envelope("track"))
    if isinstance(found, Drop):
        raise Invalid(found.remedy, field=found.field.replace("properties", field) or field)
    return found.properties


def _answer(one: Operation, value: Any) -> bytes:
    return b"" if one.status == 204 else msgspec.json.encode(value)


def _read(one: Operation, call: Call) -> Response[Any]:
    value = one.run(call)
    if isinstance(value, Response):
        return value
    return Response(
        _answer(one, value),
        status_code=one.status,
        media_type=one.media,
        headers={"Cache-Control": "no-store"},
    )


def _written(one: Operation, call: Call, request: Request[Any, Any, Any], raw: bytes) -> Response[Any]:
    once = request.headers.get("idempotency-key", "").strip()
    if len(once) > ONCE or not once.isprintable():
        raise Invalid(
            "an Idempotency-Key has at most %(once)s printable characters", field="Idempotency-Key", once=ONCE
        )
    asked = hashlib.sha256(
        b"\0".join((one.method.encode(), request.scope["raw_path"], request.scope["query_string"], raw))
    ).digest()
    call.once = once
    with call.db.transaction():
        if once:
            try:
                kept = access.once(call.db, call.key.id, once, asked)
            except Invalid as fault:
                raise ClientException(status_code=422, detail=fault.message) from None
            if kept is not None:
                return _sent(one, kept.answer, kept.status, {"Idempotent-Replayed": "true"})
        answer = _answer(one, one.run(call))
        access.audit(call.db, call.actor, one.name, call.about, **call.detail)
        if once:
            access.keep(call.db, call.key.id, once, asked, one.status, answer)
    return _sent(one, answer, one.status, {})


def _sent(one: Operation, answer: bytes, status: int, headers: dict[str, str]) -> Response[Any]:
    kept = {"Cache-Control": "no-store", **headers}
    return Response(answer, status_code=status, media_type=one.media, headers=kept)


async def guard(connection: Connection, _: BaseRouteHandler) -> None:
    """`Authorization: Bearer sk_...` of a key whose scopes cover the route."""
    method, path = str(connection.scope.get("method")), str(connection.scope.get("path_template"))
    scheme, _space, text = connection.headers.get("authorization", "").partition(" ")

    def find() -> ApiKey | None:
        with connection.app.state.pool.connection() as db:
            return access.find_key(db, text.strip(), "secret")

    found = await asyncio.to_thread(find) if scheme.lower() == "bearer" else None
    if found is None:
        raise NotAuthorizedException(
            "Send a secret key: Authorization: Bearer sk_...", headers={"WWW-Authenticate": "Bearer"}
        )
    if connection.headers.get("origin"):
        raise PermissionDeniedException("A secret key must not be used in a browser; keep it on a server.")
    wanted = SCOPE_OF.get((method, path))
    if wanted is None or not covers(found.scopes, wanted):
        raise PermissionDeniedException(f"This key lacks the scope {wanted or 'for this'}.")
    if wanted == "people:read":
        wait = connection.app.state.api_limit.take(found.id, time.monotonic())
        if wait > 0:
            raise TooManyRequestsException(
                f"A key may read people {READS} times a minute; wait {wait} s, or ask for lists.",
                headers={"Retry-After": str(wait)},
            )
    connection.state.api_key = found


class Limit:
    """How often each key has read within the last minute, in this process."""

    def __init__(self, most: int = READS, window_s: float = _WINDOW_S) -> None:
        self._paces, self._rate = Paces(), Rate(most / window_s, most)

    def take(self, key: int, now_s: float) -> int:
        """Take one; 0, or how many seconds to wait for the next."""
        return self._paces.take(str(key), self._rate, now_s, 1)
