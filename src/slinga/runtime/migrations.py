"""Forward-only migrations: numbered SQL files, each applied once and in order, on a database that works.

In: a connection and the files `NNNN_name.sql`. Out: the names applied, or why the database does not fit.
Always true: one process migrates at a time; no lock is waited for longer than `LOCK_WAIT`, so nobody who
works waits longer for us; a killed migration goes on where it stopped; an applied file never changes.

A file is one transaction with its row in `migration`. One that creates an index CONCURRENTLY, or whose first
line says `-- stepwise`, runs statement by statement, each for itself, and remembers how far it came; a
statement under `-- repeat` (a backfill in batches) runs until it changes no row. A first line
`-- breaks: why` says that the release before cannot work with what the file makes.
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
from slinga.runtime.statements import split

LOCK_WAIT = "1s"
ATTEMPTS = 60
PAUSE_S = 1.0

Step = Callable[[str, int], None]
"""Called before each statement with the file's name and the statement's number from 1; for tests of kills."""

_NAME = re.compile(r"^\d{4}_[a-z0-9_]+\.sql$")
_TABLE = """
CREATE TABLE IF NOT EXISTS migration (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""
_TABLES = (
    _TABLE,
    "ALTER TABLE migration ADD COLUMN IF NOT EXISTS breaks boolean NOT NULL DEFAULT false",
    """
    CREATE TABLE IF NOT EXISTS migration_step (
        name text PRIMARY KEY,
        checksum text NOT NULL,
        done integer NOT NULL               -- statements of a stepwise file that need not run again
    )
    """,
)
_INDEX = re.compile(r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.I)


@dataclass(frozen=True)
class Migration:
    """One file: its name, its text and the checksum by which a later change is noticed."""

    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def stepwise(self) -> bool:
        """Whether it cannot be, or need not be, one transaction."""
        return self.text.startswith("-- stepwise") or bool(re.search(r"\bCONCURRENTLY\b", self.text))

    @property
    def breaks(self) -> bool:
        """Whether the release before cannot work with it."""
        return self.text.startswith("-- breaks:")


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

    What a newer release added is no hindrance, so that one can go back a release, unless it says it is.
    Raises Conflict when an applied file has changed since, or when a newer release's file breaks this one.
    """
    known = files() if known is None else known
    done = applied(db)
    for migration in known:
        if migration.name in done and done[migration.name] != migration.checksum:
            raise Conflict(
                f"Migration {migration.name} was changed after it was applied. Restore the file and put the "
                "change into a new migration."
            )
    if breaking := sorted(set(_breaking(db)) - {migration.name for migration in known}):
        raise Conflict(
            f"The database is from a newer Slinga, and this one cannot work with it (it has {breaking[-1]}). "
            "Upgrade this Slinga."
        )
    return [migration for migration in known if migration.name not in done]


def require_current(db: Db) -> None:
    """Raise Conflict naming the command when migrations are pending."""
    waiting = pending(db)
    if waiting:
        names = ", ".join(migration.name for migration in waiting)
        raise Conflict(f"The database lacks {len(waiting)} migrations ({names}). Run: slinga migrate")


def _breaking(db: Db) -> list[str]:
    column = "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('migration') AND attname = 'breaks'"
    if db.execute(column).fetchone() is None:
        return []
    return [name for (name,) in db.execute("SELECT name FROM migration WHERE breaks").fetchall()]


def migrate(
    db: Db,
    known: list[Migration] | None = None,
    *,
    say: Callable[[str], None] = lambda _: None,
    step: Step = lambda _, __: None,
) -> list[str]:
    """Apply what is pending; returns the names. Waits while another process migrates.

    Raises Unavailable when a lock cannot be had in ATTEMPTS tries: run it again, it goes on from there.
    """
    names: list[str] = []
    with locked(db, "slinga.migrate"):
        db.execute("SET client_min_messages = warning")
        for statement in _TABLES:
            _patiently(db, "the table of migrations", lambda text=statement: db.execute(text))  # type: ignore[misc]
        for migration in pending(db, known):
            say(f"Applying {migration.name}")
            if migration.stepwise:
                _stepwise(db, migration, step)
            else:
                _patiently(db, migration.name, lambda one=migration: _whole(db, one, step))  # type: ignore[misc]
            names.append(migration.name)
    return names


def _patiently(db: Db, what: str, work: Callable[[], object]) -> None:
    """Do it with a short lock_timeout, again and again: whoever queues behind us is soon let through."""
    for attempt in range(ATTEMPTS):
        try:
            db.execute("SELECT set_config('lock_timeout', %s, false)", (LOCK_WAIT,))
            try:
                work()
            finally:
                if not db.closed and not db.broken:
                    db.execute("SELECT set_config('lock_timeout', '0', false)")
            return
        except psycopg.errors.LockNotAvailable:
            if attempt == ATTEMPTS - 1:
                raise Unavailable(
                    f"{what} could not get its locks; stop long-running work on the database and "
                    "run `slinga migrate` again."
                ) from None
            time.sleep(PAUSE_S)


def _whole(db: Db, migration: Migration, step: Step) -> None:
    with db.transaction():
        for number, statement in enumerate(split(migration.text), 1):
            step(migration.name, number)
            db.cursor().execute(statement.encode(), binary=False)
        _finish(db, migration)


def _finish(db: Db, migration: Migration) -> None:
    db.execute(
        "INSERT INTO migration (name, checksum, breaks) VALUES (%s, %s, %s)",
        (migration.name, migration.checksum, migration.breaks),
    )
    db.execute("DELETE FROM migration_step WHERE name = %s", (migration.name,))


def _stepwise(db: Db, migration: Migration, step: Step) -> None:
    """Each statement for itself. One that a kill interrupted runs again, so it must bear that."""
    found = db.execute(
        "SELECT done FROM migration_step WHERE name = %s AND checksum = %s",
        (migration.name, migration.checksum),
    ).fetchone()
    for number, statement in enumerate(split(migration.text), 1):
        step(migration.name, number)
        if found and number <= found[0]:
            continue
        _patiently(db, migration.name, lambda text=statement: _step(db, text))  # type: ignore[misc]
        db.execute(
            "INSERT INTO migration_step (name, checksum, done) VALUES (%s, %s, %s) ON CONFLICT (name) "
            "DO UPDATE SET checksum = excluded.checksum, done = excluded.done",
            (migration.name, migration.checksum, number),
        )
    with db.transaction():
        _finish(db, migration)


def _step(db: Db, statement: str) -> None:
    if index := _INDEX.search(statement):
        _drop_half_made(db, index[1])
    while True:
        cursor = db.cursor()
        cursor.execute(statement.encode(), binary=False)
        if not statement.startswith("-- repeat") or cursor.rowcount <= 0:
            return


def _drop_half_made(db: Db, index: str) -> None:
    """An index whose making was killed stands there, is kept up and never used."""
    half = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
    if db.execute(half, (index,)).fetchone():
        db.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{index}"')
