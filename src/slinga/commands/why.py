"""`slinga why`: the proof of a decision.

In: a person, and perhaps a message or a journey. Out: readable lines, or JSON.
Always true: nothing is written and nothing is sent.
"""

import click
import msgspec

from slinga.commands.opened import opened
from slinga.explain import jobs
from slinga.explain.text import lines


@click.command()
@click.argument("person")
@click.option("--message", metavar="ID", help="Why they got this message, or what became of it.")
@click.option("--journey", metavar="KEY", help="Why they are in this journey, or are not.")
@click.option("--json", "as_json", is_flag=True, help="The proof as data, changes included.")
def why(person: str, message: str | None, journey: str | None, as_json: bool) -> None:
    """Show why PERSON got a message, or did not, and the smallest change that would have turned it.

    PERSON is an e-mail address, a phone number, an id, KIND:VALUE or a person's key. With neither --message
    nor --journey: segments, stages and journeys with one line of why each.
    """
    with opened() as (_, db):
        proof = jobs.why(db, person, message, journey)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(proof)).decode())
        return
    for line in lines(proof):
        click.echo(line)
