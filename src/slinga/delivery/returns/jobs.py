"""Whose turn it is to read the mailbox of bounces.

In: the address of the database. Out: whether this process reads. Always true: of all processes one reads, the
one whose connection was first; when that connection ends another takes over.
"""

from contextlib import suppress

import psycopg

from slinga.delivery.returns import store
from slinga.runtime.db import Db, connect


class Turn:
    """This process's claim to the turn, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._db: Db | None = None

    def mine(self) -> bool:
        """Whether it is this process's turn. A lost connection raises once and is then opened again."""
        if self._db is None or self._db.closed:
            self._db = connect(self._url, application="slinga returns")
        return store.first(self._db)

    def end(self) -> None:
        """Leave the turn to another."""
        if self._db is not None:
            with suppress(psycopg.Error):  # closing alone frees it only once the server has noticed
                store.leave(self._db)
            self._db.close()
