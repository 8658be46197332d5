"""The people about to be written to, and what of their log no worker has applied yet, many at once.

In: keys of people. Out: states as stored; pending inputs by person. Always true: reads only, in the
caller's transaction; one round trip per question, however many people.
"""

from collections.abc import Collection, Mapping

from slinga.ingest.log import read_rows
from slinga.ingest.model import Input
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import Db, Ints, Keys, statements

S = statements(__file__)
MOST_PENDING = 1000
"""Pending inputs looked at per person; who has more is a robot, or waits for a worker anyway."""


def states(db: Db, keys: Collection[str]) -> dict[str, bytes]:
    """The states of these people, as far as they are known."""
    rows = db.execute(S.states, {"buckets": Ints(map(bucket_of, keys)), "keys": Keys(keys)})
    return {key: bytes(state) for key, state in rows.fetchall()}


def pending(db: Db, applied: Mapping[str, int]) -> dict[str, list[Input]]:
    """What came in after the last input applied, by person, in order; people with nothing are left out."""
    found: dict[str, list[Input]] = {}
    asked = {
        "buckets": Ints(map(bucket_of, applied)),
        "people": Keys(applied),
        "seqs": Ints(applied.values()),
        "limit": MOST_PENDING,
    }
    for person, item in read_rows(db.execute(S.pending, asked)):
        found.setdefault(person, []).append(item)
    return found
