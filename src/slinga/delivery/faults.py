"""Named places where a test may kill the process.

In: `FAULT=point:n` in the environment of a test's own worker, through `arm`. Out: at the n-th passage of
the point the process ends as if by `kill -9`. Always true: without `arm` a point costs one dictionary
look-up, and no shipped command arms one.
"""

import os

POINTS = (
    "after_lease",
    "after_attempt",
    "after_mail",
    "after_rcpt",
    "mid_data",
    "after_dot",
    "after_reply",
    "before_settle_commit",
    "after_settle",
    "in_heartbeat",
    "in_recovery",
)
"""In the order of the send path."""

_left: dict[str, int] = {}


def arm(spec: str) -> None:
    """Arm one point, `name:n` with n from 1; an empty spec disarms all."""
    _left.clear()
    if spec:
        name, _, count = spec.partition(":")
        if name not in POINTS:
            raise ValueError(f"{name!r} is not one of {', '.join(POINTS)}")
        _left[name] = int(count or 1)


def armed() -> bool:
    """Whether any point is."""
    return bool(_left)


def point(name: str) -> None:
    """Pass a point."""
    if name in _left:
        _left[name] -= 1
        if _left[name] == 0:
            os._exit(137)
