"""A part's heartbeat, in the database, where `health` reads it.

In: beats. Out: one row per process. Always true: it writes every few seconds at most, however often it beats;
the loops need this and not the web's half of it.
"""

import os
import socket
import time

from slinga.runtime.db import Db, statements

S = statements(__file__)
EVERY_S = 5.0


class Heart:
    """A part's heartbeat: call `beat` often, it writes every few seconds."""

    def __init__(self, name: str) -> None:
        self._who = {"name": name, "process": f"{socket.gethostname()} {os.getpid()}"}
        self._next = 0.0

    def beat(self, db: Db) -> None:
        """Tell that this process works."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + EVERY_S
            db.execute(S.beat, self._who)
            db.execute(S.forget)

    def stop(self, db: Db) -> None:
        """Tell that it ends."""
        db.execute(S.leave, self._who)
