"""Everything killed with a gigabyte of unreplayed log: the next start waits, says so, and loses nothing.

On demand, because it writes two gigabytes: SLINGA_LONG=1 python -m pytest tests/flow/runtime/test_recovery.py
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from slinga.runtime.postgres import open_server

WANTED = 1_000_000_000
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.environ.get("SLINGA_LONG") != "1", reason="writes 2 GB; set SLINGA_LONG=1"),
]
UNREPLAYED = """
    SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::bigint FROM pg_control_checkpoint()"""


@pytest.fixture
def data() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="slinga-recovery-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def test_a_gigabyte_of_log_is_replayed(data: Path) -> None:
    unlimited = {"max_wal_size": "32GB", "checkpoint_timeout": "1d"}
    rows = 0
    with open_server(data, overrides=unlimited) as server:
        with psycopg.connect(server.url, autocommit=True) as db:
            db.execute("CREATE TABLE filler (n bigint PRIMARY KEY, text text NOT NULL)")
            while db.execute(UNREPLAYED).fetchone()[0] < WANTED:  # type: ignore[index]
                db.execute(
                    "INSERT INTO filler SELECT n, repeat(md5(n::text), 30)"
                    " FROM generate_series(%s::bigint, %s::bigint) n",
                    (rows + 1, rows + 50_000),
                )
                rows += 50_000
        postmaster = psutil.Process(server.process.pid)  # type: ignore[union-attr]
        for process in [postmaster, *postmaster.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        postmaster.wait()
    said: list[str] = []
    with open_server(data, say=said.append) as server, psycopg.connect(server.url) as db:
        found = db.execute("SELECT count(*), max(n), sum(length(text)) FROM filler").fetchone()
        assert found == (rows, rows, rows * 32 * 30)
    known = ("Waiting for the database to recover", "Stopping a database that an earlier, killed Slinga left")
    assert [line for line in said if not line.startswith(known)] == []
