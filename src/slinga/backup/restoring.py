"""Restore a backup: verify, load, hold, replay.

In: an archive, an empty place. Out: the database as it was, held, with what was forbidden since.
Always true: nothing is written before the archive has verified; the database is loaded whole or not at all,
its hold in the same transaction; what is in the way is moved aside or refused, never overwritten.
"""

import os
import subprocess
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from slinga.backup import archive
from slinga.backup.dump import TABLE, fitted
from slinga.backup.model import DATABASE, MANIFEST, Manifest, parse
from slinga.backup.places import FILES, JOURNAL, fingerprint, fingerprint_of, rows_of, schema_of, tables_of
from slinga.delivery.book.jobs import key_maker
from slinga.kernel.errors import Conflict, Unavailable
from slinga.privacy.replay import replay
from slinga.runtime import secrets, tools
from slinga.runtime.database import open_database, reach
from slinga.runtime.db import Db
from slinga.runtime.migrations import files as known_migrations
from slinga.runtime.migrations import migrate
from slinga.runtime.place import Place
from slinga.runtime.postgres import locked_place
from slinga.runtime.settings import Settings

Say = Callable[[str], None]
Progress = Callable[[str, int, int], object]
"""Told (what is done, done, total)."""


class Restored(msgspec.Struct, frozen=True):
    """What was done."""

    manifest: Manifest
    replayed: int
    migrated: int
    aside: str
    """Where the database that was there before lies now."""


def restore(
    settings: Settings,
    path: Path,
    *,
    passphrase: str = "",
    replace: bool = False,
    say: Say = lambda _: None,
    progress: Progress = lambda _, __, ___: None,
) -> Restored:
    """Put the backup at `path` where the settings say.

    With `replace` an embedded database that is there is moved aside. Raises Conflict when the place is not
    empty, Slinga runs on it, the backup does not verify, is of a newer release or of another secret.
    """
    manifest, master = _verify(path, passphrase, progress)
    _fits(manifest)
    _same_secret(settings, manifest, master)
    aside = "" if settings.database_url else _make_room(settings, replace, say)
    with open_database(settings, say, attach=False) as database, reach(database.url) as db:
        _empty(db, manifest)
        _load(database.url, path, passphrase, manifest, progress)
        _agrees(db, manifest)
        say("Gathering statistics")
        db.execute("ANALYZE")
        _put_files(settings, path, passphrase)
        migrated = migrate(db, say=say)
        keys = secrets.load(settings.data, settings.secret)
        replayed = replay(
            db,
            settings.journal_path,
            key_maker(keys.key("addresses")),
            progress=lambda done, total: progress("Replaying obligations", done, total),
        )
    return Restored(manifest, replayed, len(migrated), aside)


def _verify(path: Path, passphrase: str, progress: Progress) -> tuple[Manifest, bytes]:
    """Read all of it once; the manifest, and the secret file if the backup has one."""
    size = path.stat().st_size if path.exists() else 0
    manifest, master = None, b""
    for entry in archive.read(path, passphrase):
        if entry.name == MANIFEST:
            manifest = parse(entry.data)
        elif entry.name == f"{FILES}{secrets.FILE}":
            master = entry.data
        progress("Verifying", entry.done, size)
    assert manifest is not None  # archive.read refuses a file without one
    return manifest, master


def _fits(manifest: Manifest) -> None:
    known = {migration.name: migration.checksum for migration in known_migrations()}
    for name, checksum in manifest.migrations.items():
        if known.get(name) != checksum:
            raise Conflict(
                f"This backup is of release {manifest.release} and has {name}, which this Slinga does not "
                "know. Restore it with that release or a later one."
            )


def _same_secret(settings: Settings, manifest: Manifest, master: bytes) -> None:
    """Under another secret, hashes of addresses and links in sent mail would mean nothing."""
    if settings.secret or (settings.data / secrets.FILE).exists():
        if fingerprint(settings) != manifest.secret:
            where = "SLINGA_SECRET" if settings.secret else f"the file {settings.data / secrets.FILE}"
            raise Conflict(
                f"The backup belongs to another master secret than {where}: suppressions and links would "
                "stop working. Use the secret of the installation backed up, or an empty data directory."
            )
    elif not master or fingerprint_of(master) != manifest.secret:
        raise Conflict("The backup holds no secret: it came from SLINGA_SECRET. Set that to the same value.")


def _make_room(settings: Settings, replace: bool, say: Say) -> str:
    """Move an embedded database aside; where it is then."""
    place = Place(settings.data, say)
    if not place.data.exists():
        return ""
    if not replace:
        raise Conflict(
            f"There is a database in {place.data} already. Name another SLINGA_DATA_DIR, or say --replace: "
            "it is then moved aside, not deleted."
        )
    with locked_place(place, say):
        to = place.data.with_name(f"postgres-replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
        place.data.rename(to)
    return str(to)


def _empty(db: Db, manifest: Manifest) -> None:
    if found := tables_of(db, schema_of(db)):
        raise Conflict(
            f"The database is not empty: it has {len(found)} tables, such as {found[0]}. Create an empty one "
            "and name it in SLINGA_DATABASE_URL."
        )
    if schema_of(db) != manifest.schema:
        raise Conflict(
            f"The backup's tables are in schema {manifest.schema}, the connection's is {schema_of(db)}. "
            f"Create schema {manifest.schema} and name it in the connection's search_path."
        )


def _load(url: str, path: Path, passphrase: str, manifest: Manifest, progress: Progress) -> None:
    """All in one transaction: a load that is killed leaves nothing."""
    why = f"restored from a backup taken {manifest.taken_at}"
    end = (
        f'\nDELETE FROM "{manifest.schema}".instance;\n'
        f"INSERT INTO \"{manifest.schema}\".instance (name) VALUES ('hold: {why}');\n"
    )
    if "0151_journal_and_hold.sql" in manifest.migrations:
        end += f"UPDATE \"{manifest.schema}\".instance SET hold = '{why}';\n"
    end += "COMMIT;\n"
    running = tools.start(
        "psql",
        url,
        *("--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--output", os.devnull),
        stdin=subprocess.PIPE,
        bufsize=0,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert running.stdin is not None and running.stderr is not None
    with running.stdin, running.stderr:
        try:
            # Not psql's own single transaction: that commits when its input ends because we were killed.
            running.stdin.write(b"BEGIN;\n")
            for text in _sql(path, passphrase, progress):
                running.stdin.write(text)
            running.stdin.write(end.encode())
            running.stdin.close()
        except BrokenPipeError:
            pass  # it says why below
        except BaseException:
            running.kill()
            running.wait()
            raise
        said = running.stderr.read().decode("utf-8", "replace").strip()
    if running.wait() != 0:
        raise Unavailable(f"The database refused the backup, and nothing of it was kept: {said[-1500:]}")


def _sql(path: Path, passphrase: str, progress: Progress) -> Iterator[bytes]:
    """The dump as text, its head fitted to the place."""
    size = path.stat().st_size
    unpack = zlib.decompressobj(wbits=31)
    head: bytes | None = b""
    for entry in archive.read(path, passphrase):
        progress("Loading", entry.done, size)
        if not entry.name.startswith(f"{DATABASE}."):
            continue
        text = unpack.decompress(entry.data)
        if head is None:
            yield text
            continue
        head += text
        if TABLE in head:
            yield fitted(head)
            head = None
    if head:
        yield fitted(head)
    yield unpack.flush()


def _agrees(db: Db, manifest: Manifest) -> None:
    found = rows_of(db, manifest.schema)
    for table, count in manifest.rows.items():
        if table != "instance" and found.get(table) != count:
            raise Conflict(
                f"Table {table} has {found.get(table)} rows after loading; the backup had {count}."
            )


def _put_files(settings: Settings, path: Path, passphrase: str) -> None:
    """Files that are not there yet; the journal that is there is newer than the backup's."""
    for entry in archive.read(path, passphrase):
        if entry.name.startswith(FILES):
            target = settings.data / entry.name.removeprefix(FILES)
            if not target.resolve().is_relative_to(settings.data.resolve()):
                raise Conflict(f"The backup names a file outside the data directory: {entry.name}")
        elif entry.name == JOURNAL:
            target = settings.journal_path
        else:
            continue
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=entry.mode)
        target.write_bytes(entry.data)
