"""Another system is told of an erasure, until it took it, and nothing of it stays."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from slinga.channels import registry
from slinga.kernel.ids import person_key
from slinga.privacy.erase import erase
from slinga.privacy.notices import tell
from slinga.testing.world import World


class Other:
    """Another system: takes calls, or does not."""

    def __init__(self) -> None:
        self.status = 503
        self.calls: list[dict] = []
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                other.calls.append(json.loads(body))
                self.send_response(other.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def other() -> Iterator[Other]:
    found = Other()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def test_it_is_told_until_it_is_taken_and_then_forgotten(
    world: World, key_of: Callable[[str], bytes], other: Other
) -> None:
    world.identify("crm-7", email="anna@example.org")
    erase(world.db, person_key("user", "crm-7"), key_of=key_of, tell=True)
    hook = registry.make("webhook", allow_private=True)
    assert tell(world.db, other.url, hook) == 0
    other.status = 204
    assert tell(world.db, other.url, hook) == 1
    assert tell(world.db, other.url, hook) == 0
    first, again = other.calls
    assert first == again
    assert first["type"] == "profile.erased"
    assert first["data"]["ids"] == {"user": ["crm-7"]}
    assert "anna" not in json.dumps(first) and len(first["data"]["sha256"]) == 1
    assert world.db.execute("SELECT notice FROM erasure").fetchone() == (None,)
