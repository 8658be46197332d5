"""The obligations journal: an append-only file outside the database that a restored backup is held against.

In: obligations noted in the transactions that bring them about. Out: one JSON line each, chained by hashes.
Always true: a line is on the disk before its row leaves the database, so each obligation stands in the one
or the other, at most in both; lines hold keys and keyed hashes, no personal data; a line is never changed.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from slinga.kernel.clock import Instant, iso
from slinga.kernel.errors import Conflict, SlingaError
from slinga.runtime import obligations
from slinga.runtime.db import Db
from slinga.runtime.obligations import Obligation, note

__all__ = ["Behind", "Line", "Position", "drain", "note", "read", "tail"]

_PORTION = 500
_START = "0" * 64
_canonical = msgspec.json.Encoder(order="deterministic", decimal_format="string").encode


class Line(msgspec.Struct, frozen=True):
    """One line of the file. `n` counts from 1; `prev` is the hash of the line before, `hash` covers both."""

    n: int
    kind: str
    at: Instant
    when: str
    body: dict[str, Any]
    prev: str
    hash: str = ""


class Position(msgspec.Struct, frozen=True):
    """Where a journal stands: its name, its last line and that line's hash."""

    n: int = 0
    hash: str = _START
    name: str = ""
    """The hash of the first line."""


class Behind(SlingaError):
    """The file has lines that the database does not know, or lacks some that it knows."""

    def __init__(self, path: Path, end: int, known: int) -> None:
        super().__init__(
            f"The obligations journal {path} has {end} lines, the database knows {known}. If the file "
            "was put back from a copy, put the newest one there."
        )


_decoder = msgspec.json.Decoder(Line)


def _hash(line: Line) -> str:
    return hashlib.blake2b(
        _canonical(msgspec.structs.replace(line, hash="")), digest_size=32, person=b"slinga.journal"
    ).hexdigest()


def drain(db: Db, path: Path) -> int:
    """Write what waits to the file; how many. Cheap when nothing waits; several may call it at once.

    Raises Behind when the database does not know all of the file, which is for `replay` to mend, and OSError
    when the file cannot be written: the rows then stay where they are.
    """
    written = 0
    while True:
        with db.transaction():
            obligations.one_at_a_time(db)
            found = obligations.waiting(db, _PORTION)
            if found:
                before = tail(path)
                known_n = obligations.known(db, before.name)[0]
                if before.n != known_n:
                    raise Behind(path, before.n, known_n)
                end = append(path, found)
                obligations.drained(db, found)
                obligations.know(db, end.name, end.n, end.hash)
        written += len(found)
        if len(found) < _PORTION:
            return written


def append(path: Path, found: list[Obligation]) -> Position:
    """Add lines and sync them to the disk. A line torn by a crash is cut off first; its row is still ours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        end = _whole(handle)
        os.ftruncate(handle, end)
        last = _last(handle, end)
        lines = []
        for each in found:
            line = Line(last.n + 1, each.kind, each.at, iso(each.at), each.body, last.hash)
            line = msgspec.structs.replace(line, hash=_hash(line))
            lines.append(msgspec.json.encode(line) + b"\n")
            last = Position(line.n, line.hash, last.name or line.hash)
        os.pwrite(handle, b"".join(lines), end)
        os.fsync(handle)
    finally:
        os.close(handle)
    _sync_directory(path.parent)
    return last


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _whole(handle: int) -> int:
    """The length of the file up to its last whole line."""
    end = os.fstat(handle).st_size
    while end:
        start = max(0, end - 65_536)
        found = os.pread(handle, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _last(handle: int, end: int) -> Position:
    """The last line of a file of whole lines."""
    size = 65_536
    while end:
        start = max(0, end - size)
        text = os.pread(handle, end - start, start)
        cut = text.rstrip(b"\n").rfind(b"\n")
        if cut >= 0 or start == 0:
            line = _decode(text[cut + 1 :], "the last line")
            return Position(line.n, line.hash, _name(handle))
        size *= 2
    return Position()


def _name(handle: int) -> str:
    """The hash of the first line."""
    size = 65_536
    while b"\n" not in (text := os.pread(handle, size, 0)):
        size *= 2
    return _decode(text[: text.index(b"\n")], "line 1").hash


def _decode(text: bytes, place: str) -> Line:
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as fault:
        raise Conflict(
            f"The obligations journal is damaged ({place}: {fault}). Restore the file from its own copy; "
            "never edit it."
        ) from None


def tail(path: Path) -> Position:
    """Where the journal stands; the beginning when there is no file yet."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return Position()
    try:
        return _last(handle, _whole(handle))
    finally:
        os.close(handle)


def read(path: Path) -> Iterator[Line]:
    """Every line, its chain verified. Raises Conflict at the first line that was changed or is missing.

    A last line without its end was never promised to anybody, and is left out.
    """
    if not path.exists():
        return
    before = Position()
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):
                return
            line = _decode(text, f"line {number}")
            if line.n != before.n + 1 or line.prev != before.hash or line.hash != _hash(line):
                raise Conflict(
                    f"Line {number} of the obligations journal {path} does not follow from the one before: "
                    "it was changed, or lines are missing. Restore the file from its own copy; never edit it."
                )
            before = Position(line.n, line.hash, before.name or line.hash)
            yield line
