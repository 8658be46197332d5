"""A loop over the database: work while there is any, then wait for a hint or a moment.

In: a connection string and what one turn does. Out: nothing; returns when asked to stop.
Always true: a lost connection is opened again, with growing pauses; a hint (NOTIFY) only shortens the wait,
it is never relied on; between two turns nothing is held.
"""

from collections.abc import Callable

import structlog

from slinga.kernel.errors import Unavailable
from slinga.runtime.db import LOST, Db, connect
from slinga.runtime.heart import Heart
from slinga.runtime.process import Stop

IDLE_S = 0.5
"""How long to wait for a hint before looking anyway."""

LONGEST_PAUSE_S = 15.0

log = structlog.get_logger("loop")

Turn = Callable[[], bool]
"""Does one portion of work; whether there was any."""


def run(url: str, stop: Stop, begin: Callable[[Db], Turn], *, name: str, hint: str = "slinga_input") -> None:
    """Run turns until `stop`. `begin` gets each fresh connection and returns the turn that uses it.

    Faults of the connection are survived; any other fault ends the process, whose supervisor starts it anew.
    """
    pause = 0.5
    while not stop.asked:
        try:
            with connect(url, application=f"slinga {name}") as db:
                db.execute(f'LISTEN "{hint}"')
                turn, heart = begin(db), Heart(name)
                while not stop.asked:
                    heart.beat(db)
                    if not turn():
                        for _ in db.notifies(timeout=IDLE_S, stop_after=1):
                            pass
                    pause = 0.5
                heart.stop(db)
        except (*LOST, Unavailable) as fault:
            if stop.asked:
                return
            log.warning("connection lost", fault=type(fault).__name__, pause_s=pause)
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
