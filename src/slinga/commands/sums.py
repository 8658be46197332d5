"""`slinga sums`: how far the sums behind the pages are, and counting them anew.

In: the environment. Out: lines; with --anew a progress bar.
Always true: without --anew nothing is changed; sums of days that are no longer wholly kept are taken over.
"""

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from slinga.commands.opened import opened
from slinga.insight import jobs
from slinga.kernel.clock import iso


@click.command()
@click.option("--anew", is_flag=True, help="Count everything anew from the facts and events that are kept.")
def sums(anew: bool) -> None:
    """Show how far the sums behind the pages are, or count them anew.

    Workers keep the sums up to date by themselves, and count anew by themselves after an upgrade that brought
    other figures. Slinga may run meanwhile; pages show the sums of before until the new ones are whole. Who
    was erased is then gone from the sums of days that are still kept.
    """
    with opened() as (_, db):
        if anew:
            columns = (TextColumn("counting"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
            with Progress(*columns, TimeRemainingColumn(), transient=True) as bar:
                task = bar.add_task("counting", total=1.0)
                jobs.rebuild(db, lambda share: bar.update(task, completed=share))
            click.echo("Everything was counted anew.")
        found = jobs.state(db)
    click.echo(f"Counted: {found.share:.0%} of what is kept.")
    if found.anew is not None:
        click.echo(f"Being counted again: {found.anew:.0%}. Until then pages show the sums of before.")
    if found.older_since is not None:
        click.echo(
            f"Newer kinds of figures count since {iso(found.older_since)}; a worker counts the past too."
        )
    if found.taken_over is not None:
        click.echo(f"Days before {found.taken_over} are kept as they were counted then.")
