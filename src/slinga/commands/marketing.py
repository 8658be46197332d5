"""`slinga marketing`: the one switch that stops all marketing, from the terminal.

In: what an operator asks. Out: how it stands.
Always true: transactional messages go on; nobody resumes without saying what becomes of what is late.
"""

import getpass
from typing import Any

import click

from slinga.commands.opened import opened
from slinga.delivery.holds import store as holds
from slinga.kernel.clock import iso
from slinga.kernel.errors import Invalid, Missing


@click.group()
def marketing() -> None:
    """Stop all marketing, and let it go again."""


@marketing.command()
@click.argument("reason", default="stopped from the terminal")
def stop(reason: str) -> None:
    """Let no marketing leave until it is resumed, for REASON; what is being sent now is finished."""
    with opened() as (_, db):
        holds.hold(db, holds.MARKETING, reason, getpass.getuser())
    click.echo("Marketing is stopped. Transactional messages go on. slinga marketing resume --late ...")


@marketing.command()
@click.option(
    "--late",
    type=click.Choice(["send", "skip", "expire"]),
    required=True,
    help="What fell due meanwhile: send all of it, skip all of it, or let expire what is stale.",
)
def resume(late: Any) -> None:
    """Let marketing go again."""
    with opened() as (_, db):
        if holds.held(db, holds.MARKETING) is None:
            click.echo("Marketing was not stopped.")
            return
        left_out = holds.resume(db, late)
    click.echo(f"Marketing goes again. {left_out} late messages were left out.")


@marketing.command("let-go")
@click.argument("key")
def let_go(key: str) -> None:
    """Let go of what is held by itself, such as a lane with too many complaints. `status` lists the KEYs.

    Complaints are counted anew from now; what waited is sent unless it has expired.
    """
    with opened() as (_, db):
        if key == holds.MARKETING:
            raise Invalid("The one switch is let go with: slinga marketing resume --late ...", field="key")
        if not holds.let_go(db, key, getpass.getuser()):
            raise Missing(f"{key} is not held; `slinga marketing status` lists what is", field="key")
    click.echo(f"{key} goes again.")


@marketing.command()
def status() -> None:
    """Whether marketing is stopped, and what waits because of it."""
    with opened() as (_, db):
        found = holds.held(db, holds.MARKETING)
        late = holds.late(db) if found is not None else []
        listed = [row for row in holds.listed(db) if row[0] != holds.MARKETING]
    if found is None:
        click.echo("Marketing is not stopped.")
    else:
        click.echo(f"Marketing is stopped since {iso(found[0])} by {found[2] or 'somebody'}: {found[1]}")
    for journey, count, oldest, stale in late:
        click.echo(f"  {journey}: {count} late since {iso(oldest)}, {stale} of them stale")
    for key, until, reason, detail in listed:
        click.echo(f"Held: {key} until {iso(until) if until else 'released'}: {reason} {detail}".rstrip())
