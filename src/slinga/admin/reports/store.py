"""Where a journey's messages were refused.

In: a connection. Out: rows.
Always true: nothing here writes; the list has a limit.
"""

from collections.abc import Sequence

from slinga.runtime.db import Db, statements

S = statements(__file__)


def refused_at(db: Db, journey: str, versions: Sequence[int], nodes: Sequence[str]) -> list[tuple[str, int]]:
    """(domain, addresses that refused), the most first, of 10,000 at most."""
    asked = {"journey": journey, "versions": list(versions), "nodes": list(nodes)}
    return db.execute(S.refused_at, asked).fetchall()


def has_broadcast(db: Db, key: str) -> bool:
    """Whether there is such a broadcast, sent or not."""
    return bool((db.execute(S.has_broadcast, {"key": key}).fetchone() or (False,))[0])
