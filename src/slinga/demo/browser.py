"""Fetch an address from the web application inside this process, as a mail program or a browser would.

In: an ASGI application, a method, a path. Out: the status. Always true: the same handlers answer as over
the network; nothing leaves the process.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Asgi = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]],
    Awaitable[None],
]


async def fetch(app: Asgi, method: str, url: str, *, agent: str, address: str = "198.51.100.7") -> int:
    """The status of a request without a body, from `address` with user agent `agent`."""
    parts = urlsplit(url)
    status = 0
    told = False

    async def receive() -> dict[str, Any]:
        nonlocal told
        if told:
            return {"type": "http.disconnect"}
        told = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    headers = [(b"host", (parts.netloc or "localhost").encode()), (b"user-agent", agent.encode())]
    if method == "POST":
        headers.append((b"content-length", b"0"))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme or "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": headers,
        "client": (address, 40000),
        "server": (parts.hostname or "localhost", parts.port or 80),
        "state": {},
    }
    await app(scope, receive, send)
    return status
