"""The web application: handlers in, Litestar out, with the same rules for every stage's routes.

In: the stages' handlers and what they find in `request.app.state`. Out: an ASGI application.
Always true: expected faults become their status with a remedy, anything else a 500 that tells nothing but
a reference found in the log; every answer carries a strict Content-Security-Policy; a body over the limit
is refused.
"""

import html
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from litestar import Litestar, MediaType, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, ControllerRouterHandler, LifespanHook, Message, Scope
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from slinga.kernel.errors import Conflict, Forbidden, Invalid, Missing, SlingaError, Unavailable
from slinga.kernel.words import Words
from slinga.kernel.words import noted as N_
from slinga.locale import ours, preferred, words
from slinga.runtime import problem as problems
from slinga.runtime.health import healthz, live, ready
from slinga.runtime.problem import problem
from slinga.runtime.settings import Settings

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
STATUS: dict[type[SlingaError], int] = {
    Invalid: 400,
    Missing: 404,
    Conflict: 409,
    Forbidden: 403,
    Unavailable: 503,
}

_PAGE = """<!doctype html>
<html lang="{locale}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{status}</title>
<link rel="stylesheet" href="/slinga/public.css">
</head>
<body>
<main>
<p class="brand">{status}</p>
<h1>{text}</h1>
<p><a href="/">{back}</a></p>
</main>
</body>
</html>
"""
"""A refusal where there is no frame for it; the stylesheet is that of the public pages."""
PHRASES: dict[int, str] = {
    400: N_("This could not be read. Go back, reload the page and try again."),
    401: N_("Sign in first."),
    403: N_("This is not open to you."),
    404: N_("There is nothing at this address. It may have been removed, or the address is mistyped."),
    405: N_("This address does nothing of that kind."),
    413: N_("This is more than is taken at once. Send less."),
    429: N_("This was asked too often. Wait a moment and try again."),
}
"""What pages say of a status whose own text is a framework's."""

_log = structlog.get_logger("http")
Asked = Request[Any, Any, Any]


class Edge(msgspec.Struct, frozen=True):
    """How refusals reach people; without these they are bare pages in the browser's language."""

    page: Callable[[Asked, int, str], Response[str] | None] = lambda request, status, text: None
    """(request, status, what is told) -> a page in a frame, or None where there is none for this address."""
    words: Callable[[Asked, int], Words] = lambda request, status: words(
        preferred(request.headers.get("accept-language", ""))
    )
    """(request, status) -> the language of whoever asks."""


async def _armour(message: Message, _: Scope) -> None:
    """Add the security headers that a handler did not set itself; refusals of unknown paths get them too."""
    if message["type"] == "http.response.start":
        headers = list(message["headers"])
        present = {name.lower() for name, _value in headers}
        message["headers"] = headers + [header for header in _HEADERS if header[0] not in present]


def _wants_page(request: Asked) -> bool:
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/v1/"))


def _answer(
    request: Asked,
    status: int,
    fault: SlingaError | str,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    known = fault if isinstance(fault, SlingaError) else SlingaError(fault)
    message, field = known.message, known.field
    if _wants_page(request):
        if isinstance(fault, str) and not ours(fault):
            known = SlingaError(PHRASES.get(status, PHRASES[400]))
        return _page(request, status, known, headers or {})
    if request.url.path.startswith("/api/"):
        return Response(
            problem(status, message, field),
            status_code=status,
            media_type=problems.MEDIA,
            headers=dict(headers or {}),
        )
    error = {"status": status, "message": message} | ({"field": field} if field else {})
    return Response({"error": error}, status_code=status, headers=dict(headers or {}))


def _page(request: Asked, status: int, fault: SlingaError, headers: Mapping[str, str]) -> Response[str]:
    """A refusal that people read: in the frame of where they are, or bare where there is no frame."""
    edge: Edge = request.app.state.edge
    page = None
    say = Edge().words(request, status)
    try:
        say = edge.words(request, status)
        page = edge.page(request, status, fault.text.said(say))
    except Exception as broken:
        _log.warning("a refusal without its frame", fault=type(broken).__name__)
    if page is None:
        bare = _PAGE.format(
            locale=preferred(request.headers.get("accept-language", "")),
            status=status,
            text=html.escape(fault.text.said(say)),
            back=html.escape(say(N_("To the first page"))),
        )
        page = Response(bare, media_type=MediaType.HTML, status_code=status)
    page.headers |= headers
    return page


def _known(request: Asked, fault: SlingaError) -> Response[Any]:
    status = next((code for kind, code in STATUS.items() if isinstance(fault, kind)), 500)
    headers = {"Retry-After": "5"} if status == 503 else {}
    return _answer(request, status, fault, headers=headers)


def _http(request: Asked, fault: HTTPException) -> Response[Any]:
    if fault.status_code >= 500:
        return _unknown(request, fault)
    detail = str(fault.detail)
    extra = fault.extra
    if isinstance(extra, list) and extra and isinstance(extra[0], dict):
        detail = "; ".join(f"{item.get('key', '')}: {item.get('message', '')}" for item in extra)
    return _answer(request, fault.status_code, detail, headers=fault.headers)


def _down(request: Asked, fault: Exception) -> Response[Any]:
    _log.warning("database unavailable", fault=type(fault).__name__)
    return _answer(
        request, 503, N_("The database does not answer. Try again in a moment."), headers={"Retry-After": "5"}
    )


def _unknown(request: Asked, unexpected: Exception) -> Response[Any]:
    reference = secrets.token_hex(6)
    _log.error("unexpected fault", reference=reference, path_kind=_kind(request), exc_info=unexpected)
    fault = SlingaError(
        N_("Something went wrong here. The log says more under %(reference)s."), reference=reference
    )
    return _answer(request, 500, fault)


def _kind(request: Asked) -> str:
    """The first step of the path; the rest may be a token."""
    return "/" + request.url.path.lstrip("/").split("/", 1)[0]


class Application(Litestar):
    """Litestar, but for paths whose calls are so many that a framework's part in them would be the most."""

    direct: Mapping[str, ASGIApp] = {}
    """Applications by the first step of the path."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        found = self.direct.get(scope["path"][1:].partition("/")[0]) if scope["type"] == "http" else None
        if found is None:
            await super().__call__(scope, receive, send)
            return
        begun = False

        async def armoured(message: Any) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        try:
            await found(scope, receive, armoured)
        except Exception as fault:
            reference = secrets.token_hex(6)
            _log.error("unexpected fault", reference=reference, path_kind=scope["path"][:4], exc_info=fault)
            if not begun:
                said = f"Something went wrong here. The log says more under {reference}."
                body = msgspec.json.encode({"error": {"status": 500, "message": said}})
                kind = [(b"content-type", b"application/json")]
                await armoured({"type": "http.response.start", "status": 500, "headers": kind})
                await armoured({"type": "http.response.body", "body": body, "more_body": False})


def assemble(
    routes: Sequence[ControllerRouterHandler],
    *,
    settings: Settings,
    state: Mapping[str, Any],
    on_startup: Sequence[LifespanHook] = (),
    on_shutdown: Sequence[LifespanHook] = (),
    openapi: Any = None,
    direct: Mapping[str, ASGIApp] | None = None,
    edge: Edge | None = None,
) -> Litestar:
    """The application. `state` becomes `request.app.state` and must hold `pool`."""
    application = Application(
        route_handlers=[healthz, live, ready, *routes],
        state=State({"settings": settings, "edge": edge or Edge(), **state}, deep_copy=False),
        before_send=[_armour],
        exception_handlers={
            SlingaError: _known,
            HTTPException: _http,
            OperationalError: _down,
            PoolTimeout: _down,
            Exception: _unknown,
        },
        on_startup=list(on_startup),
        on_shutdown=list(on_shutdown),
        request_max_body_size=settings.max_body_bytes,
        openapi_config=openapi,
        logging_config=None,
        debug=False,
    )
    application.direct = direct or {}
    return application
