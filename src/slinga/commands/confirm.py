"""`slinga confirm`: this installation, too, may send.

In: settings. Out: the installation's name, and the others that may send.
Always true: nothing waiting is thrown away or sent by this command itself.
"""

import click

from slinga.commands.opened import opened
from slinga.runtime import instance


@click.command()
def confirm() -> None:
    """Let this installation send: say so on the real one after it moved, never on a copy."""
    with opened() as (settings, db):
        name = instance.confirm(db, settings)
        others = [other for other in instance.confirmed(db) if other != name]
    click.echo(f"This installation may send: {name}")
    for other in others:
        click.echo(f"So may: {other}")
