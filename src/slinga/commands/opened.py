"""The database of a command that asks or tells something.

In: the environment. Out: settings and a connection, closed when the block ends.
Always true: works beside a running `slinga serve` and without one; pending migrations are refused by name.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from slinga.runtime.database import open_database, prepare, reach
from slinga.runtime.db import Db
from slinga.runtime.settings import Settings, load


def say(text: str) -> None:
    """One line about what goes on, not part of the answer."""
    click.echo(text, err=True)


@contextmanager
def opened() -> Iterator[tuple[Settings, Db]]:
    """The settings of the environment and a connection to their database."""
    settings = load(os.environ)
    with open_database(settings, say) as database:
        prepare(database, say)
        with reach(database.url) as db:
            yield settings, db
