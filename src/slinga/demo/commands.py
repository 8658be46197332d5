"""`slinga demo`: begin the demo shop, open it, let it live, move its time forward.

In: options. Out: a running Slinga with a living shop. Always true: the demo has a data directory of its own
unless one is named, so it never touches an installation.
"""

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import click
import msgspec
import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from slinga.access.jobs import add_member, nobody, sign_in_link
from slinga.demo import jobs, store
from slinga.demo.twin import Twin
from slinga.insight import jobs as insight
from slinga.kernel.calendar import add, period, zone
from slinga.kernel.clock import DAY, Instant, iso
from slinga.kernel.errors import Invalid
from slinga.runtime import clock
from slinga.runtime.database import Database, open_database, reach
from slinga.runtime.db import Db
from slinga.runtime.migrations import migrate
from slinga.runtime.settings import Settings, load

DATA_DIR = "var/demo"


class Parts(msgspec.Struct, frozen=True):
    """What the command line hands to this command as its context object."""

    run_everything: Callable[[Settings, Callable[[Database], None] | None], None]
    machinery: Callable[[Settings, Db], AbstractContextManager[jobs.Machinery]]
    """The engine, delivery and the web application over the database that the settings name."""


def _say(text: str) -> None:
    click.echo(text, err=True)


@click.command()
@click.option(
    "--speed", default=1.0, show_default=True, help="How many times as fast as real time the shop lives."
)
@click.option(
    "--forward", default="", metavar="LENGTH", help="Move time forward, such as 3d or 200d, and return."
)
@click.pass_obj
def demo(parts: Parts, speed: float, forward: str) -> None:
    """Open a living demo shop; the first time it lives through eighteen months."""
    if not 1 <= speed <= 100_000:
        raise Invalid("--speed is between 1 (real time) and 100000.", field="speed")
    # In the environment, because the parts that serve starts inherit it.
    if not os.environ.get("SLINGA_DATABASE_URL"):
        os.environ.setdefault("SLINGA_DATA_DIR", DATA_DIR)
    os.environ["SLINGA_SMTP_URL"] = ""  # invented people get no real mail
    os.environ.setdefault("SLINGA_LOG_LEVEL", "warning")  # whoever tries it reads addresses, not a log
    settings = load(os.environ)
    if forward:
        _forward(parts, settings, forward)
        return
    with open_database(settings, _say, attach=False) as database:
        _bring_up(database)
        _ensure_past(parts, _hurried(settings, database))
        _open(parts, msgspec.structs.replace(settings, database_url=database.url), speed)


def _open(parts: Parts, settings: Settings, speed: float) -> None:
    """Everything on the database that runs already, and the shop's life beside it, until a signal."""
    stop = threading.Event()
    living = threading.Thread(target=_live, args=(parts, settings, speed, stop), daemon=True)

    def ready(_: Database) -> None:
        _welcome(settings)
        living.start()

    try:
        parts.run_everything(settings, ready)
    finally:
        stop.set()
        if living.ident is not None:
            living.join(5)


def _bring_up(database: Database) -> None:
    """The tables of this release: a demo made by an older one is not worth a question."""
    with reach(database.url) as db:
        migrate(db, say=_say)


def _hurried(settings: Settings, database: Database) -> Settings:
    return msgspec.structs.replace(settings, database_url=store.hurried(database.url))


def _ensure_past(parts: Parts, settings: Settings) -> None:
    """Begin the demo, or go on where its first hour was cut off."""
    with reach(settings.database_url) as db:
        if store.find(db) is None:
            jobs.begin(db, f"{settings.base_url}/shop")
        kept = store.find(db)
        if kept is None or clock.now(db) >= kept.opens_at:
            return
        jobs.publish_all(db)  # changes nothing where a first try came this far
        jobs.plan_letters(db)
        _say("The shop lives through its first eighteen months. This happens once.")
        started = time.monotonic()
        with (
            parts.machinery(settings, db) as machinery,
            _bar(kept.opens_at - clock.now(db), clock.now(db)) as tell,
        ):
            gc.set_threshold(200_000, 50, 50)  # the twin is large and keeps what it makes
            try:
                jobs.live_past(db, machinery, tell)
            finally:
                gc.set_threshold(700, 10, 10)
        _say("Counting what happened, for the reports.")
        insight.tally(db)
        _truth(db, time.monotonic() - started)


def _forward(parts: Parts, settings: Settings, text: str) -> None:
    with open_database(settings, _say) as database:
        _bring_up(database)
        there = _hurried(settings, database)
        with reach(there.database_url) as db:
            now = clock.now(db)
            by = add(now, period(text), zone(settings.zone)) - now
            started = time.monotonic()
            with parts.machinery(there, db) as machinery, _bar(by, now) as tell:
                reached = jobs.go_forward(db, lambda: machinery, by, tell, _pause)
            _say(f"It is now {iso(reached)} in the demo.")
            _truth(db, time.monotonic() - started)


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _live(parts: Parts, settings: Settings, speed: float, stop: threading.Event) -> None:
    # The database stops before this thread does; what was kept last is where the next start goes on.
    with (
        suppress(psycopg.OperationalError),
        reach(settings.database_url) as db,
        parts.machinery(settings, db) as machinery,
    ):
        jobs.live_on(db, machinery, speed, stop.wait)


@contextmanager
def _bar(length: int, begins_at: Instant) -> Iterator[Callable[[Instant], None]]:
    """A progress bar over virtual time."""
    columns = (
        TextColumn("{task.fields[day]}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=length / DAY, day=iso(begins_at)[:10])

        def tell(at: Instant) -> None:
            progress.update(task, completed=(at - begins_at) / DAY, day=iso(at)[:10])

        yield tell


def _truth(db: Db, seconds: float) -> None:
    kept = store.find(db)
    if kept is None:
        return
    truth = Twin.load(kept.twin).truth()
    _say(
        f"Lived in {seconds:.0f} s. The truth so far: {truth.visitors} visitors, {truth.known} known, "
        f"{truth.carts} carts of which {truth.abandoned} were left, {truth.orders} orders by {truth.buyers} "
        f"people, {truth.lapsed} lapsed."
    )


def _welcome(settings: Settings) -> None:
    with reach(settings.database_url) as db:
        if nobody(db):
            add_member(db, "owner@demo.example", "Demo owner", "owner")
        link = sign_in_link(db, settings.base_url)
    click.echo(
        f"\n  The shop       {settings.base_url}/shop"
        f"\n  Sign in, once  {link}"
        f"\n  Move time      in another terminal: .venv/bin/slinga demo --forward 3d\n"
    )
