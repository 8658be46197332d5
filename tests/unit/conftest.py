"""Pure tests open no connection: a socket to anywhere is an error, not a slow test."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse to connect; in-process pairs (event loops need one) stay possible."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a pure test tried to connect to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    yield
