"""Which installations may send: a copy of the database elsewhere never writes to anybody.

In: settings and a connection. Out: whether this installation is confirmed, and its name.
Always true: the first installation on a new database is confirmed by itself; any other - another machine,
another data directory, another database name - hands nothing to a provider until `slinga confirm` is run
there. A restored or moved database holds everybody, the first installation too. Nothing is lost meanwhile:
messages wait, and what waits too long expires.
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
    return not holds(db) and name in confirmed(db)


def confirmed(db: Db) -> list[str]:
    """The names of the installations that may send, oldest first; empty before the first has sent."""
    return [name for (name,) in db.execute(S.confirmed).fetchall()]


def holds(db: Db) -> list[str]:
    """Why nobody may send, oldest reason first; empty where nothing stands against it."""
    return [why for (why,) in db.execute(S.holds).fetchall()]


def hold(db: Db, why: str, *, forget: bool = False) -> None:
    """Let nobody send until a person confirms. `forget`: the installations known so far are others' now."""
    with db.transaction():
        if forget:
            db.execute(S.forget_installations)
        db.execute(S.hold, {"why": why})


def confirm(db: Db, settings: Settings) -> str:
    """Let this installation send, whatever held it; its name."""
    name = name_of(db, settings)
    with db.transaction():
        db.execute(S.release)
        db.execute(S.confirm, {"name": name})
    return name
