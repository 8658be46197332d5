"""The command line.

In: arguments and the environment. Out: running processes, or one answer.
Always true: an expected fault is one line that says what to do, and exit code 1 (78 when starting again
would not help); commands import what they need when they run, so `slinga --help` is quick.
"""

import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Callable
from importlib import import_module
from typing import Any

import click

from slinga.kernel.errors import Conflict, Invalid, SlingaError, Unavailable
from slinga.runtime import telemetry
from slinga.runtime.database import Database, open_database, prepare, reach
from slinga.runtime.db import Db
from slinga.runtime.process import PARENT, die_with_parent, stop_on_signals
from slinga.runtime.settings import Settings, explain, load
from slinga.runtime.supervisor import REFUSED, Supervisor

LOOPS: tuple[str, ...] = ("worker", "delivery")
"""The commands that `serve` runs beside the web: `worker` (as often as set) and `delivery`."""


class _Commands(click.Group):
    """The commands below, and `demo`, which is imported when it is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), "demo"])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name != "demo":
            return super().get_command(context, name)
        from slinga.demo.commands import Parts, demo

        def machinery(settings: Settings, db: Db) -> Any:
            return import_module("slinga.app").machinery(settings, db)

        context.obj = Parts(run_everything=run_everything, machinery=machinery)
        return demo


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="slinga")
def slinga() -> None:
    """Slinga: open-source customer-lifecycle marketing."""


def _say(text: str) -> None:
    click.echo(text, err=True)


def _settings() -> Settings:
    return load(os.environ)


@slinga.command()
def serve() -> None:
    """Run everything: database, web, engine, delivery. Ctrl-C stops it."""
    run_everything(_settings())


def run_everything(settings: Settings, ready: Callable[[Database], None] | None = None) -> None:
    """What `serve` does; `ready` is called once when the web answers. Returns after a clean stop.

    Raises Conflict when the port is taken, another Slinga runs here or migrations are pending.
    """
    stop = stop_on_signals()
    _check_port(settings)
    with open_database(settings, _say, attach=False) as database:
        prepare(database, _say)
        environment = {**os.environ, "SLINGA_DATABASE_URL": database.url}
        supervisor = Supervisor(_commands(settings), environment, _say)
        told = False
        try:
            while not stop.asked:
                supervisor.check()
                if database.server and not database.server.alive():
                    raise Unavailable(f"The database stopped. Its log: {database.server.log}")
                if not told and _answers(settings):
                    told = True
                    click.echo(f"Slinga runs at {settings.base_url} (Ctrl-C stops it)")
                    if ready:
                        ready(database)
                stop.wait(0.5 if told else 0.05)
        finally:
            _say("Stopping")
            supervisor.stop(settings.stop_within_s)


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
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host
    host = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@slinga.command()
def web() -> None:
    """Answer HTTP only. Needs SLINGA_DATABASE_URL, or a `slinga serve` on this data directory."""
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    settings = _begin("web")
    with open_database(settings, _say) as database:
        prepare(database, _say)
        os.environ["SLINGA_DATABASE_URL"] = database.url
        os.environ[PARENT] = str(os.getpid())
        Granian(
            "slinga.app:create_app",
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
            workers_kill_timeout=settings.stop_within_s,
            backlog=2048,
        ).serve()


@slinga.command()
def worker() -> None:
    """Advance people only: one process of the engine."""
    _loop("worker")


@slinga.command()
def delivery() -> None:
    """Send messages only."""
    _loop("delivery")


def _loop(name: str) -> None:
    settings = _begin(name)
    stop = stop_on_signals()
    app = import_module("slinga.app")
    run: Callable[..., Any] = getattr(app, f"run_{name}")
    with open_database(settings, _say) as database:
        prepare(database, _say)
        run(load({**os.environ, "SLINGA_DATABASE_URL": database.url}), stop)


def _begin(part: str) -> Settings:
    die_with_parent()
    settings = _settings()
    telemetry.configure(settings.log_level, text=settings.log_text, part=part)
    return settings


@slinga.command()
def migrate() -> None:
    """Bring the database's tables up to this release."""
    from slinga.runtime.migrations import migrate as apply

    with open_database(_settings(), _say) as database, reach(database.url) as db:
        names = apply(db, say=_say)
    click.echo(f"Applied {len(names)} migrations." if names else "The database is up to date.")


@slinga.command()
def doctor() -> None:
    """Check database, clocks, disk and mail, and say what to do. Exit code 1 when something must be done."""
    from slinga.runtime.doctor import BAD, MARKS, examine

    found = examine(_settings(), _say)
    for check in found:
        click.echo(f"{MARKS[check.state]} {check.name}: {check.finding}")
        if check.remedy:
            click.echo(f"    {check.remedy}")
    if any(check.state == BAD for check in found):
        sys.exit(1)


@slinga.command()
def settings() -> None:
    """Show every setting, its value and where it came from."""
    for row in explain(_settings()):
        origin = "" if row.origin == "default" else "  (set)"
        click.echo(f"{row.variable} = {row.value or '(empty)'}{origin}\n    {row.doc}")


@slinga.command("sign-in")
def sign_in() -> None:
    """Print an address that signs the administrator in, once."""
    from slinga.access.jobs import sign_in_link

    given = _settings()
    with open_database(given, _say) as database:
        prepare(database, _say)
        with reach(database.url) as db:
            click.echo(sign_in_link(db, given.base_url))


@slinga.command("add-key")
@click.argument("kind", type=click.Choice(["write", "secret"]))
@click.argument("source")
@click.option(
    "--trust", type=click.Choice(["claimed", "proven"]), help="Default: claimed for write, proven for secret."
)
@click.option(
    "--origin", "origins", multiple=True, help="An origin that may send with it; repeat for several."
)
def add_key(kind: Any, source: str, trust: str | None, origins: tuple[str, ...]) -> None:
    """Make an API key for SOURCE and print it: this is the only time it is shown."""
    from slinga.access.jobs import add_key as make

    proven = trust == "proven" or (trust is None and kind == "secret")
    with open_database(_settings(), _say) as database:
        prepare(database, _say)
        with reach(database.url) as db:
            click.echo(make(db, kind, source, trust=2 if proven else 0, origins=origins))


def main() -> None:
    """The entry point: expected faults become one line."""
    try:
        slinga(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(128 + signal.SIGINT)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except SlingaError as fault:
        click.echo(fault.message, err=True)
        sys.exit(REFUSED if isinstance(fault, (Conflict, Invalid)) else 1)


if __name__ == "__main__":
    main()
