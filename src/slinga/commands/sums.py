"""`slinga sums`: how far the sums behind the pages are, and counting them anew.

In: the environment. Out: lines; with --anew a progress bar.
Always true: without --anew nothing is changed; counting anew reads what is still kept, so what retention or
an erasure took is then gone from the sums, and the command says so before it begins.
"""

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from slinga.commands.opened import opened
from slinga.insight import jobs
from slinga.kernel.clock import iso


@click.command()
@click.option("--anew", is_flag=True, help="Count everything anew from the facts and events that are kept.")
@click.option("--yes", is_flag=True, help="Do not ask before counting anew.")
def sums(anew: bool, yes: bool) -> None:
    """Show how far the sums behind the pages are, or count them anew.

    Workers keep the sums up to date by themselves. Count anew after an upgrade that brought new kinds of
    figures, which otherwise count from the upgrade on only. Slinga may run meanwhile; pages show what is
    counted so far.
    """
    with opened() as (_, db):
        if anew:
            question = "Sums of days whose events are no longer kept will be gone. Count anew?"
            if not yes and not click.confirm(question):
                raise click.Abort
            columns = (TextColumn("counting"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
            with Progress(*columns, TimeRemainingColumn(), transient=True) as bar:
                task = bar.add_task("counting", total=1.0)
                rows = jobs.rebuild(db, lambda share: bar.update(task, completed=share))
            click.echo(f"{rows:,} facts and events counted.")
        found = jobs.state(db)
    click.echo(f"Counted: {found.share:.0%} of what is kept.")
    if found.newer_since is not None:
        click.echo(
            f"Newer kinds of figures count since {iso(found.newer_since)}; --anew counts the past too."
        )
