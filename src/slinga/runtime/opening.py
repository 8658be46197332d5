"""The database of an installation running: the operator's own, or the embedded one.

In: settings. Out: a connection string for as long as the block lasts.
Always true: what is started here is stopped here. The driver is not loaded, so that the supervisor and the
web's listener, which only keep things running, do without its twelve megabytes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from slinga.runtime.postgres import Run, Server, at_once, open_server
from slinga.runtime.settings import Settings

Say = Callable[[str], None]


@dataclass
class Database:
    """Where the database is; `server` when it is the embedded one."""

    url: str
    server: Server | None


@contextmanager
def open_database(
    settings: Settings, say: Say = lambda _: None, *, attach: bool = True, run: Run = at_once
) -> Iterator[Database]:
    """The database, running. With `attach` false another living Slinga on it is a Conflict.

    `run` runs what asks it while it is opened.
    """
    if settings.database_url:
        yield Database(settings.database_url, None)
        return
    with open_server(settings.data, say=say, attach=attach, run=run) as server:
        yield Database(server.url, server)
