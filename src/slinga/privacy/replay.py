"""Bring about again what the journal knows and a restored database does not.

In: a database that nobody else works on, its journal. Out: how many obligations were brought about.
Always true: what stands already is left alone, so replaying twice, or after a crash, does no harm; the
database remembers each portion in the transaction that replays it.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from slinga.delivery.book.jobs import suppress, unsuppress
from slinga.kernel.errors import Conflict
from slinga.people.log import STOPS, Consent, ledger, record
from slinga.privacy import journal
from slinga.privacy.erase import KeyOf, again
from slinga.privacy.journal import Line
from slinga.runtime import obligations
from slinga.runtime.db import Db
from slinga.runtime.obligations import ERASURE, LIFTED, SUPPRESSION, WITHDRAWAL

_PORTION = 200


def missing(db: Db, path: Path) -> int:
    """How many lines of the journal the database does not know; 0 where there is no journal."""
    end = journal.tail(path)
    return max(0, end.n - obligations.known(db, end.name)[0]) if end.n else 0


def replay(
    db: Db, path: Path, key_of: KeyOf, *, progress: Callable[[int, int], object] = lambda _, __: None
) -> int:
    """Apply the lines that the database does not know, in order; how many. `progress` gets (done, total).

    Raises Conflict when the journal is damaged, or is not the one that the database knows: another
    installation's, or one that was put back from a copy.
    """
    end = journal.tail(path)
    if not end.n:
        return 0
    from_n, from_hash = obligations.known(db, end.name)
    if from_n > end.n:
        raise Conflict(
            f"The journal {path} ends at line {end.n}, but the database knows {from_n} lines of it: the file "
            "was put back from an older copy. Put the newest copy there."
        )
    lines = journal.read(path)
    for line in islice(lines, from_n):
        if line.n == from_n and line.hash != from_hash:
            raise Conflict(f"Line {from_n} of the journal {path} is not the one that the database knows.")
    done = 0
    while some := list(islice(lines, _PORTION)):
        with db.transaction():
            obligations.one_at_a_time(db)
            obligations.replaying(db)
            for line in some:
                _apply(db, line, key_of)
            obligations.know(db, end.name, some[-1].n, some[-1].hash)
        done += len(some)
        progress(done, end.n - from_n)
    return done


def _apply(db: Db, line: Line, key_of: KeyOf) -> None:
    body = line.body
    if line.kind == SUPPRESSION:
        suppress(db, bytes.fromhex(body["address"]), body["scope"], body["reason"], detail="journal")
    elif line.kind == LIFTED:
        unsuppress(db, bytes.fromhex(body["address"]), body["scope"])
    elif line.kind == WITHDRAWAL:
        _withdraw(db, line)
    elif line.kind == ERASURE:
        again(db, _people(body), [bytes.fromhex(each) for each in body.get("addresses", ())], key_of=key_of)


def _people(body: dict[str, list[str]]) -> Sequence[str]:
    return sorted({*body.get("people", ()), str(body["person"])})


def _withdraw(db: Db, line: Line) -> None:
    """Record the no, unless the ledger has it, or has a later word of the person's on the same matter."""
    body = line.body
    for row in ledger(db, [body["person"]]):
        same = (row.channel, row.topic) == (body["channel"], body["topic"])
        if same and row.action in STOPS and row.occurred_at >= line.at:
            return
    entry = Consent(
        body["person"],
        body["channel"],
        body["topic"],
        body["action"],
        source=body["source"],
        address_hash=body["address"],
        evidence={"journal": line.n},
        occurred_at=line.at,
    )
    record(db, [entry])
