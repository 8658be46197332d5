"""Passwords as they are stored: argon2id, slow on purpose.

In: a password, a stored hash. Out: a hash; whether they belong together.
Always true: a check takes the same time whether there is a hash or not; the event loop never waits for one,
and no more than `AT_ONCE` run at the same time, whoever asks (each takes 19 MiB and a core for a moment).

Source: RFC 9106; the parameters are OWASP's least for argon2id (19 MiB, two passes, one lane).
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from slinga.access.passwords import normal
from slinga.kernel.errors import Unavailable

AT_ONCE, MOST_WAITING = 2, 32
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_pool = ThreadPoolExecutor(AT_ONCE, "passwords")
_places = threading.BoundedSemaphore(MOST_WAITING)
T = TypeVar("T")


def hashed(password: str) -> str:
    """The hash to store, with its salt and parameters. Slow: from a request by `beside`."""
    return _hasher.hash(normal(password))


def belongs(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a stored hash; without one it takes as long and is False. Slow."""
    against = stored or _nobodys()
    try:
        return _hasher.verify(against, normal(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's, so that a fresh one is due."""
    return _hasher.check_needs_rehash(stored)


async def beside(work: Callable[..., T], *given: object) -> T:
    """Run `hashed` or `belongs` beside the event loop. Raises Unavailable when too many wait already."""
    if not _places.acquire(blocking=False):
        raise Unavailable("Too many people sign in at this moment. Try again in a few seconds.")
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, work, *given)
    finally:
        _places.release()


@lru_cache
def _nobodys() -> str:
    """A hash that no password belongs to, for accounts that are not there."""
    return _hasher.hash("nobody's")


_nobodys()  # now, so that the first unknown account takes no longer than the second
