"""When to try again.

In: a message's class, how many tries are spent, the instant. Out: the next instant, or None: give up.
Always true: the same message and try give the same answer (the jitter is a hash), and no retry lies at or
beyond the message's expiry.
"""

from slinga.kernel.clock import HOUR, MINUTE, Instant
from slinga.kernel.ids import chance

SCHEDULES: dict[str, tuple[int, ...]] = {
    "transactional": (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR),
    "marketing": (15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR),
}
"""Delays after each spent try; the last repeats until `WINDOWS` or the expiry ends it."""

WINDOWS = {"transactional": 24 * HOUR, "marketing": 72 * HOUR}
JITTER = 0.2
RESEND_AFTER = 15 * MINUTE
"""How long an `unknown` message waits for word from the receiver before a transactional one is resent."""


def next_try(
    message_class: str, key: str, tries: int, now: Instant, *, planned_at: Instant, expires_at: Instant
) -> Instant | None:
    """When to try next, after `tries` spent tries (0: none was counted); None when that is too late."""
    schedule = SCHEDULES[message_class]
    delay = schedule[min(max(tries, 1), len(schedule)) - 1]
    delay = round(delay * (1 + JITTER * (2 * chance("retry", key, tries) - 1)))
    due = now + delay
    return due if due < min(expires_at, max(planned_at, 0) + WINDOWS[message_class]) else None
