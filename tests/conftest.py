"""Fixtures for all tests: a real PostgreSQL, and an empty migrated database for each test that asks.

`database_url` is the address of a fresh database, `db` a connection to it. One throw-away server per
test process (memory-backed where the machine has such a file system, fsync off); databases are copies of
one migrated template, and the next copy is made while the present test runs.
"""

import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from slinga.runtime.db import Db, connect
from slinga.runtime.migrations import migrate
from slinga.runtime.postgres import FOR_TESTS, Server, open_server

_ROOMY = 2_000_000_000

# A busy machine is no fault of the code under test.
settings.register_profile("slinga", deadline=None)
settings.load_profile("slinga")


def _scratch() -> Path:
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOMY
    path = Path(tempfile.mkdtemp(prefix="slinga-test-", dir=memory if roomy else None))
    path.chmod(0o711)  # as root the server runs as another account
    return path


class Databases:
    """Hands out fresh databases; drops them; keeps one in stock."""

    def __init__(self, server: Server) -> None:
        self._server = server
        with psycopg.connect(server.database_url("postgres"), autocommit=True) as admin:
            admin.execute("CREATE DATABASE template TEMPLATE template0")
        with connect(server.database_url("template")) as db:
            migrate(db)
        self._admin = psycopg.connect(server.database_url("postgres"), autocommit=True)
        self._stock: queue.Queue[str | BaseException] = queue.Queue()
        self._wanted: queue.Queue[str | None] = queue.Queue()
        self._count = 0
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        self._wanted.put("")

    def _work(self) -> None:
        while (drop := self._wanted.get()) is not None:
            try:
                if drop:
                    self._admin.execute(f'DROP DATABASE "{drop}" WITH (FORCE)')
                    continue
                self._count += 1
                name = f"test{self._count}"
                self._admin.execute(f"CREATE DATABASE {name} TEMPLATE template STRATEGY FILE_COPY")
                self._stock.put(name)
            except BaseException as failure:
                self._stock.put(failure)

    def take(self) -> str:
        self._wanted.put("")
        name = self._stock.get(timeout=120)
        if isinstance(name, BaseException):
            raise name
        return name

    def give_back(self, name: str) -> None:
        self._wanted.put(name)

    def close(self) -> None:
        self._wanted.put(None)
        self._thread.join()
        self._admin.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The throw-away PostgreSQL server of this test process."""
    scratch = _scratch()
    try:
        with open_server(scratch, overrides=FOR_TESTS) as running:
            yield running
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(server: Server) -> Iterator[Databases]:
    """The source of fresh databases."""
    source = Databases(server)
    yield source
    source.close()


@pytest.fixture
def database_url(server: Server, databases: Databases) -> Iterator[str]:
    """The address of an empty migrated database, dropped afterwards."""
    name = databases.take()
    yield server.database_url(name)
    databases.give_back(name)


@pytest.fixture
def db(database_url: str) -> Iterator[Db]:
    """A connection in autocommit mode to an empty migrated database."""
    with connect(database_url) as connection:
        yield connection
