"""`slinga export`, `slinga erase` and `slinga readmit`: what people may ask of us, from the terminal.

In: a person by any identifier. Out: a zip; the record of an erasure.
Always true: an erasure asks once more, unless --yes says otherwise; who did it stands in the audit log.
"""

import getpass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from slinga.access import jobs as access
from slinga.commands.opened import opened
from slinga.delivery.book.store import key_maker
from slinga.explain.jobs import find, keys_of
from slinga.kernel.clock import iso
from slinga.kernel.errors import Missing
from slinga.privacy import erase as privacy
from slinga.privacy.erase import KeyOf
from slinga.privacy.export import export as exported
from slinga.privacy.scrub import scrub
from slinga.runtime import secrets
from slinga.runtime.db import Db
from slinga.runtime.settings import Settings

_WHO = click.argument("person")


def _key_of(settings: Settings) -> KeyOf:
    return key_maker(secrets.load(settings.data, settings.secret).key("addresses"))


def _actor() -> str:
    return f"command:{getpass.getuser()}"


def _audit(db: Db, action: str, key: str, **detail: Any) -> None:
    with db.transaction():
        access.audit(db, _actor(), action, key, **detail)


@click.command()
@_WHO
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; person.zip if not given.",
)
def export(person: str, output: Path | None) -> None:
    """Write everything that is known of PERSON into a zip of JSON and CSV."""
    place = output or Path("person.zip")
    with opened() as (settings, db):
        key, _ = find(db, person)
        with exported(db, key, key_of=_key_of(settings)) as file:
            place.touch(mode=0o600)
            place.write_bytes(file.read())
        _audit(db, "export_person", key)
    click.echo(f"{place}: {place.stat().st_size} bytes. It holds personal data: hand it over and delete it.")


@click.command()
@click.argument("person", required=False)
@click.option("--reason", type=click.Choice(privacy.REASONS[:-1]), default="request", show_default=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--now",
    is_flag=True,
    help="Also rewrite the tables and let the write-ahead log expire at once, so that no file holds a word "
    "of whom was erased. Without PERSON: do only that.",
)
def erase(person: str | None, reason: str, yes: bool, now: bool) -> None:
    """Erase PERSON from every table, for ever."""
    if person is None and not now:
        raise click.UsageError("Name a person, or give --now to clear the files of whom was erased before.")
    with opened() as (settings, db):
        if person is not None:
            _erase(settings, db, person, reason, yes)
        if now:
            _scrub(db)


def _erase(settings: Settings, db: Db, person: str, reason: str, yes: bool) -> None:
    key, names = find(db, person)
    if not yes:
        click.echo(f"{key}: {', '.join(names) or 'nobody knows a name'}")
        click.confirm("Erase this person from every table? It cannot be taken back", abort=True)
    tell = bool(settings.erased_url)
    done = privacy.erase(db, key, key_of=_key_of(settings), reason=reason, by=_actor(), tell=tell)
    _audit(db, "erase_person", key, reason=reason)
    rows = sum(done.proof.get("rows", {}).values())
    click.echo(f"Erasure {done.id} of {iso(done.at)}: {done.people} keys, {rows} rows.")
    click.echo(
        "Backups made before hold the person still; a restore erases them again from the obligations journal."
    )


def _scrub(db: Db) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)

        def progress(what: str, done: int, of: int) -> None:
            bar.update(task, description=f"rewriting {what}", completed=done, total=of)

        done = scrub(db, progress)
    click.echo(f"{done.tables} tables rewritten in {done.seconds:.1f} s.")
    if done.log_gone:
        click.echo(f"The write-ahead log was moved on: {done.segments} segments are gone.")
    else:
        click.echo(
            "This account may not move the write-ahead log on: what lies there goes when your server's own "
            "retention and its archives let it."
        )


@click.command()
@_WHO
def readmit(person: str) -> None:
    """Let PERSON, who was erased and came back by themselves, be known again."""
    with opened() as (_, db):
        for key in keys_of(person):
            try:
                found = privacy.readmit(db, key)
            except Missing:
                continue
            _audit(db, "readmit_person", key)
            click.echo(
                f"Erasure {found.id} of {iso(found.at)} is lifted. Nothing returns of what was erased."
            )
            return
    raise Missing("Nobody was erased under this identifier.", field="person")
