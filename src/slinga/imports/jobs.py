"""Take files in: chunk by chunk, resumable, each content once, while live inputs hardly wait.

In: files, a mapping, a connection. Out: inputs in the log, permissions in the ledger, suppressions; the
import's row; a report of errors beside the files.
Always true: a chunk's inputs, what they suppress and permit, and the place behind it commit together, so an
import goes on after a crash where it was; rows = accepted + duplicates + errors.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from psycopg.errors import UniqueViolation

from slinga.connectors.tables import Staged
from slinga.imports import store
from slinga.imports.people import Stages
from slinga.imports.plans import (
    Plan,
    Tally,
    Tell,
    decimal_of,
    digest_of,
    plan,
    read,
    reader_of,
    silent,
    stage,
    units,
)
from slinga.imports.report import Report
from slinga.imports.rows import Fault, Header, Item, Made, Setting
from slinga.imports.store import Chunk, Import
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.errors import Conflict, Missing
from slinga.people import log as permissions
from slinga.people.ledger import Consent, to_input
from slinga.runtime.db import Db

CHUNK = 2_000
"""Inputs per transaction, about: appending holds the log's lock for some tens of milliseconds."""

ROOM = 4_000
"""While workers apply the log, nothing is appended when more inputs than this wait."""

PAUSE_S = 0.05
ATTEMPTS = 3

Suppress = Callable[[Db, Sequence[tuple[bytes, str, str]], str], set[tuple[bytes, str]]]
"""(address key, scope, reason) to suppress, and the import's name: those that were not suppressed yet."""

Gone = Callable[[Db, Sequence[bytes]], set[bytes]]
"""Of these address keys, those that only erased people had."""


def _nobody(db: Db, keys: Sequence[bytes]) -> set[bytes]:
    return set()


class Parts(msgspec.Struct, frozen=True):
    """What other stages do for an import."""

    key_of: Callable[[str], bytes]
    """The keyed hash of an address."""
    suppress: Suppress
    stages: Callable[[Db], Stages]
    zone: Callable[[Db], str]
    gone: Gone = _nobody


def begin(db: Db, plan: Plan, work: Path, report: Path, by: str, tell: Tell = silent) -> tuple[int, Staged]:
    """Read the files and store the import; its number and the rows. Raises Conflict for one that stands."""
    files = [digest_of(each.path) for each in plan.found]
    staged = stage(plan, work, tell)
    with db.transaction():
        number = store.add(
            db, plan.document, files, by, rows=staged.read, duplicates=staged.repeated, report=str(report)
        )
    return number, staged


def run(
    db: Db,
    number: int,
    plan: Plan,
    staged: Staged,
    parts: Parts,
    *,
    tell: Tell = silent,
    patient: bool = True,
) -> Import:
    """Take the rows in from where the import stands to its end; the import afterwards.

    `patient` waits while live inputs would wait. Raises Conflict where another process works on it.
    """
    if not store.claim(db, number):
        raise Conflict("Import %(number)s is being worked on by another process.", number=number)
    try:
        row = _found(db, number)
        if row.state != "running":
            raise Conflict("Import %(number)s is %(state)s.", number=number, state=row.state)
        setting = Setting(number, row.started_at, ZoneInfo(parts.zone(db)), decimal_of(plan))
        reader = reader_of(plan, Header(plan.header), setting, parts.stages(db))
        report = Report(Path(row.report), [each.path.name for each in plan.found], row.report_size)
        pending = _Pending(row.position)
        for position, rows, bad in units(plan, staged, row.position):
            pending.take(position, [*bad, *read(reader, rows)])
            if pending.full:
                _wait(db, patient)
                _write(db, row, setting, pending, parts, report)
                pending = _Pending(position)
                tell(Tally("importing", position, row.rows - staged.repeated))
        _wait(db, patient)
        _write(db, row, setting, pending, parts, report)
        store.move(db, number, "done")
        report.end()
        return _found(db, number)
    finally:
        store.release(db, number)


def _found(db: Db, number: int) -> Import:
    row = store.find(db, number)
    if row is None:
        raise Missing("There is no import %(number)s; `slinga import list` shows them.", number=number)
    return row


class _Pending:
    """What the next transaction will write."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.made: list[Made] = []
        self.faults: list[Fault] = []
        self._items = 0

    def take(self, position: int, found: Sequence[Made | Fault]) -> None:
        self.position = position
        for one in found:
            if isinstance(one, Fault):
                self.faults.append(one)
            else:
                self.made.append(one)
                self._items += len(one.items)

    @property
    def full(self) -> bool:
        return self._items >= CHUNK or len(self.faults) >= 10 * CHUNK


def _wait(db: Db, patient: bool) -> None:
    """Wait while more inputs than a second's worth are to be applied; not where nobody applies them."""
    while patient and store.behind(db, ROOM) >= ROOM and store.workers(db):
        time.sleep(PAUSE_S)


def _write(db: Db, row: Import, setting: Setting, pending: _Pending, parts: Parts, report: Report) -> None:
    """One transaction, tried again where somebody else began the same person's ledger at that moment."""
    for _ in range(ATTEMPTS):
        try:
            return _commit(db, row, setting, pending, parts, report)
        except UniqueViolation:
            report.drop()
    _commit(db, row, setting, pending, parts, report)


def _commit(db: Db, row: Import, setting: Setting, pending: _Pending, parts: Parts, report: Report) -> None:
    chunk = Chunk(pending.position, errors=len(pending.faults))
    report.write(pending.faults)
    with db.transaction():
        made = _without_erased(db, pending, parts, chunk, report)
        fresh = store.first_seen(db, row.id, list(dict.fromkeys(i.id for one in made for i in one.items)))
        consents: list[Consent] = []
        news: list[New] = []
        suppress: list[tuple[bytes, str, str]] = []
        for one in made:
            new = [i for i in one.items if i.id in fresh]
            fresh.difference_update(i.id for i in new)
            if one.rows:
                chunk.accepted += one.rows if new else 0
                chunk.duplicates += 0 if new else one.rows
            if one.note is not None and new:
                chunk.notes += 1
                report.write([one.note], kind="note")
            for i in new:
                if i.new is not None:
                    news.append(i.new)
                elif i.consent is not None:
                    entry = _keyed(i, i.consent, parts)
                    consents.append(entry)
                    news.append(msgspec.structs.replace(to_input(entry), source=setting.source))
                elif i.suppress is not None:
                    suppress.append((parts.key_of(i.suppress.address), i.suppress.scope, i.suppress.reason))
        for key, scope in parts.suppress(db, suppress, setting.source) if suppress else ():
            store.suppressed(db, row.id, key, scope)
        permissions.enter(db, consents)
        people = {new.person for new in news} | {str(n.body["other"]) for n in news if n.kind == "merge"}
        store.remember(db, row.id, setting.source, sorted(people))
        chunk.inputs = len(news)
        chunk.report_size = report.flush()
        if not store.advance(db, row.id, chunk):
            raise Conflict("Import %(id)s is not running any more.", id=row.id)
        log.append(db, _followed(news))


def _without_erased(db: Db, pending: _Pending, parts: Parts, chunk: Chunk, report: Report) -> list[Made]:
    """What is not about somebody who was erased; those rows are errors that say so, without a value."""
    addresses = {a: parts.key_of(a) for one in pending.made for a in one.addresses}
    gone = parts.gone(db, list(addresses.values())) if addresses else set()
    erased = log.erased(db, sorted({one.person for one in pending.made if one.person}))
    if not gone and not erased:
        return pending.made
    left = []
    for one in pending.made:
        if one.person in erased or any(addresses[a] in gone for a in one.addresses):
            chunk.errors += one.rows
            if one.first is not None:
                said = "this person was erased and is not taken in again"
                report.write([Fault(one.first.file, one.first.line, "", said)])
        else:
            left.append(one)
    return left


def _keyed(item: Item, consent: Consent, parts: Parts) -> Consent:
    hashed = parts.key_of(item.address).hex() if item.address else ""
    return msgspec.structs.replace(consent, address_hash=hashed)


def _followed(news: Sequence[New]) -> list[New]:
    """All but each person's last say that more of them follow."""
    last = {new.person: place for place, new in enumerate(news)}
    return [
        new if last[new.person] == place else msgspec.structs.replace(new, body={**new.body, "more": True})
        for place, new in enumerate(news)
    ]


def again(db: Db, number: int, moved: Sequence[Path], work: Path, tell: Tell = silent) -> tuple[Plan, Staged]:
    """The plan and rows of an import that was interrupted. Raises Missing, Conflict where files changed."""
    row = _found(db, number)
    if row.state != "running":
        raise Conflict(
            "Import %(number)s is %(state)s; there is nothing to resume.", number=number, state=row.state
        )
    paths = list(moved) or [Path(file.path) for file in row.files]
    if len(paths) != len(row.files):
        raise Conflict(
            "Import %(number)s is of %(count)s files; name them in the same order.",
            number=number,
            count=len(row.files),
        )
    for path, file in zip(paths, row.files, strict=True):
        if not path.is_file():
            raise Conflict(
                "%(path)s is gone; say where it is: slinga import resume %(number)s FILE...",
                path=path,
                number=number,
            )
        if digest_of(path).sha256 != file.sha256:
            raise Conflict(
                "%(path)s has changed since import %(number)s began; import it as a new file.",
                path=path,
                number=number,
            )
    made = plan(paths, row.mapping)
    return made, stage(made, work, tell)


class Rehearsed(msgspec.Struct):
    """What an import would do, as far as files alone tell."""

    rows: int = 0
    repeated: int = 0
    accepted: int = 0
    errors: int = 0
    items: int = 0
    examples: list[New] = []
    faults: list[Fault] = []


def rehearse(db: Db, plan: Plan, work: Path, parts: Parts, tell: Tell = silent) -> Rehearsed:
    """Read everything and write nothing."""
    setting = Setting(0, store.now(db), ZoneInfo(parts.zone(db)), decimal_of(plan))
    reader = reader_of(plan, Header(plan.header), setting, parts.stages(db))
    staged = stage(plan, work, tell)
    try:
        seen = Rehearsed(staged.read, staged.repeated)
        for position, rows, bad in units(plan, staged, 0):
            for one in [*bad, *read(reader, rows)]:
                if isinstance(one, Fault):
                    seen.errors += 1
                    seen.faults += [one] if len(seen.faults) < 100 else []
                    continue
                seen.accepted += one.rows
                seen.items += len(one.items)
                if len(seen.examples) < 3:
                    seen.examples += [i.new for i in one.items if i.new is not None][: 3 - len(seen.examples)]
            if position % 10_000 < 10:
                tell(Tally("looking", position, staged.read - staged.repeated))
        return seen
    finally:
        staged.close()
