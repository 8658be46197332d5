"""What an installation consists of besides its database, and what a database consists of.

In: settings, a connection. Out: paths, names, counts.
Always true: looking changes nothing; only that a backup was taken is written down.
"""

import hmac
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from slinga.kernel.clock import Instant
from slinga.runtime import secrets
from slinga.runtime.db import Db
from slinga.runtime.settings import Settings

FILES, DKIM, JOURNAL = "files/", "keys/dkim.pem", "journal.jsonl"
_NOT = (
    *("postgres", "postgres.*", "postgres-*", "postgresql-*", "run", "server.lock", "obligations.jsonl"),
    *("*.partial", "*.backup", "*.log"),
)


def files_of(settings: Settings) -> dict[str, Path]:
    """The data directory's own files by their path in it: not the database, the journal, logs or backups."""
    base = settings.data
    found = {}
    for path in sorted(base.rglob("*")) if base.is_dir() else ():
        name = path.relative_to(base)
        if path.is_file() and not path.is_symlink() and not any(fnmatch(name.parts[0], no) for no in _NOT):
            found[name.as_posix()] = path
    return found


def fingerprint(settings: Settings) -> str:
    """By which the master secret is known again, and nothing else."""
    return _mark(secrets.load(settings.data, settings.secret))


def fingerprint_of(master: bytes) -> str:
    """The same of a secret file's content."""
    return _mark(secrets.Secrets(master.strip()))


def _mark(keys: secrets.Secrets) -> str:
    return hmac.digest(keys.key("backup"), b"fingerprint", "sha256").hex()[:32]


def schema_of(db: Db) -> str:
    """The schema in which this installation's tables are."""
    (name,) = db.execute("SELECT current_schema()::text").fetchone() or ("public",)
    return str(name)


def tables_of(db: Db, schema: str) -> list[str]:
    """Every table, by name."""
    rows = db.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' "
        "AND relpersistence = 'p' ORDER BY relname",
        (schema,),
    ).fetchall()
    return [name for (name,) in rows]


def sizes_of(db: Db) -> dict[str, int]:
    """Bytes of each table, roughly, by its name."""
    return dict(
        db.execute(
            "SELECT relname::text, pg_table_size(oid) + 8192 FROM pg_class "
            "WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
        ).fetchall()
    )


def rows_of(db: Db, schema: str) -> dict[str, int]:
    """Rows of each table."""
    found = {}
    for name in tables_of(db, schema):
        (count,) = db.execute(f'SELECT count(*) FROM "{schema}"."{name}"').fetchone() or (0,)
        found[name] = int(count)
    return found


class Taken(msgspec.Struct, frozen=True):
    """The newest backup: when, how many hours ago, and whether it was sealed with a passphrase."""

    at: Instant
    hours: float
    sealed: bool


def note_taken(db: Db, *, sealed: bool) -> None:
    """Remember that a backup was taken now."""
    db.execute(
        "INSERT INTO backup_taken (at, sealed) VALUES (clock_timestamp(), %s) "
        "ON CONFLICT (one) DO UPDATE SET at = excluded.at, sealed = excluded.sealed",
        (sealed,),
    )


def last_taken(db: Db) -> Taken | None:
    """The newest backup that this database knows of; copies of files and of disks it does not know."""
    row = db.execute(
        "SELECT at, (extract(epoch FROM clock_timestamp() - at) / 3600)::float8, sealed FROM backup_taken"
    ).fetchone()
    return Taken(*row) if row else None
