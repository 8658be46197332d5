"""The web application: handlers in, Litestar out, with the same rules for every stage's routes.

In: the stages' handlers and what they find in `request.app.state`. Out: an ASGI application.
Always true: expected faults become their status with a remedy, anything else a 500 that tells nothing but
a reference found in the log; every answer carries a strict Content-Security-Policy; a body over the limit
is refused.
"""

import html
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Litestar, MediaType, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotFoundException
from litestar.types import ASGIApp, ControllerRouterHandler, LifespanHook, Message, Scope
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from slinga.kernel.errors import Conflict, Forbidden, Invalid, Missing, SlingaError, Unavailable
from slinga.kernel.words import noted as N_
from slinga.locale import preferred, said
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
"""A refusal as somebody with a browser sees it; the stylesheet is that of the public pages."""
NOWHERE = N_("There is no page at this address.")

_log = structlog.get_logger("http")


async def _armour(message: Message, _: Scope) -> None:
    """Add the security headers that a handler did not set itself; refusals of unknown paths get them too."""
    if message["type"] == "http.response.start":
        headers = list(message["headers"])
        present = {name.lower() for name, _value in headers}
        message["headers"] = headers + [header for header in _HEADERS if header[0] not in present]


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/v1/"))


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    message: str,
    *,
    field: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    if _wants_page(request):
        locale = preferred(request.headers.get("accept-language", ""))
        page = _PAGE.format(
            locale=locale,
            status=status,
            text=html.escape(said(locale, message)),
            back=html.escape(said(locale, N_("To the first page"))),
        )
        return Response(page, media_type=MediaType.HTML, status_code=status, headers=dict(headers or {}))
    if request.url.path.startswith("/api/"):
        return Response(
            problem(status, message, field),
            status_code=status,
            media_type=problems.MEDIA,
            headers=dict(headers or {}),
        )
    error = {"status": status, "message": message} | ({"field": field} if field else {})
    return Response({"error": error}, status_code=status, headers=dict(headers or {}))


def _known(request: Request[Any, Any, Any], fault: SlingaError) -> Response[Any]:
    status = next((code for kind, code in STATUS.items() if isinstance(fault, kind)), 500)
    headers = {"Retry-After": "5"} if status == 503 else {}
    return _answer(request, status, fault.message, field=fault.field, headers=headers)


def _http(request: Request[Any, Any, Any], fault: HTTPException) -> Response[Any]:
    if fault.status_code >= 500:
        return _unknown(request, fault)
    detail = str(fault.detail)
    extra = fault.extra
    if isinstance(extra, list) and extra and isinstance(extra[0], dict):
        detail = "; ".join(f"{item.get('key', '')}: {item.get('message', '')}" for item in extra)
    if (
        isinstance(fault, NotFoundException)
        and detail == HTTPStatus.NOT_FOUND.phrase
        and _wants_page(request)
    ):
        detail = NOWHERE
    return _answer(request, fault.status_code, detail, headers=fault.headers)


def _down(request: Request[Any, Any, Any], fault: Exception) -> Response[Any]:
    _log.warning("database unavailable", fault=type(fault).__name__)
    return _answer(
        request, 503, "The database does not answer. Try again in a moment.", headers={"Retry-After": "5"}
    )


def _unknown(request: Request[Any, Any, Any], fault: Exception) -> Response[Any]:
    reference = secrets.token_hex(6)
    _log.error("unexpected fault", reference=reference, path_kind=_kind(request), exc_info=fault)
    return _answer(request, 500, f"Something went wrong here. The log says more under {reference}.")


def _kind(request: Request[Any, Any, Any]) -> str:
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
) -> Litestar:
    """The application. `state` becomes `request.app.state` and must hold `pool`."""
    application = Application(
        route_handlers=[healthz, live, ready, *routes],
        state=State({"settings": settings, **state}, deep_copy=False),
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
