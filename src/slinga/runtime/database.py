"""The database of an installation asked: reached, and its tables made.

In: a database that runs, or its connection string. Out: a connection.
Always true: an embedded database is brought up to this release by itself, any other pending migration is the
operator's decision.
"""

from collections.abc import Callable

import psycopg

from slinga.kernel.errors import Unavailable
from slinga.runtime.db import Db, connect
from slinga.runtime.migrations import applied, migrate, pending, require_current
from slinga.runtime.opening import Database, open_database

__all__ = ["OLDEST", "Database", "open_database", "prepare", "reach"]

OLDEST = 160000
"""PostgreSQL 16.0, as `server_version_num` says it."""

Say = Callable[[str], None]


def reach(url: str) -> Db:
    """A connection. Raises Unavailable with the remedy when the server is away or too old."""
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
    with reach(database.url) as db:
        if database.server is not None and (waiting := pending(db)):
            if applied(db):
                say(
                    f"The tables are of an older release; {len(waiting)} migrations follow. "
                    "If you may want to go back, stop now and run: slinga backup"
                )
            migrate(db, say=say)
        require_current(db)
