"""How many people there are, roughly.

In: a connection. Out: a count. Always true: nothing here writes or reads everybody.
"""

from slinga.runtime.db import Db, statements

S = statements(__file__)


def about(db: Db) -> int:
    """About how many people there are; exact below ten thousand."""
    (few,) = db.execute(S.few).fetchone() or (0,)
    if few < 10_000:
        return int(few)
    (guess,) = db.execute(S.about).fetchone() or (0,)
    return max(int(guess), 10_000)


def be_patient(db: Db) -> None:
    """Give up what takes longer than five seconds, until the transaction ends."""
    db.execute(S.patience)
