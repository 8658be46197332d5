"""The statements of export and erasure: they reach every table, by the list in `tables`.

In: people's keys, keyed hashes of addresses. Out: rows, counts.
Always true: table and column names come from `tables` alone; every function runs in the caller's transaction.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from psycopg import sql
from psycopg.errors import LockNotAvailable

from slinga.engine.model import FORMAT, Newer, Person, decode
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Unavailable
from slinga.kernel.ids import KINDS, bucket_of
from slinga.privacy.tables import Table
from slinga.runtime.db import At, Db, Json, Key, statements

S = statements(__file__)
_WHOM = sql.SQL("unnest(%(buckets)s::smallint[], %(keys)s::uuid[]) AS whom (bucket, key)")


class Erasure(msgspec.Struct, frozen=True):
    """The record of an erasure. `proof` tells rows by table, and length and last hash of each ledger."""

    id: int
    at: Instant
    reason: str
    by: str
    people: int
    proof: dict[str, Any]
    readmitted_at: Instant | None = None


def whom(keys: Sequence[str]) -> dict[str, Any]:
    """The parameters that name people in every statement."""
    return {"buckets": [bucket_of(key) for key in keys], "keys": [Key(key) for key in keys]}


def hashed(keys: Sequence[bytes]) -> dict[str, Any]:
    """The parameters that name addresses by their keyed hash."""
    return {"buckets": [key[0] for key in keys], "keys": list(keys)}


def rows(db: Db, keys: Sequence[str]) -> dict[str, tuple[Person, str | None]]:
    """(state, forward) of those keys that have a row."""
    found = {}
    for key, state, forward in db.execute(S.rows, whom(keys)).fetchall():
        try:
            found[key] = decode(bytes(state)), forward
        except msgspec.DecodeError as fault:
            raise Newer(
                f"the state of {key} cannot be read; this release reads format {FORMAT}: {fault}"
            ) from None
    return found


def relatives(db: Db, keys: Sequence[str]) -> set[str]:
    """Keys that became one with these, or were asked to and have not been judged yet."""
    given = set(keys)
    found = {row[0] for text in (S.merged, S.handed) for row in db.execute(text, whom(keys)) if row[0]}
    for one, two in db.execute(S.merging):
        if given & {one, two}:
            found |= {one, two}
    return found - given


def named(db: Db, keys: Sequence[str]) -> dict[str, list[str]]:
    """The identifiers that calls about these people gave, by kind."""
    found: dict[str, list[str]] = {}
    for kind, value in db.execute(S.named, whom(keys)):
        if kind in KINDS and value:
            found.setdefault(kind, []).append(value)
    return found


def sharing(db: Db, keys: Sequence[str], addresses: Sequence[str]) -> set[str]:
    """Those of these addresses, in lower case, that stand in somebody else's profile."""
    lower = sorted({each.lower() for each in addresses} | set(addresses))
    found = db.execute(S.sharing, {"addresses": lower, "keys": [Key(key) for key in keys]}).fetchall()
    return {value.lower() for row in found for value in row if value and value.lower() in lower}


def addresses(db: Db, keys: Sequence[str]) -> set[str]:
    """Where messages to these people went."""
    return {row[0] for row in db.execute(S.addresses, whom(keys))}


def hold(db: Db, keys: Sequence[str]) -> None:
    """Keep ledgers and lanes of these people to ourselves until the transaction ends."""
    for key in sorted(keys):
        db.execute(S.hold_ledger, {"name": f"slinga.consent.{key}"})
    db.execute(S.hold_lanes, {"buckets": sorted({bucket_of(key) for key in keys})})


def cancel(db: Db, keys: Sequence[str]) -> int:
    """Cancel what has not passed the last gate; how many."""
    return db.execute(S.cancel, whom(keys)).rowcount


def dialling(db: Db, keys: Sequence[str]) -> int:
    """How many messages of theirs are on the wire."""
    return int((db.execute(S.dialling, whom(keys)).fetchone() or (0,))[0])


def ledgers(db: Db, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Length and last hash of each consent ledger."""
    found = db.execute(S.ledgers, whom(keys)).fetchall()
    return [{"person": key, "entries": count, "hash": bytes(last).hex()} for key, count, last in found]


def stops(db: Db, keys: Sequence[str]) -> list[tuple[str, str, str]]:
    """(address hash, channel, topic) of what they forbade."""
    return db.execute(S.stops, whom(keys)).fetchall()


def messages(db: Db, keys: Sequence[str]) -> list[tuple[int, str]]:
    """(bucket, id) of their messages."""
    return db.execute(S.messages, whom(keys)).fetchall()


def _found_by(table: Table) -> sql.Composed:
    """The FROM and WHERE that find a person's rows."""
    name, column = sql.Identifier(table.name), sql.Identifier(table.column)
    if table.by == "scan":
        return sql.SQL("{} AS r WHERE r.{} = ANY(%(keys)s::uuid[])").format(name, column)
    if table.by == "message" and not table.bucket:
        return sql.SQL("{} AS r WHERE r.{} = ANY(%(messages)s::uuid[])").format(name, column)
    if table.by == "message":
        found = "{} AS r WHERE (r.bucket, r.{}) IN (SELECT m.* FROM unnest(%(places)s::smallint[], "
        found += "%(messages)s::uuid[]) AS m)"
        return sql.SQL(found).format(name, column)
    if table.by == "address":
        found = "{} AS r WHERE (r.bucket, r.{}) IN (SELECT a.* FROM unnest(%(slots)s::smallint[], "
        found += "%(hashes)s::bytea[]) AS a)"
        return sql.SQL(found).format(name, column)
    found = "{} AS r WHERE (r.bucket, r.{}) IN (SELECT whom.bucket, whom.key FROM {})"
    return sql.SQL(found).format(name, column, _WHOM)


def _values(keys: Sequence[str], mine: Sequence[tuple[int, str]], hashes: Sequence[bytes]) -> dict[str, Any]:
    return {
        **whom(keys),
        "places": [bucket for bucket, _ in mine],
        "messages": [Key(message) for _, message in mine],
        "slots": [each[0] for each in hashes],
        "hashes": list(hashes),
    }


def delete(
    db: Db, table: Table, keys: Sequence[str], mine: Sequence[tuple[int, str]], hashes: Sequence[bytes]
) -> int:
    """Delete a table's rows of these people; how many."""
    text = sql.SQL("DELETE FROM {}").format(_found_by(table))
    return db.execute(text, _values(keys, mine, hashes)).rowcount


def select(
    db: Db, table: Table, keys: Sequence[str], mine: Sequence[tuple[int, str]], hashes: Sequence[bytes]
) -> Iterator[dict[str, Any]]:
    """A table's rows of these people, as they stand, without what only the machine reads."""
    text = sql.SQL("SELECT r.* FROM {}").format(_found_by(table))
    with db.cursor() as cursor:
        cursor.execute(text, _values(keys, mine, hashes))
        names = [column.name for column in cursor.description or ()]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


def forget_seen(db: Db, keys: Sequence[str]) -> int:
    """Forget the ids of their calls; before their inputs are deleted."""
    return db.execute(S.seen, whom(keys)).rowcount


def blank(db: Db, hashes: Sequence[bytes], needles: Sequence[str]) -> None:
    """Blank the words that receivers said about these addresses."""
    db.execute(S.blank_suppression, hashed(hashes))
    db.execute(S.blank_hold, {"needles": list(needles)})


def quarantined(db: Db, needles: Sequence[str]) -> list[int]:
    """Refused calls that name them. Reads the whole quarantine."""
    return [row[0] for row in db.execute(S.quarantined, {"needles": list(needles)})] if needles else []


def refused(db: Db, numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Refused calls by number."""
    with db.cursor() as cursor:
        cursor.execute(S.refused, {"ids": list(numbers)})
        names = [column.name for column in cursor.description or ()]
        for row in cursor:
            yield dict(zip(names, row, strict=True))


def suppress(db: Db, key: bytes, scope: str, reason: str) -> None:
    """Nobody writes to this address again, within the scope."""
    db.execute(S.suppress, {"bucket": key[0], "key": key, "scope": scope, "reason": reason})


def add(db: Db, reason: str, by: str, people: int, proof: dict[str, Any], notice: Any) -> tuple[int, Instant]:
    """Record an erasure; its number and instant."""
    told = None if notice is None else Json(notice)
    row = db.execute(
        S.add_erasure, {"reason": reason, "by": by, "people": people, "proof": Json(proof), "notice": told}
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def bury(db: Db, erasure: int, keys: Sequence[str], hashes: Sequence[bytes]) -> None:
    """Write the tombstone."""
    db.execute(S.add_erased, {**whom(keys), "erasure": erasure})
    db.execute(S.add_erased_addresses, {**hashed(hashes), "erasure": erasure})


def notices(db: Db, limit: int) -> list[tuple[int, Instant, dict[str, Any]]]:
    """(number, instant, what to tell) of erasures nobody was told of."""
    return db.execute(S.notices, {"limit": limit}).fetchall()


def told(db: Db, number: int) -> None:
    """The other side has it: nothing of it is kept."""
    db.execute(S.told, {"erasure": number})


def erased_addresses(db: Db, hashes: Sequence[bytes]) -> set[bytes]:
    """Those of these keyed hashes that are of erased people."""
    return {bytes(row[0]) for row in db.execute(S.erased_addresses, hashed(hashes))} if hashes else set()


def erasure_of(db: Db, key: str) -> Erasure | None:
    """The erasure under whose tombstone a key lies."""
    row = db.execute(S.erasure_of, {"bucket": bucket_of(key), "key": Key(key)}).fetchone()
    return Erasure(*row) if row else None


def erasures(db: Db, *, before: int = 2**62, limit: int = 100) -> list[Erasure]:
    """A page of erasures, newest first."""
    return [Erasure(*row) for row in db.execute(S.erasures, {"before": before, "limit": limit})]


def readmit(db: Db, erasure: int) -> None:
    """Take a tombstone away."""
    for text in (S.readmit_addresses, S.readmit_keys, S.readmit):
        db.execute(text, {"erasure": erasure})


def all_erased(db: Db, since: Instant) -> list[str]:
    """Keys under tombstones of erasures after an instant."""
    return [row[0] for row in db.execute(S.all_erased, {"since": At(since)})]


def rewrite(db: Db, table: str, tries: int) -> None:
    """Rewrite a table with its indexes and gather its statistics anew, outside any transaction.

    Raises Unavailable when its lock could not be had in so many tries.
    """
    statement = sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(table))
    if table.startswith("pg_"):
        statement = sql.SQL("VACUUM FULL {}").format(sql.Identifier("pg_catalog", table))
    for _ in range(tries):
        try:
            db.execute(statement)
            return
        except LockNotAvailable:
            continue
    raise Unavailable(f"Somebody holds the table {table}; stop long-running work and try again.")


def template_versions(db: Db) -> list[tuple[str, int, Instant]]:
    """(key, version, published at) of every template ever published."""
    return db.execute(S.templates).fetchall()
