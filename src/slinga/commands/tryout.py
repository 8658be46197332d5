"""`slinga try`: what a journey would do to one person.

In: a journey in force or a file with a draft, and a person. Out: lines with instants.
Always true: nothing is written and nothing is sent.
"""

from pathlib import Path

import click

from slinga.commands.opened import opened
from slinga.engine.jobs import Definition
from slinga.explain.trying.jobs import try_journey
from slinga.identity.identifiers import key_of
from slinga.kernel import yaml
from slinga.kernel.calendar import period
from slinga.kernel.clock import iso
from slinga.kernel.errors import Invalid

_QUIET = ("message", "send_key", "run", "key", "journey", "version", "witness", "trigger")


@click.command("try")
@click.argument("journey")
@click.option(
    "--person", required=True, metavar="KIND:VALUE", help="Such as user:anna or email:a@example.org."
)
@click.option("--for", "length", default="30d", show_default=True, help="How long to follow them.")
def try_(journey: str, person: str, length: str) -> None:
    """Show what JOURNEY, a key or a file with a draft, would do to a person who stays silent."""
    drafts: list[Definition] = []
    if Path(journey).is_file():
        document = yaml.load(Path(journey).read_text("utf-8"))
        if not isinstance(document, dict) or "key" not in document:
            raise Invalid(f"{journey} holds no journey", field="journey")
        journey = str(document["key"])
        drafts.append(Definition("journey", journey, document))
    kind, _, value = person.partition(":")
    if not value:
        raise Invalid(
            "write the person as user:ID, email:ADDRESS, phone:NUMBER or anonymous:ID", field="person"
        )
    with opened() as (_, db):
        tried = try_journey(db, drafts, journey, key_of(kind, value), period(length))
    for fact in tried.facts:
        rest = "  ".join(
            f"{name}={value}" for name, value in fact.body.items() if name not in _QUIET and value
        )
        click.echo(f"{iso(fact.at)}  {fact.kind:<14}  {rest}")
    click.echo(f"{len(tried.intents)} messages would go out. Nothing was written and nothing was sent.")
