"""The embedded PostgreSQL 18: made, started, waited for and stopped by Slinga.

In: a data directory. Out: a `Server` with a connection string, running until it is stopped.
Always true: only the binaries inside the wheel are used; nobody is trusted without proof (peer
authentication on a private Unix socket, no TCP); a directory of another major version is left
untouched; a server whose starter died is stopped by the kernel's signal or by the next start; a
server started here is stopped here.
"""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psutil

from slinga.kernel.errors import Conflict, Unavailable
from slinga.runtime.account import Account, account
from slinga.runtime.place import MAJOR, Place

DATABASE = "slinga"
_LOG_LIMIT = 16_000_000

SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    # Sized for a machine of 2 GB that also runs Slinga itself.
    "shared_buffers": "72MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "96MB",
    "max_wal_size": "2GB",
    "min_wal_size": "128MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",  # short statements: compiling costs more than it gives
    "max_parallel_workers_per_gather": "1",
    "autovacuum_naptime": "20s",
    "autovacuum_vacuum_cost_limit": "1000",
    "idle_in_transaction_session_timeout": "10min",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # details of an error quote the row
    "log_min_error_statement": "panic",  # and so does the statement
    "log_min_duration_statement": "-1",  # statements carry personal data
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "'%m [%p] '",
}

FOR_TESTS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "4GB",
    "autovacuum": "off",
}
"""Overrides for a throw-away server."""

Say = Callable[[str], None]
Run = Callable[[Callable[[], None]], None]
"""Runs something, here or in a process of its own, and raises what it raises."""


def at_once(work: Callable[[], None]) -> None:
    """Run it here."""
    work()


def url(socket_dir: Path, database: str = DATABASE) -> str:
    """The connection string of a database behind a socket directory."""
    return f"postgresql://{DATABASE}@/{database}?host={quote(str(socket_dir), safe='')}"


class Server:
    """A running embedded server. `owned` says whether `stop` stops it or leaves it to its owner."""

    def __init__(
        self,
        place: Place,
        process: subprocess.Popen[bytes] | None,
        lock: IO[str] | None,
        settings: dict[str, str] | None = None,
    ) -> None:
        self._settings = settings or {}
        self.url = url(place.sockets)
        self.sockets = place.sockets
        self.data = place.data
        self.log = place.log
        self.owned = process is not None
        self.process = process
        self._lock = lock
        self._place = place

    def database_url(self, name: str) -> str:
        """The connection string of another database on this server."""
        return url(self.sockets, name)

    def alive(self) -> bool:
        """Whether the server process still runs."""
        return self.process is None or self.process.poll() is None

    def revive(self, say: Say = lambda _: None) -> None:
        """Start it again after it fell and wait for its recovery. Raises Unavailable if it cannot."""
        _clear_orphans(self._place, say)
        self.process = _start(self._place, self._settings)
        _wait_ready(self._place, self.process, say)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, a checkpoint is written. Safe to call twice."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        if self.owned and self._place.sockets_are_temporary:
            shutil.rmtree(self._place.sockets, ignore_errors=True)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def open_server(
    data_dir: Path,
    *,
    overrides: dict[str, str] | None = None,
    say: Say = lambda _: None,
    attach: bool = True,
    run: Run = at_once,
) -> Server:
    """Start the server of `data_dir`, making it first if needed; wait for crash recovery however long.

    If another living Slinga already runs it, attach to that one (`owned` is false). With `attach` false
    that is a Conflict. Raises Unavailable when it cannot be started, with the end of its log. `run` runs
    what asks the server.
    """
    place = Place(data_dir, say)
    lock = _lock(place, say, attach)
    if lock is None:
        _wait_ready(place, None, say)
        return Server(place, None, None)
    try:
        _check_version(place)
        return run_cluster(place, lock, {**SETTINGS, **(overrides or {})}, say, run)
    except BaseException:
        lock.close()
        raise


def run_cluster(
    place: Place, lock: IO[str] | None, settings: dict[str, str], say: Say, run: Run = at_once
) -> Server:
    """Start the server of a place whose lock the caller holds, making it first if there is none."""
    if not place.data.exists():
        say("Preparing the database for the first time")
        _initialise(place)
    _clear_orphans(place, say)
    _write_authentication(place)
    place.private(place.sockets)
    process = _start(place, settings)
    try:
        _wait_ready(place, process, say)
    except BaseException:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise
    server = Server(place, process, lock)
    try:
        run(lambda: _ensure_database(server))
    except BaseException:
        server.stop()
        raise
    return server


@contextlib.contextmanager
def locked_place(place: Place, say: Say) -> Iterator[None]:
    """The place, to oneself and without a server. Raises Conflict when a living Slinga is on it."""
    lock = _lock(place, say, attach=False)
    assert lock is not None
    with lock:
        yield


def version_of(place: Place) -> str:
    """The major version of PostgreSQL that made the place's data; empty when there is none."""
    mark = place.data / "PG_VERSION"
    if not place.data.exists():
        return ""
    return mark.read_text().strip() if mark.exists() else "unknown"


def _lock(place: Place, say: Say, attach: bool) -> IO[str] | None:
    """The lock of the one Slinga that runs this server; None when a living one holds it."""
    place.base.mkdir(parents=True, exist_ok=True, mode=0o711)
    handle = (place.base / "server.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        if attach:
            return None
        raise Conflict(f"Slinga already runs on {place.base} (process {owner}). Stop it first.") from None
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def _check_version(place: Place) -> None:
    found = version_of(place)
    if found and found != MAJOR:
        raise Conflict(
            f"{place.data} was made by PostgreSQL {found}; this Slinga brings PostgreSQL {MAJOR}. Nothing "
            "was touched. Move the data over: slinga move"
        )


def _initialise(place: Place) -> None:
    """initdb beside the final name, then rename: a half-made cluster is never mistaken for a whole one."""
    half = place.base / "postgres.new"
    if half.exists():
        shutil.rmtree(half)
    place.private(half)
    done = subprocess.run(
        [
            str(place.bin / "initdb"),
            *("--pgdata", str(half), "--username", DATABASE, "--auth", "peer", "--auth-host", "reject"),
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"),
            *("--builtin-locale", "C.UTF-8", "--no-instructions"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=half,
        env=_environment(),
        **_as(place.who),
    )
    if done.returncode != 0:
        raise Unavailable(f"initdb failed: {(done.stderr or done.stdout).strip()[-1500:]}")
    half.rename(place.data)


def _write_authentication(place: Place) -> None:
    """Peer authentication: the kernel says who connects; this user and the server's account may."""
    allowed = sorted({_user_name(os.geteuid()), place.who.name, "root"})
    files = {
        "pg_hba.conf": "local all all peer map=slinga\n",
        "pg_ident.conf": "".join(f'slinga "{name}" {DATABASE}\n' for name in allowed),
    }
    for name, text in files.items():
        path = place.data / name
        path.write_text(text)
        os.chown(path, place.who.uid, place.who.gid)
        path.chmod(0o600)


def _user_name(uid: int) -> str:
    return account(uid).name if uid else "root"


def _environment() -> dict[str, str]:
    """No PG* variable and no locale of the caller may leak into the server."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _as(who: Account) -> dict[str, Any]:
    return {"user": who.uid, "group": who.gid, "extra_groups": []} if who.foreign else {}


def _die_with_parent() -> None:
    """Linux: a fast shutdown if the starter is killed. Runs in the child between fork and exec."""
    if _PRCTL is not None:
        _PRCTL(1, signal.SIGINT, 0, 0, 0)


_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def _start(place: Place, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    if place.log.exists() and place.log.stat().st_size > _LOG_LIMIT:
        place.log.replace(place.log.with_suffix(".log.1"))
    conf = place.data / "slinga.conf"
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    conf.write_text("".join([*lines, f"unix_socket_directories = '{place.sockets}'\n"]))
    os.chown(conf, place.who.uid, place.who.gid)
    with open(place.log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
        return subprocess.Popen(
            [str(place.bin / "postgres"), "-D", str(place.data), "-c", f"config_file={conf}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C in the terminal is for the supervisor alone
            env=_environment(),
            cwd=place.data,
            preexec_fn=_die_with_parent,
            **_as(place.who),
        )


def _state(place: Place) -> tuple[int, str] | None:
    """(pid, state) from postmaster.pid, or None while there is none."""
    try:
        lines = (place.data / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (FileNotFoundError, ValueError, IndexError):
        return None


def _wait_ready(place: Place, process: subprocess.Popen[bytes] | None, say: Say) -> None:
    """Until the server takes connections. `process` None: somebody else's, so give up when he is gone."""
    began = told = time.monotonic()
    while True:
        found = _state(place)
        if found and found[1] == "ready" and (process is None or found[0] == process.pid):
            return
        if process is not None and process.poll() is not None:
            raise Unavailable(f"PostgreSQL did not start. The end of {place.log}:\n{_tail(place.log)}")
        if process is None and found is None and time.monotonic() - began > 30:
            raise Unavailable(f"Another Slinga holds {place.base} but its database does not come up.")
        if time.monotonic() - told > 3:
            told = time.monotonic()
            say(f"Waiting for the database to recover ({told - began:.0f} s): {_tail(place.log, 1)}")
        time.sleep(0.01)


def _tail(path: Path, lines: int = 12) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


def _living(place: Place) -> Iterator[psutil.Process]:
    """Processes of this very cluster: every server process keeps its data directory as working directory."""
    for process in psutil.process_iter(["pid", "name"]):
        with contextlib.suppress(psutil.Error):
            if process.info["name"].startswith("postgres") and process.cwd() == str(place.data):
                yield process


def _clear_orphans(place: Place, say: Say) -> None:
    """Stop what a killed starter left, and drop a lock file whose process number now means another process.

    We hold `server.lock`, so no living Slinga runs this cluster. PostgreSQL itself would refuse to start
    where a dead server's number still shows, as an unreaped process does in a container without an init.
    """
    told = False
    while orphans := list(_living(place)):
        if not told:
            say("Stopping a database that an earlier, killed Slinga left running")
            told = True
        found = _state(place)
        for process in orphans:
            if found and process.pid == found[0]:
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGINT)
        psutil.wait_procs(orphans, timeout=1)
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    for left in place.sockets.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def _ensure_database(server: Server) -> None:
    import psycopg  # not above: the supervisor does without its twelve megabytes

    with psycopg.connect(server.database_url("postgres"), autocommit=True) as db:
        if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            db.execute(f"CREATE DATABASE {DATABASE}")
