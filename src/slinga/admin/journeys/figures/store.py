"""Names of people on one page.

In: keys. Out: names. Always true: nothing here writes.
"""

from collections.abc import Sequence

from slinga.kernel.ids import bucket_of
from slinga.runtime.db import Db, Key, statements

S = statements(__file__)


def names(db: Db, people: Sequence[str]) -> dict[str, str]:
    """What to call each of these people; an address, a name, or "" for somebody unknown."""
    asked = {"buckets": [bucket_of(key) for key in people], "people": [Key(key) for key in people]}
    found = {}
    for key, email, first, last, _identified in db.execute(S.names, asked).fetchall():
        found[str(key)] = email or " ".join(filter(None, (first, last)))
    return found
