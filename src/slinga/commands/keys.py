"""`slinga keys`: the API keys with which sites and servers send events.

In: what an operator asks. Out: a list, or a key's text.
Always true: a key's text is shown once, when it is made.
"""

from typing import Any

import click

from slinga.access import jobs
from slinga.access.scopes import EVERYTHING, SCOPES
from slinga.commands.opened import opened

_TRUST = {0: "claimed", 1: "signed", 2: "proven"}


@click.group()
def keys() -> None:
    """Make, list and withdraw API keys."""


@keys.command("add")
@click.argument("kind", type=click.Choice(["write", "secret"]))
@click.argument("source")
@click.option(
    "--trust",
    type=click.Choice(["claimed", "proven"]),
    help="What its facts are worth; claimed for a write key, proven for a secret one if not given.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(list(SCOPES)),
    help="What a secret key may do; repeat for several. Everything if not given.",
)
@click.option(
    "--origin", "origins", multiple=True, help="An origin that may send with it; repeat for several."
)
def add(kind: Any, source: str, trust: str | None, scopes: tuple[str, ...], origins: tuple[str, ...]) -> None:
    """Make a key for SOURCE and print it: this is the only time it is shown."""
    proven = trust == "proven" or (trust is None and kind == "secret")
    if scopes and kind == "write":
        raise click.UsageError("A write key sends events and nothing else; scopes are for secret keys.")
    with opened() as (_, db):
        text = jobs.add_key(
            db,
            kind,
            source,
            trust=2 if proven else 0,
            origins=origins,
            scopes=scopes or (EVERYTHING,),
        )
        click.echo(text)


@keys.command("list")
def list_keys() -> None:
    """All keys, oldest first."""
    with opened() as (_, db):
        found = jobs.keys(db)
    for key in found:
        state = "withdrawn" if key.withdrawn else _TRUST[key.trust]
        origins = f"  from {', '.join(key.origins)}" if key.origins else ""
        scopes = f"  may: {', '.join(key.scopes)}" if key.kind == "secret" else ""
        click.echo(f"{key.id:>4}  {key.kind:<6}  {key.hint:<14}  {state:<9}  {key.source}{origins}{scopes}")
    if not found:
        click.echo("There is no key yet: slinga keys add write website")


@keys.group()
def identity() -> None:
    """Public keys by which signed identity tokens of browsers are checked."""


@identity.command("add")
@click.argument("source")
@click.argument("file", type=click.File("r"))
@click.option("--required", is_flag=True, help="Browsers of this source name nobody without a token.")
def add_identity(source: str, file: Any, required: bool) -> None:
    """Check tokens of SOURCE with the public key in FILE (PEM: Ed25519, P-256 or RSA)."""
    with opened() as (_, db):
        number = jobs.add_identity_key(db, source, file.read(), required=required)
    click.echo(f"Identity key {number} checks the tokens of {source}; their audience is {source!r}.")


@identity.command("list")
def list_identity() -> None:
    """The identity keys in use."""
    with opened() as (_, db):
        found = jobs.identity_keys(db)
    for key in found:
        click.echo(
            f"{key.id:>4}  {key.algorithm:<6}  {'required' if key.required else 'optional'}  {key.source}"
        )
    if not found:
        click.echo("There is no identity key: slinga keys identity add website public.pem")


@identity.command("withdraw")
@click.argument("number", type=int)
def withdraw_identity(number: int) -> None:
    """Let identity key NUMBER prove nothing any more."""
    with opened() as (_, db):
        jobs.withdraw_identity_key(db, number)
    click.echo(f"Identity key {number} proves nothing any more.")


@keys.command()
@click.argument("number", type=int)
def withdraw(number: int) -> None:
    """Let key NUMBER of the list work no more."""
    with opened() as (_, db):
        jobs.withdraw_key(db, number)
    click.echo(f"Key {number} works no more.")
