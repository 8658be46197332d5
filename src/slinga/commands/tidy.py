"""`slinga tidy`: forget now what the daily round would forget.

In: settings. Out: rows by kind.
Always true: with --dry-run nothing is changed.
"""

import click

from slinga.commands.opened import opened
from slinga.runtime import clock
from slinga.tidying import due, table
from slinga.tidying import tidy as go_round


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say how many rows would go.")
def tidy(dry_run: bool) -> None:
    """Forget what is older than the settings SLINGA_KEEP_... allow; the workers do it once a day."""
    with opened() as (settings, db):
        found = (due if dry_run else go_round)(db, settings, clock.now(db))
        for kept in table(settings):
            age = "for ever" if kept.kept_for is None else f"{kept.kept_for // 86_400_000_000} days"
            verb = "would go" if dry_run else "gone"
            click.echo(f"{kept.name}: kept {age}, {found[kept.name]} {verb}")
