"""`slinga_take` asked with parameters that are packed already.

In: a connection in autocommit mode on which the driver prepares nothing (`prepare_threshold` is None; else
it forgets all that is prepared at each rollback), the statement, the parameters in binary form. Out: a
`Taken`.
Always true: one round trip, a transaction by itself where none is open; errors are the driver's own. The
driver's general way looks up each parameter's type, which small groups feel.
"""

import re
import struct
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from psycopg import errors, pq

from slinga.kernel.clock import Instant
from slinga.runtime.db import PG_EPOCH, Db

_LONG = struct.Struct("!q")
_MEMBER = struct.Struct("!ih")
_HEAD = 20  # bytes of an array before its members
_PARAMETER = re.compile(r"%\((\w+)\)s")
_known: WeakKeyDictionary[Db, dict[str, tuple[bytes, tuple[str, ...]]]] = WeakKeyDictionary()
"""Of each connection the statements it has prepared: under which name, and their parameters in order."""


class Taken(msgspec.Struct, frozen=True):
    """What `slinga_take` answers. `fates` is None where all rows were stored; else of each 1 for stored, 0
    for known already, or ERASED. Those stored have the numbers up to `last`."""

    accepted: Instant
    stored: int
    last: int | None
    remembered: bool | None
    fates: list[int] | None

    def seqs(self, count: int) -> list[int]:
        """Each row's number, or its fate where it got none."""
        seq = (self.last or 0) - self.stored + 1
        if self.fates is None:
            return list(range(seq, seq + count))
        out = []
        for fate in self.fates:
            out.append(seq if fate == 1 else fate)
            seq += fate == 1
        return out


def instant(at: Instant) -> bytes:
    """An instant in binary form."""
    return _LONG.pack(at - PG_EPOCH)


def ask(db: Db, statement: str, given: Mapping[str, bytes | None]) -> Taken:
    """Call the function. Raises as psycopg does."""
    known = _known.setdefault(db, {})
    name, names = known.get(statement) or _prepare(db, known, statement)
    values: list[Any] = [given[name] for name in names]  # None for null
    result = db.pgconn.exec_prepared(name, values, [1] * len(values), 1)
    _raise(result, pq.ExecStatus.TUPLES_OK)
    accepted, stored, last, remembered, fates = (result.get_value(0, n) for n in range(5))
    assert accepted is not None and stored is not None
    return Taken(
        _LONG.unpack(accepted)[0] + PG_EPOCH,
        _LONG.unpack(stored)[0],
        None if last is None else _LONG.unpack(last)[0],
        None if remembered is None else remembered == b"\1",
        None if fates is None else [fate for _, fate in _MEMBER.iter_unpack(fates[_HEAD:])],
    )


def _prepare(
    db: Db, known: dict[str, tuple[bytes, tuple[str, ...]]], statement: str
) -> tuple[bytes, tuple[str, ...]]:
    names = tuple(_PARAMETER.findall(statement))
    places = iter(range(1, len(names) + 1))
    text = _PARAMETER.sub(lambda _: f"${next(places)}", statement)
    name = b"slinga_take_%d" % len(known)
    _raise(db.pgconn.prepare(name, text.encode()), pq.ExecStatus.COMMAND_OK)
    known[statement] = name, names
    return known[statement]


def _raise(result: pq.abc.PGresult, well: pq.ExecStatus) -> None:
    if result.status != well:
        raise errors.error_from_result(result)
