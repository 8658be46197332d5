"""Where a journey's messages were refused, and came back from.

In: a connection. Out: rows.
Always true: nothing here writes; the list has a limit.
"""

from collections.abc import Sequence

from slinga.runtime.db import Db, statements

S = statements(__file__)


def bounced_at(
    db: Db, journey: str, versions: Sequence[int], nodes: Sequence[str]
) -> list[tuple[str, int, int]]:
    """(domain, refused at once, sent back later), the most first, of the newest 10,000 of either at most."""
    asked = {"journey": journey, "versions": list(versions), "nodes": list(nodes)}
    return db.execute(S.bounced_at, asked).fetchall()


def has_broadcast(db: Db, key: str) -> bool:
    """Whether there is such a broadcast, sent or not."""
    return bool((db.execute(S.has_broadcast, {"key": key}).fetchone() or (False,))[0])
