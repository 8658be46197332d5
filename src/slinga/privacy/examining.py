"""What `slinga doctor` says of the obligations journal.

In: settings, a connection. Out: checks.
Always true: looking changes nothing.
"""

from pathlib import Path

from slinga.kernel.errors import SlingaError
from slinga.privacy import journal
from slinga.runtime import obligations
from slinga.runtime.db import Db
from slinga.runtime.doctor import BAD, GOOD, WARN, Check
from slinga.runtime.settings import Settings

_NAME = "obligations journal"
_SOME = 20
"""So many may wait for a moment while a worker is at it."""


def examine(db: Db, settings: Settings) -> list[Check]:
    """Whether the journal is whole, up to date, and where a fault of the database's disk leaves it alone."""
    path = settings.journal_path
    waiting = obligations.lag(db)
    if not path.exists():
        if obligations.journals(db):
            remedy = "Put the newest copy there, or name it in SLINGA_JOURNAL."
            return [Check(_NAME, BAD, f"{path} is gone, but the database had one", remedy)]
        if waiting > _SOME:
            return [_late(waiting, path)]
        return [Check(_NAME, GOOD, f"{path} begins with the first obligation")]
    try:
        last = journal.Position()
        for line in journal.read(path):
            last = journal.Position(line.n, line.hash)
        end = journal.tail(path)
        known, _ = obligations.known(db, end.name)
    except SlingaError as fault:
        return [Check(_NAME, BAD, fault.message)]
    if known > last.n:
        finding = f"{path} ends at line {last.n}, the database knows {known}"
        return [Check(_NAME, BAD, finding, "The file was put back from an old copy: put the newest there.")]
    if waiting > _SOME:
        return [_late(waiting, path)]
    found = [Check(_NAME, GOOD, f"{path} is whole, {last.n} lines")]
    if not settings.database_url and _same_volume(path, settings.data):
        remedy = (
            "One broken disk takes both. Name a file on another volume in SLINGA_JOURNAL, or copy it there."
        )
        found = [Check(_NAME, WARN, f"{path} is on the volume of the database", remedy)]
    return found


def _late(waiting: int, path: Path) -> Check:
    remedy = f"Is a worker running, and may it write {path}?"
    return Check(_NAME, BAD, f"{waiting} obligations are not in the journal", remedy)


def _same_volume(path: Path, data: Path) -> bool:
    return data.exists() and path.stat().st_dev == data.stat().st_dev
