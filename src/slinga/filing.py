"""Imports from files, put together: what other stages do for one, and the round that works them off.

In: settings, a connection, what was asked for at the desk. Out: imports begun, gone on with, taken back.
Always true: one process works on files at a time; whatever was asked for is done once, also over a crash.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from slinga.delivery.book import store as book
from slinga.engine.jobs import in_force, load
from slinga.engine.model import Program
from slinga.imports import jobs, plans
from slinga.imports import store as imports
from slinga.imports.jobs import Parts
from slinga.imports.people import Stages
from slinga.imports.plans import Tally, Tell
from slinga.imports.undo.jobs import Undoing
from slinga.imports.undo.jobs import undo as take_back
from slinga.imports.uploads import store as uploads
from slinga.imports.uploads.store import Upload
from slinga.kernel.errors import Conflict, SlingaError
from slinga.privacy import store as privacy
from slinga.runtime import secrets
from slinga.runtime.db import LOST, Db
from slinga.runtime.settings import Settings
from slinga.segments.projection import Projection
from slinga.segments.store import drop_projection, save_projection


def undoing() -> Undoing:
    """What the engine, segments and delivery do when an import is taken back."""
    return Undoing(_program, _project, book.unsuppress)


def _program(db: Db) -> Program:
    return load(db, in_force(db).number)


def _project(db: Db, people: Sequence[Projection], gone: Sequence[str]) -> None:
    save_projection(db, people)
    drop_projection(db, gone)


def parts_of(settings: Settings) -> Parts:
    """What delivery, the engine and privacy do for an import."""
    key_of = book.key_maker(secrets.load(settings.data, settings.secret).key("addresses"))
    return Parts(key_of, _suppress, stages, lambda db: in_force(db).zone or settings.zone, _gone)


def _gone(db: Db, keys: Sequence[bytes]) -> set[bytes]:
    return privacy.erased_addresses(db, keys)


def _suppress(db: Db, wanted: Sequence[tuple[bytes, str, str]], detail: str) -> set[tuple[bytes, str]]:
    known = book.suppressions(db, [key for key, _, _ in wanted])
    new = {(key, scope) for key, scope, _ in wanted if scope not in known.get(key, {})}
    for key, scope, reason in wanted:
        if (key, scope) in new:
            book.suppress(db, key, scope, reason, detail=detail)
    return new


def stages(db: Db) -> Stages:
    """Which models, stages and statuses are in force."""
    models = {key: compiled.model for key, compiled in load(db, in_force(db).number).models.items()}

    def check(model: str, stage: str, status: str) -> str:
        found = models.get(model)
        if found is None:
            return f"there is no lifecycle model {model!r} in force"
        known = {each.key: each for each in found.stages}
        if stage not in known:
            return f"{model} has no stage of this name; it has {', '.join(known)}"
        statuses = [each.key for each in known[stage].statuses]
        if status and status not in statuses:
            return f"{stage} has no status {status!r}; it has {', '.join(statuses) or 'none'}"
        return ""

    return check


TELL_S = 0.3
"""How often progress is written down."""
log = structlog.get_logger("files")


class Stopping(Exception):
    """This process is to stop; what was begun goes on in the next."""


class Filer:
    """Works off what was asked for at the desk, one thing a turn. `stopping` is asked between chunks."""

    def __init__(self, settings: Settings, stopping: Callable[[], bool] = lambda: False) -> None:
        self._settings, self._stopping = settings, stopping
        self._swept = 0.0

    def turn(self, db: Db) -> bool:
        """Do the next thing; whether there was one. Faults of files are told in their rows."""
        if not uploads.hold(db):
            return False
        try:
            return self._undo(db) or self._take(db)
        except Stopping:
            return False
        finally:
            self._sweep(db)
            uploads.let_go(db)

    def _told(self, write: Callable[[str, int, int], None]) -> Tell:
        last = 0.0

        def tell(tally: Tally) -> None:
            nonlocal last
            if self._stopping():
                raise Stopping
            if (now := time.monotonic()) - last >= TELL_S:
                last = now
                write(tally.phase, tally.done, tally.total)

        return tell

    def _undo(self, db: Db) -> bool:
        found = uploads.next_undo(db)
        if found is None:
            return False
        number = found.number
        tell = self._told(lambda phase, done, total: uploads.tell_undo(db, number, phase, done, total))
        fault = _fault_of(lambda: take_back(db, number, undoing(), tell))
        uploads.end_undo(db, number, fault)
        return True

    def _take(self, db: Db) -> bool:
        found = uploads.following(db)
        if found is None:
            return False
        fault = _fault_of(lambda: self._import(db, found))
        uploads.end(db, found.id, fault)
        if not fault:
            forget(Path(found.path))
        return True

    def _import(self, db: Db, found: Upload) -> None:
        tell = self._told(lambda phase, done, total: uploads.tell(db, found.id, phase, done, total))
        path, parts = Path(found.path), parts_of(self._settings)
        number = found.number or self._begun_before(db, path, found)
        if number is None:
            plan = plans.plan([path], found.mapping)
            number, staged = jobs.begin(db, plan, self._work(found), report_of(path), found.by, tell)
        else:
            row = imports.find(db, number)
            if row is not None and row.state == "done":
                return
            plan, staged = jobs.again(db, number, [path], self._work(found), tell)
        uploads.begun(db, found.id, number)
        try:
            jobs.run(db, number, plan, staged, parts, tell=tell)
        finally:
            staged.close()

    def _begun_before(self, db: Db, path: Path, found: Upload) -> int | None:
        """The import of these bytes that a crash left without its number here."""
        stands = imports.same_files(db, [plans.digest_of(path)], found.mapping)
        if stands is None:
            return None
        if stands[1] == "running":
            return stands[0]
        raise Conflict(
            "Import %(number)s took this very file in with the same mapping. Nothing was done.",
            number=stands[0],
        )

    def _work(self, found: Upload) -> Path:
        return self._settings.data / "imports" / f"upload-{found.id}"

    def _sweep(self, db: Db) -> None:
        if time.monotonic() < self._swept:
            return
        self._swept = time.monotonic() + 600.0
        for id in uploads.stale(db):
            if path := uploads.drop(db, id):
                forget(Path(path))


def report_of(path: Path) -> Path:
    """Where the report of an uploaded file lies."""
    return path.with_name("not-taken.csv")


def forget(path: Path) -> None:
    """Delete an uploaded file; its folder too unless a report lies there."""
    path.unlink(missing_ok=True)
    if not report_of(path).exists():
        shutil.rmtree(path.parent, ignore_errors=True)


def _fault_of(work: Callable[[], object]) -> str:
    """Do it; why it failed, "" where it did not.

    What nobody foresaw is told like the rest: else it would end this process, and each that follows.
    Raises Stopping, and what a lost connection raises.
    """
    try:
        work()
    except SlingaError as fault:
        log.warning("work on a file failed", fault=type(fault).__name__)
        return f"{fault.field}: {fault.message}" if fault.field else fault.message
    except OSError as fault:
        log.warning("work on a file failed", fault=type(fault).__name__)
        return f"The file could not be worked on: {fault.strerror or fault}. Mend it and try again."
    except (Stopping, *LOST):
        raise
    except Exception:
        log.exception("work on a file failed")
        return "Something went wrong with this file. The log says more."
    return ""
