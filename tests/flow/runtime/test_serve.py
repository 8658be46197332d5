"""`slinga serve` from outside: it starts, survives, and leaves nothing running."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from slinga.runtime.postgres import open_server

PATIENCE_S = 90.0
pytestmark = pytest.mark.long


class Installation:
    """A data directory, a port, and what runs on them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SLINGA_")},
            "SLINGA_DATA_DIR": str(data),
            "SLINGA_PORT": str(self.port),
        }
        self.started: list[subprocess.Popen[str]] = []

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command of the command line, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "slinga.cli", *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def serve(self) -> subprocess.Popen[str]:
        """`slinga serve`, once it answers."""
        process = subprocess.Popen(
            [sys.executable, "-m", "slinga.cli", "serve"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        until(lambda: self.answers() or process.poll() is not None)
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        return process

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def processes(self) -> list[psutil.Process]:
        """Everything that belongs to this installation, by working directory or environment."""
        found = []
        for process in psutil.process_iter(["name"]):
            try:
                if process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                    if process.info["name"].startswith("postgres"):
                        mine = process.cwd() == str(self.data / "postgres")
                    else:
                        mine = process.environ().get("SLINGA_DATA_DIR") == str(self.data)
                    found += [process] if mine else []
            except psutil.Error:
                continue
        return found

    def postmaster(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def gone(self) -> None:
        until(lambda: not self.processes())

    def close(self) -> None:
        until(self._killed)  # one pass may miss a process that was just forked
        for started in self.started:
            started.wait()
            if started.stdout:
                started.stdout.close()

    def _killed(self) -> bool:
        found = self.processes()
        for process in found:
            with suppress(psutil.NoSuchProcess):  # one that fell with its parent
                process.kill()
        return not found


def until(true: Callable[[], object]) -> None:
    """Wait for something the kernel or another process does; fails after PATIENCE_S."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    """A data directory with its tables made."""
    data = Path(tempfile.mkdtemp(prefix="slinga-serve-"))
    data.chmod(0o711)
    first = Installation(data)
    done = first.run("migrate")
    assert done.returncode == 0, done.stderr
    yield data
    shutil.rmtree(data)


@pytest.fixture
def here(prepared: Path) -> Iterator[Installation]:
    installation = Installation(prepared)
    yield installation
    installation.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(here: Installation, number: int) -> None:
    process = here.serve()
    names = {running.name() for running in here.processes()}
    assert "postgres" in names
    process.send_signal(number)
    assert process.wait(PATIENCE_S) == 0
    assert here.processes() == []
    assert not (here.data / "postgres" / "postmaster.pid").exists()


def test_killing_the_supervisor_ends_all_and_the_next_start_works(here: Installation) -> None:
    here.serve().kill()
    here.gone()
    process = here.serve()
    process.terminate()
    assert process.wait(PATIENCE_S) == 0


def test_killing_everything_at_once_loses_no_commit(here: Installation) -> None:
    here.serve()
    key = here.run("keys", "add", "write", "shop").stdout.strip()
    assert key.startswith("wk_")
    for process in here.processes():
        with suppress(psutil.NoSuchProcess):  # a backend goes by itself once its postmaster is gone
            process.kill()
    here.gone()
    here.serve()
    with psycopg.connect(f"postgresql://slinga@/slinga?host={here.data / 'run'}") as db:
        assert db.execute("SELECT count(*) FROM api_key WHERE source = 'shop'").fetchone() == (1,)


def test_a_fallen_process_is_started_again(here: Installation) -> None:
    process = here.serve()
    database = here.postmaster()
    for child in psutil.Process(process.pid).children():
        if child.pid != database:
            child.kill()
    until(lambda: not here.answers())
    until(here.answers)
    assert process.poll() is None


def test_a_second_serve_is_told_of_the_first(here: Installation) -> None:
    process = here.serve()
    other = Installation(here.data).run("serve")
    assert other.returncode == 78
    assert f"process {process.pid}" in other.stderr
    assert here.answers()


def test_a_taken_port_is_named(here: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", here.port))
        taken.listen()
        done = here.run("serve")
    assert done.returncode == 78
    assert re.search(rf"Cannot listen on 127\.0\.0\.1:{here.port}.*SLINGA_PORT", done.stderr)


def test_an_embedded_database_of_an_older_release_is_brought_up_to_date(here: Installation) -> None:
    with open_server(here.data) as server, psycopg.connect(server.url, autocommit=True) as db:
        db.execute("DROP TABLE backup_taken; DELETE FROM migration WHERE name LIKE '0287%'")
    process = here.serve()
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    with open_server(here.data) as server, psycopg.connect(server.url, autocommit=True) as db:
        assert db.execute("SELECT to_regclass('backup_taken') IS NOT NULL").fetchone() == (True,)
    assert "slinga backup" in said and "0287_backup_taken.sql" in said
