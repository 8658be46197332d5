"""What `slinga serve` and `slinga web` do.

In: settings. Out: running processes; returns after a clean stop.
Always true: the database comes up first and goes down last; nothing that was started here is left running.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from slinga.kernel.errors import Conflict, Unavailable
from slinga.runtime.opening import Database, open_database
from slinga.runtime.postgres import Server
from slinga.runtime.process import PARENT, apart, stop_on_signals
from slinga.runtime.settings import Settings
from slinga.runtime.supervisor import Supervisor

LOOPS: tuple[str, ...] = ("worker", "delivery")
"""The commands that `serve` runs beside the web: `worker` (as often as set) and `delivery`."""

STEADY_S, LONGEST_PAUSE_S = 60.0, 15.0
"""A database that ran so long fell by accident; one that falls again and again is started more slowly."""

Say = Callable[[str], None]


def run_everything(
    settings: Settings,
    ready: Callable[[Database], None] | None = None,
    *,
    say: Say,
    tell: Say,
    gauges: Callable[[Settings, str], Any] | None = None,
) -> None:
    """Database, web, engine and delivery until a signal; `ready` is called once when the web answers.

    `tell` gets the one line that is the command's answer, `say` the rest; `gauges` makes what /metrics asks
    at each scrape. Raises Conflict when the port is
    taken, another Slinga runs here or migrations are pending, Unavailable when a part cannot run.
    """
    stop = stop_on_signals()
    _check_port(settings)
    # What asks the database runs in processes that end: this one only waits, and shall be small.
    with open_database(settings, say, attach=False, run=apart) as database:
        apart(lambda: _prepare(database, say))
        # Threads that share two heaps leave fewer holes than each with its own.
        environment = {"MALLOC_ARENA_MAX": "2", **os.environ, "SLINGA_DATABASE_URL": database.url}
        counting = _count(settings, database.url, gauges, environment, say)
        supervisor = Supervisor(_commands(settings), environment, say)
        told, watch = False, _Watch(database.server, say)
        try:
            while not stop.asked:
                supervisor.check(None if told else "web")  # people wait for the web, nobody for the loops
                watch.check()
                if not told and _answers(settings):
                    told = True
                    tell(f"Slinga runs at {settings.base_url} (Ctrl-C stops it)")
                    if ready:
                        ready(database)
                stop.wait(0.5 if told else 0.05)
        finally:
            say("Stopping")
            supervisor.stop(settings.stop_within_s)
            counting()


def _count(
    settings: Settings,
    url: str,
    gauges: Callable[[Settings, str], Any] | None,
    environment: dict[str, str],
    say: Say,
) -> Callable[[], None]:
    """Answer /metrics for all the children to come, if asked to; what ends it."""
    if not settings.metrics_port or gauges is None:
        return lambda: None
    from slinga.runtime import meters  # not above: who does not ask for it need not load it

    directory = meters.prepare()
    environment[meters.DIRECTORY] = str(directory)
    try:
        server, thread = meters.serve(settings.metrics_port, gauges(settings, url), directory)
    except OSError as fault:
        meters.remove(directory)
        raise Conflict(
            f"Cannot answer /metrics on 127.0.0.1:{settings.metrics_port} ({fault.strerror}). "
            "Set SLINGA_METRICS_PORT to a free one."
        ) from None
    say(f"Metrics at http://127.0.0.1:{settings.metrics_port}/metrics")

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join(5)
        meters.remove(directory)

    return end


class _Watch:
    """Starts a fallen database again, at once and then with growing pauses: a full disk may be emptied."""

    def __init__(self, server: Server | None, say: Say) -> None:
        self._server, self._say = server, say
        self._pause = 0.0
        self._fell = self._due = 0.0

    def check(self) -> None:
        """Notice a fall; start again what is due. Never raises for a server that cannot run yet."""
        now = time.monotonic()
        if self._server is None or self._server.alive() or now < self._due:
            return
        self._pause = min(LONGEST_PAUSE_S, self._pause * 2 or 0.5) if now - self._fell < STEADY_S else 0.0
        self._fell = now
        self._say("The database stopped; starting it again")
        try:
            self._server.revive(self._say)
        except Unavailable as fault:
            self._say(fault.message)
        self._due = time.monotonic() + self._pause


def _commands(settings: Settings) -> dict[str, list[str]]:
    me = [sys.executable, "-m", "slinga.cli"]
    commands = {"web": [*me, "web"]}
    for name in LOOPS:
        for number in range(settings.workers if name == "worker" else 1):
            commands[f"{name} {number + 1}"] = [*me, name]
    return commands


def _check_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as fault:
            raise Conflict(
                f"Cannot listen on {settings.host}:{settings.port} ({fault.strerror}). "
                "Set SLINGA_PORT to a free one."
            ) from None


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    asked = f"GET /healthz HTTP/1.1\r\nHost: {settings.host}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((host, settings.port), timeout=2) as line:
            line.sendall(asked.encode())
            return b" 200 " in line.recv(16)
    except OSError:
        return False


def run_web(settings: Settings, say: Say, target: str = "slinga.app:create_app") -> None:
    """Answer HTTP until a signal: a listener and its workers, each with the application of `target`."""
    from granian import Granian  # not above: `serve` does not need it, and starts sooner without
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    # A worker is forked with the listener's handlers, which would swallow a signal until it sets its own.
    os.register_at_fork(after_in_child=_default_signals)
    with open_database(settings, say) as database:
        if PARENT not in os.environ:  # else the parent has, and this process needs no driver
            _prepare(database, say)
        os.environ["SLINGA_DATABASE_URL"] = database.url
        os.environ[PARENT] = str(os.getpid())
        Granian(
            target,
            factory=True,
            interface=Interfaces.ASGI,
            address=settings.host,
            port=settings.port,
            workers=settings.web_processes,
            loop=Loops.uvloop,
            websockets=False,
            log_level=LogLevels.warning,
            respawn_failed_workers=True,
            respawn_interval=1.0,
            workers_kill_timeout=max(1, settings.stop_within_s - 5),
            backlog=2048,
        ).serve()


def _prepare(database: Database, say: Say) -> None:
    from slinga.runtime.database import prepare  # not above: see `opening`

    prepare(database, say)


def _default_signals() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
