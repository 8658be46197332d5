"""The database of a benchmark: its own embedded PostgreSQL, as production runs it.

In: nothing, or SLINGA_DATABASE_URL, which then is used instead (an empty migrated database).
Out: the connection string of an empty migrated database, and a directory that goes away afterwards.
Always true: fsync is on and the settings are those of `slinga serve`; what was started here is stopped here.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slinga.runtime.db import connect
from slinga.runtime.migrations import applied, migrate
from slinga.runtime.postgres import open_server

OUTSIDE = "SLINGA_BENCH_OUTSIDE"
"""In the environment of a process that is no part of what is measured, such as a load generator: its
memory is not counted."""


def outside() -> dict[str, str]:
    """The environment for such a process."""
    return {**os.environ, OUTSIDE: "1"}


@contextmanager
def directory() -> Iterator[Path]:
    """An empty directory on a real disk, removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="slinga-bench-"))
    path.chmod(0o711)  # as root the database server runs as another account
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def database(overrides: dict[str, str] | None = None) -> Iterator[str]:
    """The connection string of an empty migrated database; `overrides` are settings that only measure."""
    given = os.environ.get("SLINGA_DATABASE_URL")
    if given:
        with connect(given) as db:
            if not applied(db):
                migrate(db)
        yield given
        return
    with directory() as path, open_server(path, overrides=overrides) as server:
        with connect(server.url) as db:
            migrate(db)
        yield server.url


def say(text: str) -> None:
    """A line on how far a benchmark is."""
    print(text, file=sys.stderr, flush=True)
