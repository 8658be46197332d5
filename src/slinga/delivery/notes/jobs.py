"""Taking over from couriers that are gone.

In: the outbox, and the folder in which this machine's couriers note what they begin. Out: messages that wait
again or are `unknown`. Always true: what may have been handed over is `unknown`, never sent again by itself
where it is marketing; a courier's notes are kept until nothing of its messages is open.
"""

from pathlib import Path

from slinga.delivery import store
from slinga.delivery.notes import store as notes
from slinga.runtime.db import Db


def take_over(db: Db, folder: Path | None) -> store.Recovered:
    """Up to 1,000 messages; `folder` None: no notes are kept, only leases tell."""
    gone = notes.gone(folder) if folder else {}
    found = store.recover(db, gone)
    if folder and gone:
        notes.forget(folder, store.at_rest(db, gone))
    return found
