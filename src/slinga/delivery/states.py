"""The states of a message and the moves between them: the one table, also a document and a CHECK.

In: nothing. Out: `State`, `MOVES`. Always true: every write of a state in `store.sql` is a move listed
here, and docs/reference/delivery-states.md lists the same.

`dialling` is written, with a row of `attempt`, before the network is touched. Whatever is found there
after a crash may have arrived, so it becomes `unknown`, unless its courier's notes say that it was not begun:
then it waits again. `leased` is written by couriers of release 0.1 only; what one of them leaves there when
it is lost waits again too.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a message stands."""

    PLANNED = "planned"
    LEASED = "leased"
    DIALLING = "dialling"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RENDER_FAILED = "render_failed"


S = State
MOVES: dict[State, frozenset[State]] = {
    S.PLANNED: frozenset({S.LEASED, S.DIALLING, S.CANCELLED, S.EXPIRED, S.RENDER_FAILED}),
    S.LEASED: frozenset({S.DIALLING, S.PLANNED, S.DEFERRED, S.CANCELLED, S.EXPIRED, S.RENDER_FAILED}),
    S.DIALLING: frozenset({S.ACCEPTED, S.DEFERRED, S.REJECTED, S.UNKNOWN, S.EXPIRED}),
    S.DEFERRED: frozenset({S.LEASED, S.DIALLING, S.PLANNED, S.CANCELLED, S.EXPIRED, S.RENDER_FAILED}),
    S.UNKNOWN: frozenset({S.ACCEPTED, S.REJECTED, S.DEFERRED, S.EXPIRED}),
    S.ACCEPTED: frozenset(),
    S.REJECTED: frozenset(),
    S.CANCELLED: frozenset(),
    S.EXPIRED: frozenset(),
    S.RENDER_FAILED: frozenset(),
}
"""From each state, where a message may go next."""

OPEN = frozenset({S.PLANNED, S.LEASED, S.DIALLING, S.DEFERRED})
"""States of a message that is still on its way; all others are outcomes."""

OUTCOMES = frozenset(State) - OPEN
"""What a message can end as. A journey's sending is finished when planned = sum of these."""


def allowed(old: State, new: State) -> bool:
    """Whether a message may move from `old` to `new`."""
    return new in MOVES[old]
