"""`slinga move`: to a server, or to the PostgreSQL that this Slinga brings.

In: settings. Out: one line about what was moved and what to do next.
Always true: the old database is kept; moving again after an interruption goes on.
"""

import os
from pathlib import Path

import click

from slinga.backup.moving import in_place, swap, to_server
from slinga.commands.backup import bars
from slinga.commands.opened import say
from slinga.kernel.errors import Conflict, Missing
from slinga.runtime.database import open_database
from slinga.runtime.place import MAJOR, Place, find_binaries
from slinga.runtime.postgres import SETTINGS, locked_place, run_cluster, version_of
from slinga.runtime.settings import Settings, load
from slinga.runtime.tools import readable

_NEW = "postgres-moving"


@click.command()
@click.option("--to", "url", default="", help="An empty database on a server, as postgresql://...")
@click.option(
    "--old-binaries",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the programs of the PostgreSQL are that made the data, such as /usr/lib/postgresql/18/bin.",
)
def move(url: str, old_binaries: Path | None) -> None:
    """Move the embedded database: with --to to a server, else to the PostgreSQL of this release. Stop Slinga
    first; the old database is kept."""
    settings = load(os.environ)
    if settings.database_url:
        raise Conflict("SLINGA_DATABASE_URL names a server already; unset it to move the embedded database.")
    if url:
        _to_server(settings, url)
    else:
        _to_major(settings, old_binaries)


def _to_server(settings: Settings, url: str) -> None:
    with open_database(settings, say, attach=False) as database, bars() as show:
        rows = to_server(database.url, url, readable(url), progress=show)
    click.echo(f"Moved {sum(rows.values())} rows in {len(rows)} tables; counts and checksums agree.")
    click.echo("Set SLINGA_DATABASE_URL to that address, then: slinga confirm")
    click.echo(f"The old database in {settings.data} sends nothing any more; keep it until you are content.")


def _to_major(settings: Settings, given: Path | None) -> None:
    place = Place(settings.data, say)
    with locked_place(place, say):
        swap(place.base, _NEW, "postgres-before") if _half_swapped(place) else None
        found = version_of(place)
        if not found:
            raise Missing(f"There is no database in {place.base}.")
        if found == MAJOR:
            click.echo(f"The database is of PostgreSQL {MAJOR} already; nothing to do.")
            return
        programs = find_binaries(found, given, place.base)
        if programs is None:
            raise Missing(
                f"Moving needs the programs of PostgreSQL {found}, which are not here. Install them (Debian: "
                f"apt-get install postgresql-{found}), or name them: --old-binaries /path/to/bin. Or restore "
                "your last backup: slinga restore FILE --replace"
            )
        old, new = place.beside("postgres", programs), place.beside(_NEW)
        with (
            run_cluster(old, None, SETTINGS, say) as from_,
            run_cluster(new, None, SETTINGS, say) as to,
            bars() as show,
        ):
            rows = in_place(from_.url, to.url, progress=show)
        swap(place.base, _NEW, f"postgres-{found}")
    click.echo(
        f"Moved {sum(rows.values())} rows from PostgreSQL {found} to {MAJOR}; counts and checksums agree."
    )
    click.echo(
        f"The old database lies in {place.base / f'postgres-{found}'}; delete it when you are content."
    )


def _half_swapped(place: Place) -> bool:
    """Whether a finished move was killed between its two renames."""
    return not place.data.exists() and (place.base / _NEW).exists()
