"""What `slinga doctor --invariants` asks and prints.

In: the environment. Out: one line for each invariant, what breaks it below; whether all hold.
Always true: it only reads, in one snapshot, while Slinga works.
"""

import click
from rich.progress import Progress

from slinga.commands.opened import opened
from slinga.delivery.book.store import key_maker
from slinga.engine.jobs import Programs
from slinga.invariants.jobs import ALL, check, sample
from slinga.runtime import secrets
from slinga.segments.store import matching

SAMPLE = 20_000
"""About how many people are compared unless all are asked for."""


def tell(*, everybody: bool) -> bool:
    """Ask and print; whether every invariant holds. Raises Unavailable where the database is down."""
    with opened() as (settings, db), Progress(transient=True) as bar:
        task = bar.add_task("looking", total=1.0)
        findings = check(
            db,
            Programs().current(db),
            matching,
            key_of=key_maker(secrets.load(settings.data, settings.secret).key("addresses")),
            buckets=ALL if everybody else sample(db, SAMPLE),
            progress=lambda share: bar.update(task, completed=share),
        )
    for one in findings:
        mark, what = ("ok  ", "looked at") if one.holds else ("BAD ", f"{one.broken} of")
        click.echo(f"{mark} {one.code}: {one.title} ({what} {one.looked_at:,})")
        for example in one.examples:
            click.echo(f"     {example}")
    return all(one.holds for one in findings)
