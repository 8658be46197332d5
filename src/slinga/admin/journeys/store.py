"""Questions about runs: read-only, over facts.

In: a connection. Out: counts.
Always true: nothing here writes.
"""

from slinga.runtime.db import Db, statements

S = statements(__file__)


def runs(db: Db) -> dict[str, dict[str, int]]:
    """Journey -> kind of fact -> how many."""
    out: dict[str, dict[str, int]] = {}
    for name, kind, count in db.execute(S.runs).fetchall():
        out.setdefault(name, {})[kind] = count
    return out
