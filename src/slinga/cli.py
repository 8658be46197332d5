"""The command line.

In: arguments and the environment. Out: running processes, or one answer.
Always true: an expected fault is one line that says what to do, and exit code 1 (78 when starting again
would not help); a command imports what it needs when it runs, so that the others are quick.
"""

import importlib
import os
import signal
import sys
from keyword import iskeyword
from typing import Any

import click

from slinga.kernel.errors import Conflict, Invalid, SlingaError, Unavailable

REFUSED = 78
"""EX_CONFIG of sysexits.h."""


ELSEWHERE = {
    "backup": "slinga.commands.backup",
    "bounces": "slinga.commands.bounces",
    "confirm": "slinga.commands.confirm",
    "demo": "slinga.demo.commands",
    "doctor": "slinga.commands.doctor",
    "erase": "slinga.commands.people",
    "export": "slinga.commands.people",
    "import": "slinga.commands.imports",
    "keys": "slinga.commands.keys",
    "marketing": "slinga.commands.marketing",
    "messages": "slinga.commands.messages",
    "move": "slinga.commands.move",
    "pull": "slinga.commands.definitions",
    "push": "slinga.commands.definitions",
    "quarantine": "slinga.commands.quarantine",
    "readmit": "slinga.commands.people",
    "restore": "slinga.commands.backup",
    "simulate": "slinga.commands.simulate",
    "schemas": "slinga.commands.definitions",
    "sums": "slinga.commands.sums",
    "tidy": "slinga.commands.tidy",
    "try": "slinga.commands.tryout",
    "validate": "slinga.commands.definitions",
    "why": "slinga.commands.why",
}
"""Commands that have a module of their own, imported when they are called."""


class _Commands(click.Group):
    """The commands below and those of `ELSEWHERE`."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted([*super().list_commands(context), *ELSEWHERE])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in ELSEWHERE:
            return super().get_command(context, name)
        module = importlib.import_module(ELSEWHERE[name])
        if name == "demo":
            context.obj = module.Parts(run_everything=_run_everything, machinery=_machinery)
        found: click.Command = getattr(module, f"{name}_" if iskeyword(name) else name)
        return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="slinga")
def slinga() -> None:
    """Slinga: open-source customer-lifecycle marketing."""


def _say(text: str) -> None:
    click.echo(text, err=True)


def _settings() -> Any:
    from slinga.runtime.settings import load

    return load(os.environ)


def _run_everything(settings: Any, ready: Any = None) -> None:
    from slinga.runtime.serving import run_everything

    run_everything(settings, ready, say=_say, tell=click.echo, gauges=_gauges)


def _gauges(settings: Any, url: str) -> Any:
    from slinga.metering import gauges  # loads every stage, so only when somebody wants to know

    return gauges(settings, url)


def _machinery(settings: Any, db: Any) -> Any:
    from slinga import app

    return app.machinery(settings, db)


@slinga.command()
def serve() -> None:
    """Run everything: database, web, engine, delivery. Ctrl-C stops it."""
    settings = _settings()
    _run_everything(settings, lambda database: _offer_setup(settings, database.url))


def _offer_setup(settings: Any, url: str) -> None:
    """Where nobody is a member yet: the address that makes the first owner."""
    from slinga.runtime.process import apart

    def offer() -> None:
        from slinga.access.jobs import nobody, setup_link
        from slinga.runtime.database import reach

        with reach(url) as db:
            if nobody(db):
                click.echo(f"Create the first owner, once: {setup_link(db, settings.base_url)}")

    try:
        apart(offer)
    except Unavailable as fault:  # everything runs, and `slinga sign-in` prints it as well
        _say(fault.message)


@slinga.command()
def web() -> None:
    """Answer HTTP only."""
    from slinga.runtime.serving import run_web

    run_web(_begin("web"), _say)


@slinga.command()
def worker() -> None:
    """Advance people only: one process of the engine."""
    _loop("worker", "run_worker")


@slinga.command()
def delivery() -> None:
    """Send messages only."""
    _loop("delivery", "run_delivery")


def _loop(part: str, name: str) -> None:
    settings = _begin(part)

    import msgspec

    from slinga import loops
    from slinga.runtime import meters
    from slinga.runtime.database import open_database, prepare
    from slinga.runtime.process import stop_on_signals

    stop = stop_on_signals()
    with open_database(settings, _say) as database:
        prepare(database, _say)
        here = msgspec.structs.replace(settings, database_url=database.url)
        if settings.metrics_port and not meters.child():
            meters.serve(settings.metrics_port, _gauges(here, database.url))
        getattr(loops, name)(here, stop)


def _begin(part: str) -> Any:
    from slinga.runtime.process import die_with_parent
    from slinga.runtime.telemetry import configure

    die_with_parent()
    settings = _settings()
    configure(settings.log_level, text=settings.log_text, part=part)
    return settings


@slinga.command()
def migrate() -> None:
    """Bring the database's tables up to this release."""
    from slinga.runtime.database import open_database, reach
    from slinga.runtime.migrations import migrate as apply

    with open_database(_settings(), _say) as database, reach(database.url) as db:
        names = apply(db, say=_say)
    click.echo(f"Applied {len(names)} migrations." if names else "The database is up to date.")


@slinga.command()
def settings() -> None:
    """Show every setting, its value and where it came from."""
    from slinga.runtime.settings import explain

    for row in explain(_settings()):
        origin = "" if row.origin == "default" else "  (set)"
        click.echo(f"{row.variable} = {row.value or '(empty)'}{origin}\n    {row.doc}")


@slinga.command("sign-in")
@click.option("--member", default="", metavar="EMAIL", help="Whom it signs in; without it the first owner.")
@click.option("--forget-second-factor", "forget", is_flag=True, help="For whoever lost phone and codes.")
def sign_in(member: str, *, forget: bool) -> None:
    """Print an address that signs an owner in, once; without members, one that makes the first owner."""
    from slinga.access.factor.jobs import take_away
    from slinga.access.jobs import member_of_address, sign_in_link
    from slinga.runtime.database import open_database, prepare, reach

    given = _settings()
    with open_database(given, _say) as database:
        prepare(database, _say)
        with reach(database.url) as db:
            if forget:
                take_away(db, "command", member_of_address(db, member))
            click.echo(sign_in_link(db, given.base_url, member))


def main() -> None:
    """The entry point: expected faults become one line."""
    try:
        slinga(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(128 + signal.SIGINT)
    except click.ClickException as fault:
        fault.show()
        sys.exit(fault.exit_code)
    except SlingaError as fault:
        click.echo(fault.message, err=True)
        sys.exit(REFUSED if isinstance(fault, (Conflict, Invalid)) else 1)


if __name__ == "__main__":
    main()
