"""What an explanation reads: facts with their causes, publications, messages and their attempts.

Always true: nothing here writes; a person's rows are read by their bucket.
"""

from typing import Any

from slinga.explain.sent import Attempt, Sent
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.people.model import Fact, Recorded
from slinga.runtime.db import Db, Key, statements

S = statements(__file__)
NEWEST = 200
"""Messages of a person that are looked at."""


def snapshot(db: Db) -> None:
    """Make the transaction just begun read one state of the database, and only read."""
    db.execute(S.snapshot)


def facts(db: Db, person: str) -> list[Recorded]:
    """All facts of a key in the order in which they were written."""
    rows = db.execute(S.facts, {"bucket": bucket_of(person), "person": Key(person)})
    return [Recorded(person, seq, Fact(kind, name, at, body)) for seq, kind, name, at, body in rows]


def programs(db: Db) -> list[tuple[int, Instant]]:
    """(number, when it was published), by number."""
    return db.execute(S.programs).fetchall()


def message(db: Db, person: str, id: str) -> Sent | None:
    """One message of a person, or None."""
    row = db.execute(S.message, {"bucket": bucket_of(person), "id": Key(id)}).fetchone()
    return Sent(*row) if row else None


def messages(db: Db, person: str) -> list[Sent]:
    """The newest messages of a person."""
    values = {"bucket": bucket_of(person), "person": Key(person), "limit": NEWEST}
    return [Sent(*row) for row in db.execute(S.messages, values)]


def attempts(db: Db, sent: Sent) -> list[Attempt]:
    """The tries of a message, in order."""
    values = {"bucket": bucket_of(sent.person), "message": Key(sent.id)}
    return [Attempt(*row) for row in db.execute(S.attempts, values)]


def template_version(db: Db, program: int, key: str) -> int | None:
    """The version of a template under a program."""
    row = db.execute(S.template_version, {"number": program, "key": key}).fetchone()
    return None if row is None else row[0]


def program(
    db: Db, number: int
) -> tuple[str, list[dict[str, Any]], dict[tuple[str, str, int], dict[str, Any]]]:
    """(zone, parts, documents) of a program, to be compiled with something said otherwise."""
    row = db.execute(S.program, {"number": number}).fetchone()
    if row is None:
        return "", [], {}
    found = {
        (kind, key, version): document
        for kind, key, version, document in db.execute(S.documents, {"number": number})
    }
    return row[0], row[1], found
