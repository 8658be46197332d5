"""What a restored database must still know: the table that is drained into the obligations journal.

In: an obligation, in the transaction of its effect. Out: a row, until the journal's file has it.
Always true: keys, keyed hashes and names of channels only; an effect and its obligation commit together.
"""

from typing import Any

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.runtime.db import Db, Json, at, statements

S = statements(__file__)
SUPPRESSION, WITHDRAWAL, ERASURE = KINDS = ("suppression", "withdrawal", "erasure")


class Obligation(msgspec.Struct, frozen=True):
    """One thing that stays forbidden, or gone. `id` orders those of one database only."""

    kind: str
    body: dict[str, Any]
    at: Instant
    id: int = 0


def note(db: Db, kind: str, *, occurred_at: Instant | None = None, **body: Any) -> None:
    """Keep an obligation beyond the database, in the caller's transaction, which brings its effect about.

    `kind` and its `body`, in hex where bytes are meant:
        suppression  address (the key of `delivery.book`), scope, reason
        withdrawal   person, channel, topic, action, source, address (or "")
        erasure      person, people (every key that was this person), addresses (the tombstones' hashes),
                     reason
    `occurred_at` None means now. Raises Invalid for another kind.
    """
    if kind not in KINDS:
        raise Invalid(f"{kind!r} is not one of {', '.join(KINDS)}", field="kind")
    db.execute(S.note, {"kind": kind, "body": Json(body), "at": at(occurred_at)})


def waiting(db: Db, limit: int) -> list[Obligation]:
    """The first that the file lacks, locked until the transaction ends; none while another drains."""
    rows = db.execute(S.waiting, {"limit": limit}).fetchall()
    return [Obligation(kind, body, when, id) for id, kind, body, when in rows]


def drained(db: Db, done: list[Obligation]) -> None:
    """The file has these."""
    db.execute(S.drained, {"ids": [each.id for each in done]})


def lag(db: Db) -> int:
    """How many obligations the file lacks."""
    (count,) = db.execute(S.lag).fetchone() or (0,)
    return int(count)
