"""Keep and find the bounce mailbox.

In: a connection, the installation's secrets. Out: `KeptBox`.
Always true: the password lies sealed in the database; only whoever has the secret reads it.
"""

import msgspec

from slinga.delivery.inbox import store
from slinga.delivery.inbox.model import BounceBox
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Conflict
from slinga.runtime.db import Db
from slinga.runtime.secrets import Secrets

PASSWORD = "bounce mailbox password"


class KeptBox(msgspec.Struct, frozen=True):
    """The mailbox as it was saved: when and by whom. `lost`: its password cannot be read any more."""

    box: BounceBox
    at: Instant
    by: str
    lost: bool = False


def find(db: Db, secrets: Secrets) -> KeptBox | None:
    """The mailbox that was set at the desk."""
    row = store.box(db)
    if row is None:
        return None
    host, port, user, sealed, folder, done, every, at, by = row
    try:
        password, lost = secrets.unseal(PASSWORD, bytes(sealed)).decode(), False
    except Conflict:
        password, lost = "", True
    return KeptBox(BounceBox(host, port, user, password, folder, done, every), at, by, lost)


def save(db: Db, secrets: Secrets, box: BounceBox, by: str) -> None:
    """Read bounces in this mailbox from now on."""
    store.save_box(db, box, secrets.seal(PASSWORD, box.password.encode()), by)


def forget(db: Db) -> bool:
    """Have no mailbox any more; whether there was one."""
    return store.forget_box(db)
