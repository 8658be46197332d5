"""Imports from files, put together: what other stages do for one, and the round that works them off.

In: settings, a connection, what was asked for at the desk. Out: imports begun, gone on with, taken back.
Always true: one process works on files at a time; whatever was asked for is done once, also over a crash.
"""

from collections.abc import Sequence

from slinga.delivery.book import store as book
from slinga.engine.jobs import in_force, load
from slinga.engine.model import Program
from slinga.imports.jobs import Parts
from slinga.imports.people import Stages
from slinga.imports.undo.jobs import Undoing
from slinga.privacy import store as privacy
from slinga.runtime import secrets
from slinga.runtime.db import Db
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
