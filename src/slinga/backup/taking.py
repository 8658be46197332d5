"""Take a backup: a dump of one snapshot, the keys, the files, and what the journal was.

In: settings, a database that works on meanwhile. Out: one archive.
Always true: everything of the database is of one instant; nothing that works is stopped or locked out.
"""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import slinga
from slinga.backup import archive
from slinga.backup.archive import PART, Archive
from slinga.backup.model import DATABASE, FORMAT, Manifest
from slinga.backup.places import (
    DKIM,
    FILES,
    JOURNAL,
    files_of,
    fingerprint,
    note_taken,
    rows_of,
    schema_of,
    sizes_of,
)
from slinga.kernel.errors import Conflict, Unavailable
from slinga.privacy import journal
from slinga.runtime import instance, tools
from slinga.runtime.database import reach
from slinga.runtime.db import FAULTS, Db
from slinga.runtime.migrations import applied
from slinga.runtime.settings import Settings

Progress = Callable[[int, int], object]
"""Told (done, total) in bytes of tables."""


def take(
    settings: Settings,
    url: str,
    target: Path,
    *,
    passphrase: str = "",
    progress: Progress = lambda _, __: None,
) -> tuple[Path, Manifest]:
    """Write a backup of the database at `url` and of the data directory to `target`.

    In a directory it gets a name with the moment. Raises Conflict where the file is there already, and
    Unavailable when the dump fails.
    """
    taken_at = datetime.now(UTC)
    secret = fingerprint(settings)  # makes it where there is none yet, before the files are read
    path = target
    if target.is_dir():
        path = target / f"slinga-{taken_at:%Y%m%dT%H%M%SZ}.backup"
    if path.exists():
        raise Conflict(f"{path} is there already; name another file.")
    if not path.parent.is_dir():
        raise Conflict(f"There is no directory {path.parent}.")
    with reach(url) as db, _snapshot(db) as snapshot, archive.writing(path, passphrase) as to:
        schema = schema_of(db)
        _dump(url, snapshot, schema, to, sizes_of(db), progress)
        rows = rows_of(db, schema)
        checksums = applied(db)
        _files(settings, to)
        manifest = Manifest(
            format=FORMAT,
            release=slinga.__version__,
            taken_at=f"{taken_at:%Y-%m-%dT%H:%M:%SZ}",
            installation=instance.name_of(db, settings),
            postgresql=db.info.server_version,
            schema=schema,
            migrations=checksums,
            rows=rows,
            secret=secret,
            journal=journal.tail(settings.journal_path).n,
            members=tuple(to.members),
        )
        to.end(manifest)
    with suppress(*FAULTS), reach(url) as db:  # the backup is good, whether the database hears of it or not
        note_taken(db, sealed=bool(passphrase))
    return path, manifest


@contextmanager
def _snapshot(db: Db) -> Iterator[str]:
    """A snapshot that others can join while the block lasts."""
    db.execute("SET idle_in_transaction_session_timeout = 0")
    db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    try:
        (name,) = db.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        yield name
    finally:
        db.execute("ROLLBACK")


def _dump(
    url: str, snapshot: str, schema: str, to: Archive, sizes: dict[str, int], progress: Progress
) -> None:
    running = tools.start(
        "pg_dump",
        url,
        *("--snapshot", snapshot, "--schema", schema, "--no-owner", "--no-privileges"),
        *("--compress", "gzip:3", "--verbose"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    said: list[str] = []
    listener = threading.Thread(target=_listen, args=(running, said, sizes, progress), daemon=True)
    listener.start()
    assert running.stdout is not None
    try:
        number = 0
        while part := running.stdout.read(PART):
            to.add(f"{DATABASE}.{number:04}", part)
            number += 1
    except BaseException:
        running.kill()
        raise
    finally:
        running.stdout.close()
        running.wait()
        listener.join()
    if running.returncode != 0:
        faults = [line for line in said if "error" in line] or said[-3:]
        raise Unavailable("The dump failed: " + "\n".join(faults).strip())


def _listen(running: subprocess.Popen, said: list[str], sizes: dict[str, int], progress: Progress) -> None:
    """What pg_dump says of itself: which table it is at, and what went wrong."""
    assert running.stderr is not None
    done, at, total = 0, "", sum(sizes.values())
    for line in running.stderr:
        text = line.decode("utf-8", "replace").strip()
        said.append(text)
        if "dumping contents of table" in text:
            done += sizes.get(at, 0)
            at = text.rsplit(".", 1)[-1].strip('"')
            progress(done, total)
    running.stderr.close()
    progress(total, total)


def _files(settings: Settings, to: Archive) -> None:
    for name, path in files_of(settings).items():
        to.add(f"{FILES}{name}", path.read_bytes(), path.stat().st_mode & 0o777)
    if settings.dkim:
        key = Path(settings.dkim.partition(":")[2])
        to.add(DKIM, key.read_bytes(), 0o600)
    if settings.journal_path.exists():
        to.add(JOURNAL, settings.journal_path.read_bytes(), 0o600)
