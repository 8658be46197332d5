"""A data directory of another PostgreSQL, and a move to a server: recognised, untouched, moved, compared."""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from slinga.backup.moving import MOVING, move, to_server
from slinga.kernel.errors import Conflict
from slinga.runtime import instance
from slinga.runtime.account import account
from slinga.runtime.db import connect
from slinga.runtime.migrations import migrate
from slinga.runtime.place import MAJOR, Place, find_binaries
from slinga.runtime.postgres import FOR_TESTS, SETTINGS, Server, run_cluster
from slinga.runtime.settings import Settings

STORED = Path(__file__).parents[2] / "upgrade" / "0.1.0.sql.gz"


@pytest.fixture
def empty_url(server: Server) -> Iterator[str]:
    name = f"moved_{os.getpid()}"
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield server.database_url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def rows(url: str) -> dict[str, list[str]]:
    with connect(url) as db:
        tables = db.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        return {
            name: sorted(row for (row,) in db.execute(f'SELECT t::text FROM "{name}" t').fetchall())
            for (name,) in tables.fetchall()
            if name != "instance"
        }


@pytest.fixture
def filled(database_url: str) -> str:
    """A database with people mid-journey, as 0.1.0 left it and this release migrated it."""
    with psycopg.connect(database_url, autocommit=True) as db:
        db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        db.execute(gzip.decompress(STORED.read_bytes()))
    with connect(database_url) as db:
        migrate(db)
    return database_url


def test_all_arrives_and_both_hold(filled: str, empty_url: str) -> None:
    before = rows(filled)
    told: list[tuple[int, int]] = []
    to_server(
        filled, empty_url, "crm at db.example", progress=lambda _, done, total: told.append((done, total))
    )
    assert rows(empty_url) == before == rows(filled)
    settings = Settings(instance="the shop")
    with connect(filled) as old, connect(empty_url) as new:
        assert "moved to crm at db.example" in instance.holds(old)
        assert instance.holds(new) == [MOVING, "moved here from an embedded database"]
        assert not instance.admitted(old, settings) and not instance.admitted(new, settings)
        instance.confirm(new, settings)
        assert instance.admitted(new, settings)
        dump = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        assert old.execute(dump).fetchall() == new.execute(dump).fetchall()
        for name in ("input_seq", "fact_id_seq"):
            last = f"SELECT last_value, is_called FROM {name}"
            assert old.execute(last).fetchone() == new.execute(last).fetchone()
    assert told[-1] == (1, 1)


def test_an_interrupted_move_goes_on_and_copies_what_changed(filled: str, empty_url: str) -> None:
    seen: list[int] = []

    def stop(step: str, done: int, total: int) -> None:
        seen.append(done)
        if len(seen) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(filled, empty_url, progress=stop)
    with connect(filled) as old:
        assert instance.holds(old) == [MOVING]
        old.execute("UPDATE attempt SET text = 'changed meanwhile'")
    move(filled, empty_url)
    assert rows(empty_url) == rows(filled)


def test_a_target_that_is_not_empty_or_a_source_that_works_is_refused(
    filled: str, database_url: str, empty_url: str
) -> None:
    with connect(empty_url) as db:
        db.execute("CREATE TABLE theirs (n int)")
    with pytest.raises(Conflict, match="not empty"):
        move(filled, empty_url)
    with connect(filled, application="slinga worker"), pytest.raises(Conflict, match="slinga worker"):
        move(filled, empty_url)


def digest(directory: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        found.update(
            f"{path.relative_to(directory)} {path.lstat().st_mode} {path.lstat().st_mtime_ns}".encode()
        )
        found.update(path.read_bytes() if path.is_file() else b"")
    return found.hexdigest()


@pytest.fixture
def of_16() -> Iterator[Path]:
    """A data directory made by PostgreSQL 16, with people in it."""
    tools = find_binaries("16")
    if tools is None:
        pytest.skip("there is no PostgreSQL 16 here")
    data = Path(tempfile.mkdtemp(prefix="slinga-16-"))
    data.chmod(0o711)
    place = Place(data, lambda _: None).beside("postgres", tools)
    place.private(place.data)
    who = account()
    as_who = {"user": who.uid, "group": who.gid, "extra_groups": []} if who.foreign else {}
    subprocess.run(
        [place.bin / "initdb", "-D", place.data, "-U", "slinga", "-A", "peer", "-E", "UTF8", "--locale", "C"],
        check=True, capture_output=True, cwd=place.data, env={"PATH": os.defpath, "LC_ALL": "C"}, **as_who,
    )  # fmt: skip
    with (
        run_cluster(place, None, SETTINGS | FOR_TESTS, lambda _: None) as server,
        psycopg.connect(server.url, autocommit=True) as db,
    ):
        assert db.info.server_version // 10000 == 16
        db.execute(gzip.decompress(STORED.read_bytes()))
    yield data
    shutil.rmtree(data)


def run(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SLINGA_")}
    return subprocess.run(
        [sys.executable, "-m", "slinga.cli", *arguments],
        env={**clean, "SLINGA_DATA_DIR": str(data)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.long
def test_a_directory_of_another_major_version_is_left_alone_and_moved_by_one_command(of_16: Path) -> None:
    before = digest(of_16 / "postgres")
    for command in (["serve"], ["doctor"]):
        done = run(of_16, *command)
        assert done.returncode != 0
        said = done.stderr + done.stdout
        assert "made by PostgreSQL 16" in said and "slinga move" in said, said
    assert digest(of_16 / "postgres") == before
    done = run(of_16, "move", "--old-binaries", "/usr/share")
    assert "holds PostgreSQL (none)" in done.stderr
    assert digest(of_16 / "postgres") == before
    (of_16 / "postgres" / "PG_VERSION").write_text("14\n")
    done = run(of_16, "move")
    assert done.returncode == 1
    assert "apt-get install postgresql-14" in done.stderr and "slinga restore" in done.stderr
    (of_16 / "postgres" / "PG_VERSION").write_text("16\n")
    moved = run(of_16, "move")
    assert f"from PostgreSQL 16 to {MAJOR}" in moved.stdout, moved.stderr
    assert (of_16 / "postgres" / "PG_VERSION").read_text().strip() == MAJOR
    assert (of_16 / "postgres-16" / "PG_VERSION").read_text().strip() == "16"
    assert "Applied" in run(of_16, "migrate").stdout
    assert "nothing to do" in run(of_16, "move").stdout
    assert "begun as the shop" in run(of_16, "doctor").stdout  # nobody else than before may send
