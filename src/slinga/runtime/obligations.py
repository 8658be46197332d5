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
KINDS = ("suppression", "lifted", "withdrawal", "erasure", "mark")
SUPPRESSION, LIFTED, WITHDRAWAL, ERASURE, MARK = KINDS


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
        lifted       address, scope: a suppression that a member of the team took back
        withdrawal   person, channel, topic, action, source, address (or "")
        erasure      person, people (every key that was this person), addresses (the tombstones' hashes),
                     reason
        mark         nothing: time goes on, by which a database that went back in time is known
    `occurred_at` None means now. Raises Invalid for another kind.
    """
    if kind not in KINDS:
        raise Invalid(f"{kind!r} is not one of {', '.join(KINDS)}", field="kind")
    db.execute(S.note, {"kind": kind, "body": Json(body), "at": at(occurred_at)})


def replaying(db: Db) -> None:
    """What the rest of this transaction brings about stands in the journal already: note nothing."""
    db.execute(S.replaying)


def known(db: Db, name: str) -> tuple[int, str]:
    """(line, hash) up to which this database knows the journal of that name; (0, "") when it never met it."""
    row = db.execute(S.known, {"name": name}).fetchone() or (0, "")
    return int(row[0]), str(row[1])


def journals(db: Db) -> list[str]:
    """The names of the journals that this database knows."""
    return [name for (name,) in db.execute(S.journals).fetchall()]


def know(db: Db, name: str, n: int, hash: str) -> None:
    """Remember, in the transaction that made it true, how far this database knows a journal."""
    db.execute(S.know, {"name": name, "n": n, "hash": hash})


def one_at_a_time(db: Db) -> None:
    """Let nobody else bring file and table together until the transaction ends."""
    db.execute(S.one_at_a_time)


def try_alone(db: Db) -> bool:
    """As `one_at_a_time`, but False where somebody is at it."""
    return db.execute(S.try_alone).fetchone() == (True,)


def waiting(db: Db, limit: int) -> list[Obligation]:
    """The first that the file lacks."""
    rows = db.execute(S.waiting, {"limit": limit}).fetchall()
    return [Obligation(kind, body, when, id) for id, kind, body, when in rows]


def drained(db: Db, done: list[Obligation]) -> None:
    """The file has these."""
    db.execute(S.drained, {"ids": [each.id for each in done]})


def lag(db: Db) -> int:
    """How many obligations the file lacks."""
    (count,) = db.execute(S.lag).fetchone() or (0,)
    return int(count)
