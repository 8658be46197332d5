"""The row of the bounce mailbox.

In: a connection. Out: a row. Always true: the password comes and goes sealed.
"""

from typing import Any

from slinga.delivery.inbox.model import BounceBox
from slinga.runtime.db import Db, statements

S = statements(__file__)


def box(db: Db) -> tuple[Any, ...] | None:
    """(host, port, user, sealed password, folder, done, every, when, by whom)."""
    return db.execute(S.box).fetchone()


def save_box(db: Db, box: BounceBox, sealed: bytes, by: str) -> None:
    """Keep the mailbox in place of the one before."""
    values: dict[str, Any] = {"host": box.host, "port": box.port, "user": box.user, "password": sealed}
    values |= {"folder": box.folder, "done": box.done, "every": box.every, "by": by}
    db.execute(S.save_box, values)


def forget_box(db: Db) -> bool:
    """Have no mailbox any more; whether there was one."""
    return db.execute(S.forget_box).rowcount > 0
