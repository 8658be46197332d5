"""Instants and durations.

An `Instant` is an `int`: microseconds since 1970-01-01T00:00:00Z, the resolution of PostgreSQL's
timestamptz, so nothing is rounded on the way to the database or back. A duration is an `int` of
microseconds. Nothing here reads a clock: `now` is always an argument.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

Instant = int

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_datetime(value: datetime) -> Instant:
    """The instant of an aware datetime; a naive one is taken as UTC."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    passed = value - _EPOCH
    return passed.days * DAY + passed.seconds * SECOND + passed.microseconds


def to_datetime(value: Instant) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=value)


def instant(text: str) -> Instant:
    """The instant of an RFC 3339 or ISO 8601 text; without an offset it is UTC. Raises ValueError."""
    return from_datetime(datetime.fromisoformat(text))


def iso(value: Instant) -> str:
    """RFC 3339 text in UTC, to the millisecond when that is exact, else to the microsecond."""
    seconds, rest = divmod(value, SECOND)
    if rest % MILLISECOND == 0:
        return f"{_whole(seconds)}.{rest // MILLISECOND:03d}Z"
    return f"{_whole(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=1024)
def _whole(seconds: int) -> str:
    """The text of a whole second; much that is told at once happened within a few of them."""
    return to_datetime(seconds * SECOND).isoformat(timespec="seconds")[:19]
