"""The imports' rows: how far each has come, what content was taken in, how people were before.

Always true: what concerns a chunk runs in the transaction that appends it; content is remembered for good,
until its import is taken back.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from slinga.imports.plans import File
from slinga.kernel.clock import Instant
from slinga.kernel.ids import bucket_of
from slinga.runtime.db import At, Db, Json, Key, statements

S = statements(__file__)


class Import(msgspec.Struct, frozen=True):
    """One import as stored. rows = accepted + duplicates + errors when it is done."""

    id: int
    state: str
    mapping: dict[str, Any]
    files: list[File]
    by: str
    started_at: Instant
    changed_at: Instant
    position: int
    rows: int
    accepted: int
    duplicates: int
    errors: int
    notes: int
    inputs: int
    report: str
    report_size: int


def now(db: Db) -> Instant:
    """The virtual present."""
    (found,) = db.execute(S.now).fetchone() or (0,)
    return int(found)


def add(
    db: Db,
    mapping: dict[str, Any],
    files: Sequence[File],
    by: str,
    *,
    rows: int,
    duplicates: int,
    report: str,
) -> int:
    """Begin an import; its number."""
    row = db.execute(
        S.add,
        {
            "mapping": Json(mapping),
            "files": Json([msgspec.to_builtins(file) for file in files]),
            "by": by,
            "rows": rows,
            "duplicates": duplicates,
            "report": report,
        },
    ).fetchone()
    assert row is not None
    return int(row[0])


def _read(row: Sequence[Any]) -> Import:
    number, state, mapping, files, *rest = row
    return Import(number, state, mapping, [msgspec.convert(file, File) for file in files], *rest)


def find(db: Db, id: int) -> Import | None:
    """An import by its number."""
    row = db.execute(S.find, {"id": id}).fetchone()
    return None if row is None else _read(row)


def listed(db: Db, limit: int = 50) -> list[Import]:
    """The newest imports first."""
    return [_read(row) for row in db.execute(S.listed, {"limit": limit}).fetchall()]


def same_files(db: Db, files: Sequence[File], mapping: dict[str, Any]) -> tuple[int, str] | None:
    """(number, state) of an import of the same bytes by the same mapping that still stands."""
    hashes = Json([{"sha256": file.sha256} for file in files])
    row = db.execute(
        S.same_files, {"hashes": hashes, "count": len(files), "mapping": Json(mapping)}
    ).fetchone()
    return None if row is None else (row[0], row[1])


class Chunk(msgspec.Struct):
    """What a chunk did."""

    position: int
    accepted: int = 0
    duplicates: int = 0
    errors: int = 0
    notes: int = 0
    inputs: int = 0
    report_size: int = 0


def advance(db: Db, id: int, chunk: Chunk) -> bool:
    """Store the place behind a chunk; False where the import is not running any more."""
    return db.execute(S.advance, {"id": id, **msgspec.structs.asdict(chunk)}).rowcount > 0


def move(db: Db, id: int, state: str) -> None:
    """Change the state of an import."""
    db.execute(S.move, {"id": id, "state": state})


def first_seen(db: Db, id: int, ids: Sequence[str]) -> set[str]:
    """Of these hashes of content, those never imported before; all are remembered."""
    if not ids:
        return set()
    buckets = [bucket_of(each) for each in ids]
    rows = db.execute(S.first_seen, {"import": id, "buckets": buckets, "ids": [Key(i) for i in ids]})
    return {row[0] for row in rows.fetchall()}


def remember(db: Db, id: int, source: str, people: Sequence[str]) -> None:
    """Keep the state of these people, and of whom they forward to, where the import has not touched them."""
    if people:
        db.execute(
            S.remember,
            {
                "import": id,
                "source": source,
                "buckets": [bucket_of(key) for key in people],
                "people": [Key(key) for key in people],
            },
        )


def suppressed(db: Db, id: int, key: bytes, scope: str) -> None:
    """Remember that the import added this suppression."""
    db.execute(S.suppressed, {"import": id, "bucket": key[0], "key": key, "scope": scope})


def suppressions(db: Db, id: int) -> list[tuple[bytes, str]]:
    """(key, scope) of the suppressions an import added."""
    return [(bytes(key), scope) for key, scope in db.execute(S.suppressions, {"import": id}).fetchall()]


def behind(db: Db, limit: int) -> int:
    """How many inputs wait to be applied, up to `limit`."""
    (found,) = db.execute(S.behind, {"limit": limit}).fetchone() or (0,)
    return int(found)


def workers(db: Db) -> int:
    """How many workers apply the log."""
    (found,) = db.execute(S.workers).fetchone() or (0,)
    return int(found)


def claim(db: Db, id: int) -> bool:
    """Be the one who works on an import; False where another process does."""
    (found,) = db.execute(S.claim, {"id": id}).fetchone() or (False,)
    return bool(found)


def release(db: Db, id: int) -> None:
    """Let others work on it."""
    db.execute(S.release, {"id": id})


def old_reports(db: Db, before: Instant) -> list[tuple[int, str]]:
    """(number, report) of imports that were over before an instant."""
    return list(db.execute(S.old_reports, {"before": At(before)}).fetchall())


def forget_report(db: Db, number: int) -> None:
    """Know of no report of an import any more."""
    db.execute(S.forget_report, {"id": number})
