"""The database of an installation: the operator's own, or the embedded one.

In: settings. Out: a connection string for as long as the block lasts.
Always true: what is started here is stopped here; a new embedded database gets its tables by itself, any
other pending migration is the operator's decision. The driver is loaded by whoever asks the database, so that
the supervisor, which only keeps it running, does without.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slinga.kernel.errors import Unavailable
from slinga.runtime.postgres import Run, Server, at_once, open_server
from slinga.runtime.settings import Settings

if TYPE_CHECKING:
    from slinga.runtime.db import Db

OLDEST = 160000
"""PostgreSQL 16.0, as `server_version_num` says it."""

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


def reach(url: str) -> "Db":
    """A connection. Raises Unavailable with the remedy when the server is away or too old."""
    import psycopg

    from slinga.runtime.db import connect

    try:
        db = connect(url)
    except psycopg.OperationalError as fault:
        raise Unavailable(
            f"The database cannot be reached: {str(fault).strip()}\n"
            "Check SLINGA_DATABASE_URL, or unset it to "
            "use the embedded database."
        ) from None
    if db.info.server_version < OLDEST:
        version = db.info.server_version // 10000
        db.close()
        raise Unavailable(f"This is PostgreSQL {version}; Slinga needs 16 or later.")
    return db


def prepare(database: Database, say: Say = lambda _: None) -> None:
    """Bring the tables of an embedded database up to this release; of another raise Conflict where they lag.

    The embedded server is ours alone while this process holds its data directory, so nobody of an older
    release can be at work on it; of a server's database others may be, and its operator chooses the moment.
    """
    from slinga.runtime.migrations import applied, migrate, pending, require_current

    with reach(database.url) as db:
        if database.server is not None and (waiting := pending(db)):
            if applied(db):
                say(
                    f"The tables are of an older release; {len(waiting)} migrations follow. "
                    "If you may want to go back, stop now and run: slinga backup"
                )
            migrate(db, say=say)
        require_current(db)
