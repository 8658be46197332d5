"""`slinga quarantine`: items that were refused, and taking them in after the cause is mended.

In: what an operator asks. Out: a list, or what came of a replay.
Always true: an item is taken in once; one that is still refused stays where it is, with its reason.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from slinga.commands.opened import opened
from slinga.identity.identifiers import refer
from slinga.ingest import store
from slinga.ingest.store import Quarantined
from slinga.kernel.clock import iso
from slinga.kernel.errors import Conflict, Invalid
from slinga.runtime.db import Db

_PAGE = 500


@click.group()
def quarantine() -> None:
    """List refused items, and take them in again."""


@quarantine.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was taken in later.")
@click.option("--limit", default=50, show_default=True, help="How many, newest first.")
def list_items(everything: bool, limit: int) -> None:
    """Refused items, newest first."""
    with opened() as (_, db):
        found = store.quarantined(db, only_open=not everything, limit=limit)
    for item in found:
        done = f"  (taken in {iso(item.replayed_at)})" if item.replayed_at is not None else ""
        where = f" at {item.field}" if item.field else ""
        click.echo(f"{item.id:>6}  {iso(item.received_at)}  {item.source}  {item.reason}{where}{done}")
        click.echo(f"        {item.remedy}")
    if not found:
        click.echo("Nothing lies in the quarantine.")


@quarantine.command()
@click.argument("number", type=int)
def show(number: int) -> None:
    """The bytes of item NUMBER as they came; save and mend them for `replay --with`."""
    with opened() as (_, db):
        found = store.quarantined(db, only_open=False, limit=1, before=number + 1)
    if not found or found[0].id != number:
        raise Invalid(f"Nothing with the number {number} lies in the quarantine.")
    click.echo(found[0].payload)


@quarantine.command()
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that lies there.")
@click.option("--reason", default="", help="With --all: only items refused for this reason.")
@click.option("--with", "mended", type=click.Path(exists=True, path_type=Path), help="The mended item, JSON.")
def replay(numbers: tuple[int, ...], everything: bool, reason: str, mended: Path | None) -> None:
    """Take items in again after the cause was mended, at their own times."""
    if bool(numbers) == everything:
        raise Invalid("Name items by number, or all of them with --all.", field="numbers")
    if mended is not None and len(numbers) != 1:
        raise Invalid("A mended item replaces one number.", field="with")
    payload = mended.read_bytes() if mended is not None else None
    if payload is not None:
        try:
            json.loads(payload)
        except ValueError as fault:
            raise Invalid(f"{mended} is not JSON: {fault}", field="with") from None
    taken = refused = 0
    with opened() as (_, db):
        chosen = (
            list(numbers) if numbers else [item.id for item in _waiting(db) if reason in ("", item.reason)]
        )
        for number in sorted(chosen):
            try:
                drop = store.replay(db, number, refer, payload=payload)
            except Conflict as fault:
                click.echo(f"{number}: {fault.message}")
                refused += 1
                continue
            if drop is None:
                taken += 1
                continue
            refused += 1
            click.echo(f"{number}: {drop.reason}{f' at {drop.field}' if drop.field else ''}. {drop.remedy}")
    click.echo(f"{taken} taken in, {refused} still refused.")


def _waiting(db: Db) -> Iterator[Quarantined]:
    before = 2**62
    while page := store.quarantined(db, limit=_PAGE, before=before):
        yield from page
        before = page[-1].id
