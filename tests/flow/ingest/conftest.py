"""The tracking API on a real port over a real database, as a client outside sees it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar

from slinga.identity.identifiers import refer
from slinga.ingest.api import Door, routes
from slinga.ingest.jobs import Committer
from slinga.ingest.model import CLAIMED, PROVEN, Source
from slinga.runtime.db import connect

KEYS = {
    "sk_server": Source("server", PROVEN),
    "wk_shop": Source("shop", CLAIMED, ("https://shop.example",)),
    "wk_open": Source("open", CLAIMED),
}


@contextmanager
def serving(door: Door) -> Iterator[str]:
    """The API of a door, served on a free port."""
    app = Litestar(routes, openapi_config=None)
    app.state.door = door
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ready = threading.Event()
    hold: dict = {}

    def run() -> None:
        async def main() -> None:
            server = Server(app, port=port, interface=Interfaces.ASGI, log_enabled=False)
            hold["server"], hold["loop"] = server, asyncio.get_running_loop()
            ready.set()
            await server.serve()

        asyncio.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait()
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as client:
            client.options(f"http://127.0.0.1:{port}/v1/track")
        yield f"http://127.0.0.1:{port}"
    finally:
        hold["loop"].call_soon_threadsafe(hold["server"].stop)
        thread.join()


@pytest.fixture
def serve() -> Callable[[Door], AbstractContextManager[str]]:
    """`with serve(door) as url:` for tests that need a door of their own."""
    return serving


@pytest.fixture
def keys() -> dict[str, Source]:
    """The write keys that the tests use."""
    return KEYS


@pytest.fixture
def committer(database_url: str) -> Iterator[Committer]:
    found = Committer(lambda: connect(database_url), refer)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def url(committer: Committer) -> Iterator[str]:
    """The address of a running API with the keys in KEYS."""
    with serving(Door(committer, KEYS.get)) as address:
        yield address


@pytest.fixture
def post(url: str) -> Iterator[Callable[..., httpx.Response]]:
    """post("track", {...}) with the server's key, or other headers or raw bytes."""
    with httpx.Client(base_url=url, timeout=30) as client:

        def send(
            call: str, body: object, *, key: str = "sk_server", headers: dict | None = None
        ) -> httpx.Response:
            auth = (key, "") if key else None
            if isinstance(body, bytes):
                return client.post(f"/v1/{call}", content=body, auth=auth, headers=headers)
            return client.post(f"/v1/{call}", json=body, auth=auth, headers=headers)

        yield send
