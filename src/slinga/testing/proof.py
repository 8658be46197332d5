"""After a test: the invariants of the database it leaves behind.

In: a connection to a whole Slinga. Out: nothing, or AssertionError that names what is broken.
Always true: the same library that `slinga doctor --invariants` runs in production.
"""

from collections.abc import Callable, Sequence

from slinga.engine.jobs import Programs
from slinga.invariants.jobs import ALL, check
from slinga.invariants.model import Finding
from slinga.runtime.db import Db
from slinga.segments.store import matching


def findings(
    db: Db,
    *,
    memberships: bool = True,
    key_of: Callable[[str], bytes] | None = None,
    buckets: Sequence[int] = ALL,
) -> list[Finding]:
    """What was found of each invariant; with `memberships` the segments are asked again by the set query."""
    program = Programs().current(db)
    return check(db, program, matching if memberships else None, key_of=key_of, buckets=buckets)


def prove(db: Db, *, memberships: bool = True, key_of: Callable[[str], bytes] | None = None) -> None:
    """Fail unless every invariant holds."""
    broken = [one for one in findings(db, memberships=memberships, key_of=key_of) if not one.holds]
    assert not broken, "\n".join(
        f"{one.code} {one.title}: broken {one.broken} times, such as {'; '.join(one.examples)}"
        for one in broken
    )
