"""Forward-only migrations: numbered SQL files, each applied once, whole and in order.

In: a connection and the files `NNNN_name.sql`. Out: the names applied, or why the database does not fit.
Always true: a file is one transaction with its row in `migration`; one process migrates at a time; no
lock is waited for longer than `LOCK_WAIT`; an applied file never changes.
"""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from slinga.kernel.errors import Conflict, Unavailable
from slinga.runtime.db import Db, locked

LOCK_WAIT = "5s"
ATTEMPTS = 12

_NAME = re.compile(r"^\d{4}_[a-z0-9_]+\.sql$")
_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


@dataclass(frozen=True)
class Migration:
    """One file: its name, its text and the checksum by which a later change is noticed."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def directory() -> Path:
    """Where the files are: inside the installed wheel, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_migrations"
    return inside if inside.is_dir() else package.parent.parent / "migrations"


def files(where: Path | None = None) -> list[Migration]:
    """All migrations in order. Raises Conflict when two share a number or a name is malformed."""
    found: list[Migration] = []
    numbers: set[str] = set()
    for path in sorted((where or directory()).glob("[0-9]*.sql")):
        if not _NAME.match(path.name):
            raise Conflict(f"{path} must be named like 0001_what_it_adds.sql")
        if path.name[:4] in numbers:
            raise Conflict(
                f"Two migrations have the number {path.name[:4]}; give {path.name} the next free one."
            )
        numbers.add(path.name[:4])
        found.append(Migration(path.name, path.read_text("utf-8")))
    return found


def applied(db: Db) -> dict[str, str]:
    """Checksums by name of what this database has; empty for a new one."""
    if db.execute("SELECT to_regclass('migration') IS NULL").fetchone() == (True,):
        return {}
    return dict(db.execute("SELECT name, checksum FROM migration ORDER BY name").fetchall())


def pending(db: Db, known: list[Migration] | None = None) -> list[Migration]:
    """What is still to be applied.

    Raises Conflict when an applied file has changed since, or when the database is from a newer release.
    """
    known = files() if known is None else known
    done = applied(db)
    for migration in known:
        if migration.name in done and done[migration.name] != migration.checksum:
            raise Conflict(
                f"Migration {migration.name} was changed after it was applied. Restore the file and put the "
                "change into a new migration."
            )
    unknown = sorted(set(done) - {migration.name for migration in known})
    if unknown:
        raise Conflict(f"The database is from a newer Slinga (it has {unknown[-1]}). Upgrade this Slinga.")
    return [migration for migration in known if migration.name not in done]


def require_current(db: Db) -> None:
    """Raise Conflict naming the command when migrations are pending."""
    waiting = pending(db)
    if waiting:
        names = ", ".join(migration.name for migration in waiting)
        raise Conflict(f"The database lacks {len(waiting)} migrations ({names}). Run: slinga migrate")


def migrate(
    db: Db, known: list[Migration] | None = None, *, say: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Apply what is pending; returns the names. Waits while another process migrates.

    Raises Unavailable when a lock cannot be had in ATTEMPTS tries: nothing of that file is then applied.
    """
    names: list[str] = []
    with locked(db, "slinga.migrate"):
        db.execute("SET client_min_messages = warning")
        db.execute(_TABLE)
        for migration in pending(db, known):
            say(f"Applying {migration.name}")
            _apply(db, migration)
            names.append(migration.name)
    return names


def _apply(db: Db, migration: Migration) -> None:
    for attempt in range(ATTEMPTS):
        try:
            with db.transaction():
                db.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_WAIT,))
                db.cursor().execute(
                    migration.text.encode(), binary=False
                )  # several statements: the simple protocol
                db.execute(
                    "INSERT INTO migration (name, checksum) VALUES (%s, %s)",
                    (migration.name, migration.checksum),
                )
            return
        except psycopg.errors.LockNotAvailable:
            if attempt == ATTEMPTS - 1:
                raise Unavailable(
                    f"{migration.name} could not get its locks; stop long-running work on the database and "
                    "run `slinga migrate` again."
                ) from None
            time.sleep(1)
