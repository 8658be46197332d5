"""`slinga backup` and `slinga restore`.

In: settings, a file. Out: one line about what was done, on standard output; progress on standard error.
Always true: a passphrase is read from a file, never from the command line.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from slinga.backup.restoring import restore as put_back
from slinga.backup.taking import take
from slinga.commands.opened import say
from slinga.kernel.errors import Conflict, Invalid
from slinga.runtime.database import open_database
from slinga.runtime.settings import load

_passphrase = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file whose first line seals the backup, or opens it.",
)


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar per step, on standard error; call it with (step, done, total)."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=False) as progress:
        tasks: dict[str, object] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done, total=total)  # type: ignore[arg-type]

        yield show


def passphrase(file: Path | None) -> str:
    """The first line of the file; empty without one. Raises Invalid when it is missing or short."""
    if file is None:
        return ""
    try:
        first = file.read_text().partition("\n")[0].strip()
    except FileNotFoundError:
        raise Invalid(f"There is no file {file}.", field="--passphrase-file") from None
    if len(first) < 12:
        raise Invalid(
            f"The first line of {file} is too short: 12 characters or more.", field="--passphrase-file"
        )
    return first


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@_passphrase
@click.option("--keep", type=click.IntRange(min=1), help="In a directory: delete all but so many backups.")
def backup(target: Path, passphrase_file: Path | None, keep: int | None) -> None:
    """Back up database, keys, files and journal to a file, or into a directory. Slinga may run meanwhile."""
    if keep and not target.is_dir():
        raise Conflict(f"--keep needs a directory; {target} is none.")
    given = passphrase(passphrase_file)
    settings = load(os.environ)
    with open_database(settings, say) as database, bars() as show:
        path, manifest = take(
            settings,
            database.url,
            target,
            passphrase=given,
            progress=lambda done, total: show("Backing up", done, total),
        )
    click.echo(f"{path}: {sum(manifest.rows.values())} rows, {path.stat().st_size / 1e6:.1f} MB")
    if not given:
        say("It is not sealed and holds personal data and keys: keep it where only you can read it.")
    if keep:
        for old in sorted(target.glob("slinga-*.backup"))[:-keep]:
            old.unlink()
            say(f"Deleted {old}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@_passphrase
@click.option("--into", default="", help="A database, as postgresql://...; SLINGA_DATABASE_URL by default.")
@click.option("--replace", is_flag=True, help="Move an embedded database that is there aside first.")
def restore(file: Path, passphrase_file: Path | None, into: str, replace: bool) -> None:
    """Restore a backup into an empty place. Nothing is sent afterwards until `slinga confirm`."""
    environment = {**os.environ, **({"SLINGA_DATABASE_URL": into} if into else {})}
    settings = load(environment)
    with bars() as show:
        done = put_back(
            settings, file, passphrase=passphrase(passphrase_file), replace=replace, say=say, progress=show
        )
    rows = sum(done.manifest.rows.values())
    click.echo(f"Restored {rows} rows as of {done.manifest.taken_at} (release {done.manifest.release}).")
    if done.migrated:
        click.echo(f"Applied {done.migrated} migrations of this release.")
    click.echo(f"Replayed {done.replayed} obligations of {settings.journal_path}.")
    if done.aside:
        click.echo(f"The database that was there lies in {done.aside}; delete it when you no longer need it.")
    click.echo("Nothing is sent until you run: slinga confirm")
