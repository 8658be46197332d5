"""Imports as tests and plug-in authors drive them: files in, the import's row out.

In: paths, a mapping document, a database. Out: what an import says of itself.
Always true: the same parts as those of the command.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slinga.filing import parts_of, undoing
from slinga.imports import jobs, plans
from slinga.imports.plans import Tell, silent
from slinga.imports.store import Import
from slinga.imports.undo.jobs import Undone, undo
from slinga.runtime.db import Db
from slinga.runtime.settings import Settings


def take_in(
    db: Db, settings: Settings, paths: Sequence[Path], document: dict[str, Any], *, tell: Tell = silent
) -> Import:
    """Import files by a mapping."""
    plan = plans.plan(paths, document)
    report = paths[0].with_suffix(".errors.csv")
    number, staged = jobs.begin(db, plan, settings.data / "imports", report, "a test")
    try:
        return jobs.run(db, number, plan, staged, parts_of(settings), tell=tell)
    finally:
        staged.close()


def go_on(db: Db, settings: Settings, number: int) -> Import:
    """Resume an import that was interrupted."""
    plan, staged = jobs.again(db, number, (), settings.data / "imports")
    try:
        return jobs.run(db, number, plan, staged, parts_of(settings))
    finally:
        staged.close()


def take_back(db: Db, number: int) -> Undone:
    """Undo an import."""
    return undo(db, number, undoing())
