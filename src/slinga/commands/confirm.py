"""`slinga confirm`: this installation, too, may send.

In: settings. Out: the installation's name, and the others that may send.
Always true: nothing waiting is thrown away or sent by this command itself; what the obligations journal
knows and the database does not is brought about first.
"""

import click

from slinga.commands.opened import opened
from slinga.delivery.book.store import key_maker
from slinga.kernel.errors import Conflict
from slinga.privacy.replay import replay
from slinga.runtime import instance, obligations, secrets


@click.command()
@click.option("--without-journal", is_flag=True, help="The obligations journal is lost: send all the same.")
def confirm(without_journal: bool) -> None:
    """Let this installation send: say so on the real one after a restore or a move, never on a copy."""
    with opened() as (settings, db):
        path = settings.journal_path
        lost = not path.exists() and obligations.journals(db) and instance.holds(db)
        if lost and not without_journal:
            raise Conflict(
                f"There is no obligations journal {path}, but the database had one: who said no since the "
                "backup is unknown. Put the file there, or name it in SLINGA_JOURNAL. If it is lost, say "
                "--without-journal."
            )
        keys = secrets.load(settings.data, settings.secret)
        replayed = 0 if without_journal else replay(db, path, key_maker(keys.key("addresses")))
        name = instance.confirm(db, settings)
        others = [other for other in instance.confirmed(db) if other != name]
    if replayed:
        click.echo(f"Replayed {replayed} obligations of {path}.")
    click.echo(f"This installation may send: {name}")
    for other in others:
        click.echo(f"So may: {other}")
