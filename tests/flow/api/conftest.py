"""The admin API of a whole Slinga, called as a shop's server calls it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from slinga.access.jobs import add_key
from slinga.testing.world import World, open_world


class Client:
    """A server with a secret key."""

    def __init__(self, world: World, secret: str) -> None:
        self.world = world
        self.secret = secret

    def __call__(
        self, method: str, path: str, body: Any = None, *, once: str = "", status: int = 0, **query: Any
    ) -> Any:
        """Call /api/v1; the answer's document. `status` 0 asks for any 2xx."""
        answer = self.raw(method, path, body, once=once, **query)
        good = answer.status_code == status if status else answer.is_success
        assert good, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.headers.get("content-type", "").endswith("json") else answer.content

    def raw(self, method: str, path: str, body: Any = None, *, once: str = "", **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}"}
        if once:
            headers["Idempotency-Key"] = once
        more = {} if body is None else {"json": body}
        return self.world.client.request(
            method, f"/api/v1{path}", headers=headers, params=query or None, **more
        )

    def write(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Call, and let the engine apply it."""
        found = self(method, path, body, **more)
        self.world.settle()
        return found


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def client_with(world: World) -> Callable[..., Client]:
    return lambda *scopes: Client(world, add_key(world.db, "secret", "backend", trust=2, scopes=scopes))


@pytest.fixture
def client(client_with: Callable[..., Client]) -> Client:
    return client_with("everything")
