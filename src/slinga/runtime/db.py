"""Connections to PostgreSQL and the named statements of a stage.

In: a connection string. Out: psycopg connections in autocommit mode that speak binary, where
timestamptz is an `Instant` (int microseconds), uuid is a 32-digit hex text and jsonb is decoded by
msgspec. Write an instant as `At(us)`, a key as `Key(hex)`, a document as `Json(obj)`.

Always true: SQL text lives in each stage's `store.sql`, one `-- name: x` block per statement, with a
comment that says why; parameters are `%(name)s`.
"""

import re
import struct
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import Connection, pq
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg.types.array import ListBinaryDumper
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

from slinga.kernel.clock import from_datetime
from slinga.kernel.errors import SlingaError

PG_EPOCH = 946_684_800_000_000
"""2000-01-01, from which PostgreSQL counts microseconds."""
_INT8 = struct.Struct("!q")

Db = Connection[TupleRow]

FAULTS = (psycopg.Error, SlingaError)
"""What asking a database may raise."""

LOST = (psycopg.OperationalError, psycopg.InterfaceError)
"""What it raises where the connection, or the server, is gone: nothing is wrong with what was asked."""


class At:
    """An instant on its way into a timestamptz parameter. No int, or arrays of it would become bigint[]."""

    __slots__ = ("us",)

    def __init__(self, us: int) -> None:
        self.us = us


class Key(str):
    """A person's key on its way into a uuid parameter."""


def at(value: int | None) -> At | None:
    """`At`, or None."""
    return None if value is None else At(value)


class Ints(list[int]):
    """Whole numbers on their way into a bigint[] parameter, packed at once."""


class Ats(list[int | None]):
    """Instants on their way into a timestamptz[] parameter."""


class Keys(list[str | None]):
    """Keys of people on their way into a uuid[] parameter."""


class Blobs(list[bytes]):
    """Bytes on their way into a bytea[] parameter."""


class Shorts(list[int]):
    """Small numbers, such as buckets, on their way into a smallint[] parameter."""


class Texts(list[str | None]):
    """Texts on their way into a text[] parameter."""


class Documents(list[Any]):
    """Documents on their way into a jsonb[] parameter."""


_encode_json = msgspec.json.Encoder(decimal_format="string").encode


def Json(value: Any) -> Jsonb:
    """A document on its way into a jsonb parameter."""
    return Jsonb(value, dumps=_encode_json)


class _AtDumper(Dumper):
    format = pq.Format.BINARY
    oid = psycopg.adapters.types["timestamptz"].oid

    def dump(self, obj: At) -> Buffer:
        return _INT8.pack(obj.us - PG_EPOCH)


class _KeyDumper(Dumper):
    format = pq.Format.BINARY
    oid = psycopg.adapters.types["uuid"].oid

    def dump(self, obj: str) -> Buffer:
        return bytes.fromhex(obj)


_SIZE = struct.Struct("!i").pack
_ARRAY = struct.Struct("!iiIii").pack
_LONG = struct.Struct("!iq").pack
_DOCUMENT = struct.Struct("!iB").pack  # its size, jsonb's version
_NULL = _SIZE(-1)


def _array(element: str, count: int, body: bytes) -> bytes:
    """A binary array of one dimension; a general dumper takes each element in its hands three times."""
    oid = psycopg.adapters.types[element].oid
    return _ARRAY(1, 1, oid, count, 1) + body if count else struct.pack("!iiI", 0, 0, oid)


def _array_oid(element: str) -> int:
    return psycopg.adapters.types[element].array_oid


class _IntsDumper(Dumper):
    format = pq.Format.BINARY
    oid = _array_oid("int8")

    def dump(self, obj: Ints) -> Buffer:
        return _array("int8", len(obj), b"".join([_LONG(8, value) for value in obj]))


class _AtsDumper(Dumper):
    format = pq.Format.BINARY
    oid = _array_oid("timestamptz")

    def dump(self, obj: Ats) -> Buffer:
        parts = [_NULL if us is None else _LONG(8, us - PG_EPOCH) for us in obj]
        return _array("timestamptz", len(obj), b"".join(parts))


class _KeysDumper(Dumper):
    format = pq.Format.BINARY
    oid = _array_oid("uuid")

    def dump(self, obj: Keys) -> Buffer:
        parts = ["ffffffff" if key is None else f"00000010{key}" for key in obj]
        return _array("uuid", len(obj), bytes.fromhex("".join(parts)))


class _BlobsDumper(Dumper):
    format = pq.Format.BINARY
    oid = _array_oid("bytea")

    def dump(self, obj: Blobs) -> Buffer:
        return _array(
            "bytea", len(obj), b"".join([part for each in obj for part in (_SIZE(len(each)), each)])
        )


_SHORT = struct.Struct("!ih").pack
_SHORTS = [_SHORT(2, value) for value in range(256)]


class _ShortsDumper(Dumper):
    format = pq.Format.BINARY
    oid = _array_oid("int2")

    def dump(self, obj: Shorts) -> Buffer:
        return _array("int2", len(obj), b"".join([_SHORTS[value] for value in obj]))


class _TextsDumper(Dumper):
    format = pq.Format.BINARY
    oid = _array_oid("text")

    def dump(self, obj: Texts) -> Buffer:
        parts: list[bytes] = []
        for text in obj:
            if text is None:
                parts.append(_NULL)
                continue
            data = text.encode()
            if b"\0" in data:
                raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
            parts += (_SIZE(len(data)), data)
        return _array("text", len(obj), b"".join(parts))


class _DocumentsDumper(Dumper):
    format = pq.Format.BINARY
    oid = _array_oid("jsonb")

    def dump(self, obj: Documents) -> Buffer:
        documents = [_encode_json(each) for each in obj]
        parts = [part for each in documents for part in (_DOCUMENT(len(each) + 1, 1), each)]
        return _array("jsonb", len(obj), b"".join(parts))


class _InstantBinary(Loader):
    format = pq.Format.BINARY

    def load(self, data: Buffer) -> int:
        return int(_INT8.unpack(data)[0]) + PG_EPOCH


class _InstantText(Loader):
    format = pq.Format.TEXT

    def load(self, data: Buffer) -> int:
        return from_datetime(datetime.fromisoformat(bytes(data).decode()))


class _KeyBinary(Loader):
    format = pq.Format.BINARY

    def load(self, data: Buffer) -> str:
        return bytes(data).hex()


class _KeyText(Loader):
    format = pq.Format.TEXT

    def load(self, data: Buffer) -> str:
        return uuid.UUID(bytes(data).decode()).hex


class _JsonBinary(Loader):
    format = pq.Format.BINARY

    def load(self, data: Buffer) -> Any:
        return msgspec.json.decode(bytes(data)[1:])  # the first byte is jsonb's version


class _JsonText(Loader):
    format = pq.Format.TEXT

    def load(self, data: Buffer) -> Any:
        return msgspec.json.decode(bytes(data))


_PACKED: dict[type, type[Dumper]] = {
    Ints: _IntsDumper,
    Ats: _AtsDumper,
    Keys: _KeysDumper,
    Blobs: _BlobsDumper,
    Shorts: _ShortsDumper,
    Texts: _TextsDumper,
    Documents: _DocumentsDumper,
}


def adapt(context: AdaptContext) -> None:
    """Register Slinga's types on a connection."""
    adapters = context.adapters
    adapters.register_dumper(At, _AtDumper)
    adapters.register_dumper(Key, _KeyDumper)
    for kind, dumper in _PACKED.items():
        adapters.register_dumper(kind, dumper)
    # psycopg prefers text for lists, which makes bytea arrays hex: five times slower.
    adapters.register_dumper(list, ListBinaryDumper)
    loaders_by_type: dict[str, tuple[type[Loader], ...]] = {
        "timestamptz": (_InstantText, _InstantBinary),
        "uuid": (_KeyText, _KeyBinary),
        "jsonb": (_JsonText, _JsonBinary),
    }
    for name, loaders in loaders_by_type.items():
        for loader in loaders:
            adapters.register_loader(name, loader)


class _BinaryCursor(psycopg.Cursor[TupleRow]):
    def __init__(self, connection: Any, *, row_factory: Any = None) -> None:
        super().__init__(connection, row_factory=row_factory or connection.row_factory)
        self.format = pq.Format.BINARY


def _configure(connection: Db) -> None:
    connection.cursor_factory = _BinaryCursor
    adapt(connection)


# A process that is stopped inside a transaction must not hold the log's lock for ever.
_OPTIONS = "-c idle_in_transaction_session_timeout=15s"


def _options(url: str) -> str:
    """The server options of the connection string, and ours."""
    return f"{conninfo_to_dict(url).get('options') or ''} {_OPTIONS}".strip()


def connect(url: str, *, application: str = "slinga") -> Db:
    """One connection in autocommit mode; group statements with `with connection.transaction():`.

    Raises psycopg.OperationalError when the server cannot be reached.
    """
    connection = psycopg.connect(
        url, autocommit=True, application_name=application, connect_timeout=10, options=_options(url)
    )
    _configure(connection)
    return connection


def open_pool(url: str, *, size: int = 8, application: str = "slinga") -> ConnectionPool[Db]:
    """A pool of such connections, opened; close it when done."""
    pool: ConnectionPool[Db] = ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=False,
        configure=_configure,
        kwargs={"autocommit": True, "application_name": application, "options": _options(url)},
    )
    pool.open()
    return pool


_BLOCK = re.compile(r"^-- name: (\w+)[ \t]*\n", re.M)


class Statements:
    """The statements of one `store.sql`, as attributes holding SQL text."""

    def __init__(self, path: Path) -> None:
        parts = _BLOCK.split(path.read_text("utf-8"))
        self.texts: dict[str, str] = {}
        for name, text in zip(parts[1::2], parts[2::2], strict=True):
            if name in self.texts:
                raise ValueError(f"{path}: statement {name} is defined twice")
            self.texts[name] = text.strip().rstrip(";")

    def __getattr__(self, name: str) -> str:
        try:
            return self.texts[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.texts.items())


@lru_cache
def statements(module_file: str) -> Statements:
    """The `.sql` beside a module: `S = statements(__file__)` in store.py reads store.sql."""
    return Statements(Path(module_file).with_suffix(".sql"))


@contextmanager
def locked(db: Db, name: str, *, shared: bool = False) -> Iterator[None]:
    """Hold a named advisory lock for the length of the block, outside any transaction."""
    suffix = "_shared" if shared else ""
    db.execute(f"SELECT pg_advisory_lock{suffix}(hashtext(%s))", (name,))
    try:
        yield
    finally:
        db.execute(f"SELECT pg_advisory_unlock{suffix}(hashtext(%s))", (name,))


@contextmanager
def locked_if_free(db: Db, name: str) -> Iterator[bool]:
    """Try for a named lock for the length of the block, outside any transaction; whether we have it."""
    (ours,) = db.execute("SELECT pg_try_advisory_lock(hashtext(%s))", (name,)).fetchone() or (False,)
    try:
        yield bool(ours)
    finally:
        if ours:
            db.execute("SELECT pg_advisory_unlock(hashtext(%s))", (name,))


Work = Callable[[Db], Any]
