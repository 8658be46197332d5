"""Recorded histories out of the log, person by person, over a connection that cannot write.

In: a bucket, where the log ended when the rehearsal began, what is listened to. Out: each person's rows in
the order of their instants. Always true: no lock is taken and no long snapshot held; the log only grows, so
an end fixed once gives the same rows to every process and every repetition.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

import msgspec
from psycopg import pq
from psycopg.adapt import Buffer, Loader

from slinga.ingest import log
from slinga.kernel.clock import Instant
from slinga.rehearsal.reactions import Counted
from slinga.rehearsal.replay import Row
from slinga.runtime.db import At, Db, Key, connect, statements

S = statements(__file__)
_decode = msgspec.json.Decoder(list[Row]).decode


class _Bytes(Loader):
    """Text as its bytes: the decoder wants nothing else."""

    format = pq.Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


@contextmanager
def reading(url: str) -> Iterator[Db]:
    """A connection on which every transaction is read only."""
    with connect(url, application="slinga rehearsal") as db:
        db.execute(S.read_only)
        db.execute(S.roomy)
        yield db


def end(db: Db) -> int:
    """Where the log ends: everything up to this number is visible from now on."""
    log.horizon(db)
    (last,) = db.execute(S.last).fetchone() or (0,)
    return int(last)


def bounds(db: Db, buckets: Sequence[int], last: int) -> tuple[Instant | None, Instant | None]:
    """The first and last instant of anything recorded; None where nothing is."""
    row = db.execute(S.bounds, {"buckets": list(buckets), "last": last}).fetchone()
    return row if row is not None else (None, None)


def histories(
    db: Db,
    bucket: int,
    last: int,
    until: Instant,
    heard: Sequence[str] | None,
    people: Sequence[str] | None = None,
) -> Iterator[tuple[str, Iterator[Row]]]:
    """(person, rows by instant) of a bucket; take each person's rows before going on to the next.

    `heard`: the events whose bodies are wanted; None wants all. `people`: these only; None is everybody.
    """
    forwarded = {row[0] for row in db.execute(S.forwarded, {"bucket": bucket})}
    asked = {
        "bucket": bucket,
        "last": last,
        "until": At(until),
        "heard": None if heard is None else list(heard),
        "people": None if people is None else [Key(key) for key in people],
    }
    with db.cursor() as cursor:
        cursor.adapters.register_loader("text", _Bytes)
        portions = cursor.stream(S.histories, asked, binary=True)
        for person, several in groupby(portions, key=lambda portion: portion[0]):
            if person not in forwarded:
                yield person, (row for _, items in several for row in _decode(items))


def reactions(db: Db, buckets: Sequence[int], last: int) -> list[Counted]:
    """What came back of the messages this workspace sent, by channel."""
    return [Counted(*row) for row in db.execute(S.reactions, {"buckets": list(buckets), "last": last})]
