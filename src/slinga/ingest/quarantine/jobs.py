"""Take refused items in again.

In: a connection, a number, mended bytes if there are any. Out: None, or the Drop where it is still refused.
Always true: an item is taken in once, at its own time.
"""

from slinga.ingest import store
from slinga.ingest.model import Drop
from slinga.ingest.steps import Refer
from slinga.runtime.db import Db


def replay(db: Db, number: int, refer: Refer, *, payload: bytes | None = None) -> Drop | None:
    """Send one item through the door again. Raises Missing, Conflict where it was taken in before."""
    return store.replay(db, number, refer, payload=payload)
