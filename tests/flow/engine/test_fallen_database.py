"""A database that falls loses what workers committed last, which is applied again to the same end.

Compared is what the kills of workers are compared by; the writer of the log is made slow, so that something
is really lost.
"""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.flow.engine.test_kills import picture, prepare

from slinga.ingest import log
from slinga.loops import make_worker
from slinga.runtime import clock
from slinga.runtime.db import connect
from slinga.runtime.migrations import migrate
from slinga.runtime.postgres import FOR_TESTS, open_server
from slinga.testing.compare import differences
from slinga.testing.story import tell

SLOW = {"synchronous_commit": "on", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
CURSORS = "SELECT sum(cursor)::float8 FROM lane"


def test_what_a_fall_loses_is_applied_again_to_the_same_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("fall")
    folder.chmod(0o711)
    with open_server(folder, overrides={**FOR_TESTS, **SLOW}) as server:
        with connect(server.url) as db:
            migrate(db)
            prepare(db)
            for step in tell(3, people=20, steps=12, events=6, crowd=40):
                clock.freeze(db, step.at)
                with db.transaction():
                    log.append(db, step.inputs)
            log.flush(db)
            make_worker(db).drain()
            before, applied = picture(db), _one(db.execute(CURSORS).fetchone())
            assert server.process is not None
            server.process.kill()
            server.process.wait()
            with pytest.raises(psycopg.OperationalError):
                db.execute("SELECT 1")
        server.revive()
        with connect(server.url) as db:
            assert _one(db.execute(CURSORS).fetchone()) < applied, "nothing was lost"
            make_worker(db).drain()
            after = picture(db)
    assert before["facts"] and before["messages"]
    assert list(differences(after, before))[:10] == []


def _one(row: Any) -> float:
    return float(row[0])
