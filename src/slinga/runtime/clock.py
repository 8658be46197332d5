"""The store of the virtual clock: one row that `slinga_now()` reads.

In: a connection. Out: the present instant of the workspace, and moves of it.
Always true: once anything has happened, time never goes back (an empty workspace may begin in the past);
moving it wakes nobody by itself, the engine then drains what fell due.
"""

from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.runtime.db import At, Db, statements

S = statements(__file__)


def now(db: Db) -> Instant:
    """The workspace's present instant."""
    (value,) = db.execute(S.now).fetchone() or (0,)
    return int(value)


def shift(db: Db) -> int:
    """How far the virtual clock is ahead of the real one, in microseconds; meaningless while frozen."""
    (value,) = db.execute(S.shift).fetchone() or (0,)
    return int(value)


def frozen(db: Db) -> bool:
    """Whether time stands still."""
    return db.execute(S.frozen).fetchone() == (True,)


def freeze(db: Db, at: Instant | None = None) -> Instant:
    """Stop time at an instant (now by default). Raises Invalid for an instant in the past."""
    (value,) = db.execute(S.freeze, {"at": None if at is None else At(at)}).fetchone() or (None,)
    if value is None:
        raise Invalid("Time cannot go back: people's histories would contradict each other.", field="at")
    return int(value)


def thaw(db: Db) -> None:
    """Let a frozen clock run on from where it stands."""
    db.execute(S.thaw)


def move(db: Db, by: int) -> Instant:
    """Go forward by microseconds, frozen or running; the new instant. Raises Invalid for a negative step."""
    if by < 0:
        raise Invalid("Time cannot go back.", field="by")
    (value,) = db.execute(S.move, {"by": by}).fetchone() or (0,)
    return int(value)


def move_to(db: Db, at: Instant) -> Instant:
    """Go forward to an instant, frozen or running. Raises Invalid for an instant in the past."""
    return move(db, at - now(db))


def real_skew_ms(db: Db, here: Instant) -> int:
    """How many milliseconds the database's real clock is ahead of `here`."""
    (value,) = db.execute(S.skew, {"here": At(here)}).fetchone() or (0,)
    return int(value)
