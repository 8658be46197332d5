"""`slinga messages`: how messages stand, and the operator's word on those nobody knows of.

In: what an operator asks, after a look into the receiver's log. Out: counts, lists, moves.
Always true: marketing in doubt is sent again only when somebody says so here.
"""

import re

import click

from slinga.commands.opened import opened
from slinga.delivery import store as outbox
from slinga.delivery.doubt import store as doubt
from slinga.delivery.states import State
from slinga.kernel.clock import iso
from slinga.kernel.errors import Invalid, Missing

_ID = re.compile(r"[0-9a-f]{32}\Z")


@click.group()
def messages() -> None:
    """Messages by state, and those of which nobody knows whether they arrived."""


@messages.command()
@click.option("--journey", default=None, help="Only those of one journey.")
def count(journey: str | None) -> None:
    """How many messages stand in each state."""
    with opened() as (_, db):
        found = outbox.counts(db, journey=journey)
    for state, number in sorted(found.by_state.items(), key=lambda each: -each[1]):
        click.echo(f"{number:>10}  {state}")
    click.echo(f"{found.planned:>10}  planned in all, {found.open} still on their way")


@messages.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--resend", is_flag=True, help="Send them once more, though they may arrive twice.")
@click.option(
    "--settle",
    type=click.Choice(["accepted", "rejected"]),
    help="What the receiver's log says became of them.",
)
@click.option("--limit", default=50, show_default=True, help="How many to list.")
def unknown(ids: tuple[str, ...], everything: bool, resend: bool, settle: str | None, limit: int) -> None:
    """Messages that may have arrived: list them, or say what is to become of IDS."""
    if not resend and settle is None:
        if ids or everything:
            raise Invalid("Say what is to become of them: --resend or --settle.", field="resend")
        _list(limit)
        return
    if resend and settle is not None:
        raise Invalid("Either --resend or --settle.", field="settle")
    if bool(ids) == everything:
        raise Invalid("Name messages by id, or all of them with --all.", field="ids")
    for each in ids:
        if not _ID.match(each):
            raise Invalid(f"{each!r} is no message id; `slinga messages unknown` lists them.", field="ids")
    chosen = None if everything else ids
    with opened() as (_, db):
        there = doubt.find(db, chosen)
        missing = sorted(set(ids) - {message for _, message in there})
        if missing:
            raise Missing(f"Message {missing[0]} is not in doubt. Nothing was done.")
        if resend:
            done = doubt.resend(db, chosen)
            click.echo(f"{done} messages are sent once more.")
            return
        state = State(settle or "")
        done = sum(outbox.confirm(db, bucket, message, state, "by_operator") for bucket, message in there)
    click.echo(f"{done} messages are {settle}.")


def _list(limit: int) -> None:
    with opened() as (_, db):
        found = doubt.uncertain(db, limit)
    for each in found:
        click.echo(
            f"{each.id}  {iso(each.changed_at)}  {each.message_class}  {each.journey}/{each.template}  "
            f"{each.address}  {each.reason}"
        )
    if not found:
        click.echo("No message is in doubt.")
