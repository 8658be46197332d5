"""A webhook node asks another system and waits; what that answers, or that it does not, moves the run."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from slinga.engine.jobs import Definition
from slinga.kernel.clock import HOUR
from slinga.testing.world import World, open_world


class _Receiver(BaseHTTPRequestHandler):
    asked: list[dict[str, Any]] = []
    status = 200
    answer = b'{"code": "SPRING"}'

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(json.loads(body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def receiver() -> Iterator[str]:
    _Receiver.asked = []
    _Receiver.status = 200
    _Receiver.answer = b'{"code": "SPRING"}'
    with HTTPServer(("127.0.0.1", 0), _Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/codes"
        server.shutdown()
        thread.join()


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path, extra={"SLINGA_WEBHOOK_PRIVATE": "true"}) as found:
        yield found


def journey(url: str) -> Definition:
    return Definition(
        "journey",
        "code",
        {
            "key": "code",
            "name": "Ask for a code",
            "trigger": {"on": "event", "name": "Code Wanted"},
            "start": "ask",
            "nodes": {
                "ask": {
                    "type": "webhook",
                    "url": url,
                    "body": {"kind": {"trigger": "properties.kind"}},
                    "wait_for": "1h",
                    "next": "got",
                    "on_timeout": "none",
                },
                "got": {"type": "tag", "name": "got-code"},
                "none": {"type": "tag", "name": "no-code"},
            },
        },
    )


def test_the_answer_moves_the_run(world: World, receiver: str) -> None:
    world.publish(journey(receiver))
    world.known("anna")
    world.track("anna", "Code Wanted", kind="spring")
    assert [asked["data"] for asked in _Receiver.asked] == [{"kind": "spring"}]
    assert "got-code" in world.person("anna").profile.tags
    (step,) = [f for f in world.facts("anna", "step", "code") if f.body["node"] == "ask"]
    assert step.body["witness"] == {"answer": {"code": "SPRING"}}


def test_zero_bytes_in_an_answer_are_left_out(world: World, receiver: str) -> None:
    _Receiver.answer = b'{"code": "S\\u0000PRING"}'
    world.publish(journey(receiver))
    world.known("anna")
    world.track("anna", "Code Wanted")
    (step,) = [f for f in world.facts("anna", "step", "code") if f.body["node"] == "ask"]
    assert step.body["witness"] == {"answer": {"code": "SPRING"}}


def test_a_refusal_takes_the_other_way(world: World, receiver: str) -> None:
    _Receiver.status = 404
    world.publish(journey(receiver))
    world.known("anna")
    world.track("anna", "Code Wanted")
    assert "no-code" in world.person("anna").profile.tags


def test_no_answer_in_time_takes_the_other_way_at_the_exact_instant(world: World, receiver: str) -> None:
    _Receiver.status = 503
    world.publish(journey(receiver))
    world.known("anna")
    start = world.now()
    world.track("anna", "Code Wanted")
    world.forward("2h")
    (tagged,) = world.facts("anna", "tagged", "no-code")
    assert tagged.at == start + HOUR
