"""Ask for rehearsals, and play them one after another beside the live work.

In: requests, a database. Out: rows that tell how far each is, and reports.
Always true: playing happens in processes of their own, so it never holds up the live worker's; a fault in one
is told in its row and ends nothing else.
"""

from typing import Any

import msgspec
import structlog

from slinga.kernel.errors import Missing, SlingaError
from slinga.rehearsal import model
from slinga.rehearsal.asked import store
from slinga.rehearsal.asked.model import Asked
from slinga.rehearsal.jobs import rehearse
from slinga.rehearsal.report import document
from slinga.runtime.db import FAULTS, Db, connect
from slinga.runtime.process import Stop

LOOK_S = 1.0
PROCESSES = 2
WENT_WRONG = "Something went wrong while it was played. The log says more."
_log = structlog.get_logger("rehearsals")


class _Cancelled(Exception):
    """Somebody does not want it any more."""


def ask(db: Db, journey: str, request: model.Request, *, by: str) -> int:
    """Have a rehearsal played in the background; its number. Raises Invalid for one that cannot be meant."""
    model.check(request)
    given: dict[str, Any] = msgspec.to_builtins(request)
    return store.ask(db, journey, given, by)


def of_journey(db: Db, journey: str) -> list[Asked]:
    """Those of a journey, newest first, without their reports."""
    return store.of_journey(db, journey)


def find(db: Db, journey: str, number: int = 0) -> Asked | None:
    """One with its report; number 0 is the newest that came to its end, None where there is none.

    Raises Missing for a number that is not of this journey.
    """
    if not number:
        return store.last_done(db, journey)
    found = store.one(db, number)
    if found is None or found.journey != journey:
        raise Missing("There is no such rehearsal. Only the newest are kept.", field="number")
    return found


def cancel(db: Db, number: int) -> bool:
    """Play one no further; whether it was still open."""
    return store.cancel(db, number)


def turn(db: Db, url: str, *, processes: int = PROCESSES) -> bool:
    """Play the next one to its end; whether there was one."""
    taken = store.take(db)
    if taken is None:
        return False
    number, given = taken

    def progress(done: int, parts: int) -> None:
        if not store.beat(db, number, done, parts):
            raise _Cancelled

    try:
        report = rehearse(url, model.parse(given), progress, processes=processes)
    except _Cancelled:
        return True
    except SlingaError as fault:
        store.finish(db, number, "failed", None, fault.message)
    except FAULTS:
        raise
    except Exception:
        _log.exception("a rehearsal failed", number=number)
        store.finish(db, number, "failed", None, WENT_WRONG)
    else:
        store.finish(db, number, "done", nameless(document(report)))
    return True


def nameless(value: Any) -> Any:
    """A report without its examples of people, so that nothing of anybody is kept with it."""
    if isinstance(value, dict):
        return {
            k: [] if k in ("examples", "entries") and isinstance(v, list) else nameless(v)
            for k, v in value.items()
        }
    return [nameless(each) for each in value] if isinstance(value, list | tuple) else value


def run(url: str, stop: Stop) -> None:
    """Play whatever is asked for until asked to stop."""
    while not stop.asked:
        try:
            with connect(url, application="slinga rehearsals") as db:
                while not stop.asked:
                    if not turn(db, url):
                        stop.wait(LOOK_S)
        except FAULTS:
            stop.wait(5.0)
