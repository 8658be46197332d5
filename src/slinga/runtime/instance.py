"""Which installations may send: a copy of the database elsewhere never writes to anybody.

In: settings and a connection. Out: whether this installation is confirmed, and its name.
Always true: the first installation on a new database is confirmed by itself; any other - another machine,
another data directory, another database name - hands nothing to a provider until `slinga confirm` is run
there. Nothing is lost meanwhile: messages wait, and what waits too long expires.
"""

import socket

from slinga.runtime.db import Db, statements
from slinga.runtime.settings import Settings

S = statements(__file__)


def name_of(db: Db, settings: Settings) -> str:
    """This installation's name: SLINGA_INSTANCE, or host, data directory and database."""
    if settings.instance:
        return settings.instance
    (database,) = db.execute(S.place).fetchone() or ("",)
    return f"{socket.gethostname()} {settings.data.resolve()} {database}"


def admitted(db: Db, settings: Settings) -> bool:
    """Whether this installation may send; the first on a new database is confirmed here."""
    name = name_of(db, settings)
    db.execute(S.begin, {"name": name})
    return name in confirmed(db)


def confirmed(db: Db) -> list[str]:
    """The names of the installations that may send, oldest first; empty before the first has sent."""
    return [name for (name,) in db.execute(S.confirmed).fetchall()]


def confirm(db: Db, settings: Settings) -> str:
    """Let this installation send; its name."""
    name = name_of(db, settings)
    db.execute(S.confirm, {"name": name})
    return name
