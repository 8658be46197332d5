"""Everything that is known of a person, as one zip of JSON and CSV (GDPR articles 15 and 20).

In: a person's key. Out: a zip file with a part for each kind of thing, and what each part is.
Always true: one snapshot, so no part contradicts another; every table of `tables` that shows in an export is
in it, for every key that became this person; nothing about anybody else who shares an address.
"""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

import msgspec

from slinga.kernel.clock import Instant, iso
from slinga.kernel.errors import Missing
from slinga.privacy import store
from slinga.privacy.erase import KeyOf, Known, know
from slinga.privacy.sections import PARTS, cell, document, journeys, profile, template_at
from slinga.privacy.tables import TABLES
from slinga.privacy.tombstones import needles
from slinga.runtime import clock
from slinga.runtime.db import Db

IN_MEMORY = 8_000_000
"""Bytes of an export kept in memory; a longer one goes to a temporary file without a name."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


def export(db: Db, person: str, *, key_of: KeyOf) -> IO[bytes]:
    """The zip, as an open file at its beginning. Raises Missing for a key nobody has."""
    with db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        known = know(db, person)
        if known is None:
            raise Missing("Nobody is known by this key.", field="person")
        file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller's to close
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            counts = {}
            for name, rows in _parts(db, known, key_of):
                counts[name] = _write(archive, name, rows)
            _readme(archive, counts, clock.now(db))
    file.seek(0)
    return file


def _parts(
    db: Db, known: Known, key_of: KeyOf
) -> Iterator[tuple[str, Iterable[Mapping[str, Any]] | Mapping[str, Any]]]:
    keys = known.keys
    states = store.rows(db, keys)
    living = [state for state, forward in states.values() if forward is None]
    for state in living[:1]:
        yield "profile", profile(state, keys)
        yield "journeys", journeys(state)
    yield (
        "identifiers",
        [{"kind": kind, "value": value} for kind, values in known.identifiers.items() for value in values],
    )
    mine = store.messages(db, keys)
    shared = store.sharing(db, keys, known.addresses)
    own = [key_of(each) for each in known.addresses if each.lower() not in shared]
    versions = store.template_versions(db)
    for table in TABLES.values():
        if table.section and table.by != "text":
            rows = store.select(db, table, keys, mine, own)
            yield table.section, (_told(table.section, document(row), row, versions) for row in rows)
    words = needles(known.identifiers, [each for each in known.addresses if each.lower() not in shared])
    yield "quarantine", (document(row) for row in store.refused(db, store.quarantined(db, words)))


def _told(
    section: str, found: dict[str, Any], row: Mapping[str, Any], versions: list[tuple[str, int, Instant]]
) -> dict[str, Any]:
    if section == "messages" and row["template"]:
        found["template_version"] = template_at(versions, row["template"], row["planned_at"])
    return found


def _write(archive: zipfile.ZipFile, name: str, rows: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> int:
    """One part as JSON, and as CSV where it has rows; how many rows."""
    if isinstance(rows, Mapping):
        archive.writestr(_entry(f"{name}.json"), msgspec.json.format(msgspec.json.encode(rows), indent=1))
        return 1
    count, head = 0, []
    lines = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed below
    with lines, archive.open(_entry(f"{name}.json"), "w", force_zip64=True) as out:
        out.write(b"[")
        for row in rows:
            encoded = msgspec.json.encode(row)
            out.write((b",\n" if count else b"\n") + encoded)
            lines.write(encoded + b"\n")
            head += [each for each in row if each not in head]
            count += 1
        out.write(b"\n]\n")
        out.close()
        lines.seek(0)
        with archive.open(_entry(f"{name}.csv"), "w", force_zip64=True) as sheet:
            text = io.TextIOWrapper(sheet, "utf-8", newline="", write_through=True)
            writer = csv.writer(text)
            writer.writerow(head)
            for line in lines:
                row = msgspec.json.decode(line)
                writer.writerow([cell(row.get(each)) for each in head])
            text.detach()
    return count


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry without the machine's clock, readable by its owner."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _readme(archive: zipfile.ZipFile, counts: Mapping[str, int], at: Instant) -> None:
    lines = [f"Everything that is known of one person, as it stood on {iso(at)}.", ""]
    lines += [f"{name}: {counts[name]} - {what}" for name, what in PARTS.items() if name in counts]
    lines += ["", "Each part is a JSON file; parts with rows are CSV files too. Instants are in UTC."]
    archive.writestr(_entry("README.txt"), "\n".join(lines) + "\n")
