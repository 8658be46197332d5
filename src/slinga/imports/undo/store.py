"""Statements that take an import out of every table it reached: like an erasure, across all stages.

Always true: each runs in the caller's transaction, in which the lanes concerned are locked.
"""

from collections.abc import Sequence

from slinga.engine.model import FORMAT, Person, decode, encode
from slinga.kernel.ids import bucket_of
from slinga.people.model import Fact, Recorded
from slinga.runtime.db import At, Db, Key, at, statements

S = statements(__file__)
LAST = 2**62


def touched(db: Db, bucket: int, number: int, source: str) -> list[tuple[str, str | None, bool]]:
    """(key, whom it forwards to, whether they lived apart from the import) of a bucket."""
    asked = {"bucket": bucket, "import": number, "source": source}
    return db.execute(S.touched, asked).fetchall()


def lock(db: Db, buckets: Sequence[int]) -> None:
    """Keep workers from these lanes until the transaction ends; waits for those at work."""
    db.execute(S.lock, {"buckets": sorted(set(buckets))})


def still_dead(db: Db, bucket: int, source: str, people: Sequence[str]) -> list[str]:
    """Of these people, those whose log holds nothing but the import."""
    asked = {"bucket": bucket, "source": source, "people": [Key(key) for key in people]}
    return [row[0] for row in db.execute(S.still_dead, asked).fetchall()]


def drop(db: Db, bucket: int, people: Sequence[str], *, until: int = LAST) -> None:
    """Remove people of a bucket from the engine's and the ledger's tables, and their log up to an input."""
    asked = {"bucket": bucket, "people": [Key(key) for key in people], "until": until}
    for text in (S.drop_inputs, S.drop_people, S.drop_facts, S.drop_parked, S.drop_consents, S.drop_before):
        db.execute(text, asked)


def state(db: Db, person: str) -> Person | None:
    """A person's state, not through forwarders."""
    asked = {"bucket": bucket_of(person), "people": [Key(person)]}
    row = db.execute(S.states, asked).fetchone()
    return None if row is None else decode(row[1])


def before(db: Db, person: str) -> dict[int, Person]:
    """How a person was before each import that found them there."""
    asked = {"bucket": bucket_of(person), "person": Key(person)}
    return {number: decode(found) for number, found, _ in db.execute(S.before, asked).fetchall()}


def facts(db: Db, person: str) -> list[Recorded]:
    """What was recorded of a person, oldest first, with what caused it."""
    asked = {"bucket": bucket_of(person), "person": Key(person)}
    return [
        Recorded(person, seq, Fact(kind, name, when, body))
        for seq, kind, name, when, body in db.execute(S.facts, asked).fetchall()
    ]


def drop_some(db: Db, person: str, seqs: Sequence[int]) -> None:
    """Remove inputs of a person and the facts that came of them."""
    asked = {"bucket": bucket_of(person), "person": Key(person), "seqs": list(seqs)}
    db.execute(S.drop_some_inputs, asked)
    db.execute(S.drop_some_facts, asked)


def save(db: Db, person: Person) -> None:
    """Write a person's state in place of the present one."""
    db.execute(
        S.save,
        {
            "bucket": bucket_of(person.key),
            "person": Key(person.key),
            "state": encode(person),
            "format": FORMAT,
            "program": person.program,
            "wake_at": at(person.wake_at),
            "created_at": At(person.created_at),
        },
    )


def save_before(db: Db, number: int, person: Person) -> None:
    """Remember how a person is before a later import, now without this one; nobody is nothing to remember."""
    asked = {"bucket": bucket_of(person.key), "person": Key(person.key), "import": number}
    if person.at:
        db.execute(S.save_before, {**asked, "state": encode(person), "format": FORMAT})
    else:
        db.execute(S.forget_before, asked)


def forget(db: Db, number: int, bucket: int) -> None:
    """Forget what an import took in and how people of a bucket were before."""
    asked = {"bucket": bucket, "import": number}
    db.execute(S.forget_all_before, asked)
    db.execute(S.forget_content, asked)


def forget_suppressions(db: Db, number: int) -> None:
    """Forget which suppressions were the import's."""
    db.execute(S.forget_suppressions, {"import": number})
