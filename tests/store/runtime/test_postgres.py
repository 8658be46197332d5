"""The embedded server: started, killed, orphaned, refused; nothing lost, nothing left."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from slinga.kernel.errors import Conflict
from slinga.runtime.place import MAJOR, Place
from slinga.runtime.postgres import open_server

SAFE_BUT_SMALL = {"shared_buffers": "16MB"}
"""fsync stays on: these tests are about what survives."""


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data directory that was used once."""
    path = Path(tempfile.mkdtemp(prefix="slinga-pg-"))
    path.chmod(0o711)
    with open_server(path, overrides=SAFE_BUT_SMALL) as server, psycopg.connect(server.url) as db:
        db.execute("CREATE TABLE kept (n int)")
    yield path
    assert processes(path) == []
    shutil.rmtree(path)


def processes(path: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"].startswith("postgres") and process.cwd() == str(path / "postgres"):
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_text_is_utf8_in_c_order_and_time_is_utc(made: Path) -> None:
    with open_server(made, overrides=SAFE_BUT_SMALL) as server, psycopg.connect(server.url) as db:
        assert db.info.server_version // 10000 == int(MAJOR)
        rows = db.execute("SELECT x FROM unnest(ARRAY['b', 'B', 'á', 'a']) x ORDER BY x").fetchall()
        assert [row[0] for row in rows] == ["B", "a", "b", "á"]
        shown = dict(db.execute("SELECT name, setting FROM pg_settings").fetchall())
    assert (shown["server_encoding"], shown["TimeZone"], shown["fsync"]) == ("UTF8", "UTC", "on")
    assert (shown["listen_addresses"], shown["data_checksums"]) == ("", "on")


def test_nobody_else_gets_in(made: Path) -> None:
    with open_server(made, overrides=SAFE_BUT_SMALL) as server:
        assert server.sockets.stat().st_mode & 0o777 == 0o700
        rules = (server.data / "pg_hba.conf").read_text()
        assert "trust" not in rules
        with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer authentication failed|does not exist"):
            psycopg.connect(server.url.replace("slinga@", "postgres@"))


def test_kill_minus_nine_loses_nothing(made: Path) -> None:
    server = open_server(made, overrides=SAFE_BUT_SMALL)
    assert server.process is not None
    with psycopg.connect(server.url) as db:
        db.execute("INSERT INTO kept VALUES (42)")
    for process in processes(made):
        process.kill()
    server.process.wait()
    server.stop()
    with open_server(made, overrides=SAFE_BUT_SMALL) as again, psycopg.connect(again.url) as db:
        assert db.execute("SELECT count(*) FROM kept WHERE n = 42").fetchone() == (1,)


def test_a_server_whose_starter_was_killed_ends_by_itself(made: Path) -> None:
    script = textwrap.dedent(
        f"""
        import os, signal
        from pathlib import Path
        from slinga.runtime.postgres import open_server
        open_server(Path({str(made)!r}), overrides={SAFE_BUT_SMALL!r})
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    psutil.wait_procs(processes(made), timeout=30)
    assert processes(made) == []


def test_an_orphan_is_stopped_and_its_work_kept(made: Path) -> None:
    """As where the kernel cannot end it with its starter: the next start does."""
    place = Place(made, lambda _: None)
    user = {"user": place.who.uid, "group": place.who.gid, "extra_groups": []} if place.who.foreign else {}
    orphan = subprocess.Popen(
        [
            str(place.bin / "postgres"),
            "-D",
            str(place.data),
            "-c",
            f"config_file={place.data / 'slinga.conf'}",
        ],
        cwd=place.data,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        **user,  # type: ignore[call-overload]
    )
    said: list[str] = []
    while not (place.data / "postmaster.pid").exists() and orphan.poll() is None:
        os.sched_yield()
    with open_server(made, overrides=SAFE_BUT_SMALL, say=said.append) as server:
        assert server.owned
        assert orphan.wait(timeout=30) == 0
    assert any("left running" in line for line in said)


def test_a_lock_file_of_a_dead_server_is_no_obstacle(made: Path) -> None:
    """Its process number may by now be that of any living process, such as this one."""
    pid_file = made / "postgres" / "postmaster.pid"
    owner = (made / "postgres").stat()
    pid_file.write_text(f"{os.getpid()}\n{made / 'postgres'}\n1\n5432\n{made / 'run'}\n\n  1 1\nready   \n")
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    with open_server(made, overrides=SAFE_BUT_SMALL) as server, psycopg.connect(server.url) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)


def test_a_second_slinga_attaches_or_is_told(made: Path) -> None:
    with open_server(made, overrides=SAFE_BUT_SMALL) as first:
        with open_server(made, overrides=SAFE_BUT_SMALL) as second:
            assert not second.owned
            assert second.url == first.url
        assert first.alive()
        with pytest.raises(Conflict, match=rf"already runs on .* \(process {os.getpid()}\)"):
            open_server(made, overrides=SAFE_BUT_SMALL, attach=False)


def test_a_directory_of_another_release_is_left_untouched() -> None:
    # Not below pytest's own directory, whose parents the server's account may not enter.
    with tempfile.TemporaryDirectory(prefix="slinga-pg-") as name:
        path = Path(name)
        path.chmod(0o711)
        old = path / "postgres"
        old.mkdir()
        (old / "PG_VERSION").write_text("16\n")
        if os.geteuid() == 0:
            os.chown(old, 65534, 65534)
        with pytest.raises(Conflict, match=r"PostgreSQL 16.*Nothing was touched"):
            open_server(path)
        assert sorted(found.name for found in path.rglob("*")) == ["PG_VERSION", "postgres", "server.lock"]


def test_a_half_made_cluster_is_made_again(made: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = Path(tempfile.mkdtemp(prefix="slinga-pg-"))
    path.chmod(0o711)
    try:
        place = Place(path, lambda _: None)
        place.private(path / "postgres.new")
        (path / "postgres.new" / "base").mkdir()
        with open_server(path, overrides=SAFE_BUT_SMALL) as server, psycopg.connect(server.url) as db:
            assert db.execute("SELECT 1").fetchone() == (1,)
        assert not (path / "postgres.new").exists()
    finally:
        shutil.rmtree(path)


def test_a_long_path_moves_the_socket_not_the_data(made: Path) -> None:
    path = Path(tempfile.mkdtemp(prefix="slinga-pg-"))
    path.chmod(0o711)
    deep = path / ("d" * 60) / ("e" * 60)
    try:
        for part in (deep.parent, deep):
            part.mkdir()
            part.chmod(0o711)
        with open_server(deep, overrides=SAFE_BUT_SMALL) as server, psycopg.connect(server.url) as db:
            assert server.data == deep / "postgres"
            assert db.execute("SELECT 1").fetchone() == (1,)
            sockets = server.sockets
        assert not sockets.exists()
    finally:
        shutil.rmtree(path)
