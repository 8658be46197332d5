"""What goes on beside the engine: one part that fails leaves the others at work."""

from pathlib import Path

import psycopg
import pytest

from slinga.kernel.clock import DAY
from slinga.loops import resting, rounds
from slinga.runtime import clock
from slinga.runtime.db import At, Db
from slinga.runtime.process import Stop
from slinga.runtime.settings import load


def test_one_part_that_fails_leaves_the_others_at_work(db: Db, database_url: str, tmp_path: Path) -> None:
    db.execute("ALTER TABLE broadcast RENAME TO hidden")
    old = {"at": At(clock.now(db) - 30 * DAY)}
    db.execute(
        "INSERT INTO idempotent (api_key, key, request, status, answer, at) "
        "VALUES (1, 'k', '', 200, '', %(at)s)",
        old,
    )
    settings = load({"SLINGA_DATABASE_URL": database_url, "SLINGA_DATA_DIR": str(tmp_path)})
    turn = rounds(settings, Stop(), db)
    while turn():
        pass
    assert db.execute("SELECT count(*) FROM idempotent").fetchone() == (0,)


def test_a_part_that_failed_rests_and_a_lost_connection_is_raised() -> None:
    faults: list[Exception] = [ValueError("odd"), psycopg.OperationalError("gone")]

    def work() -> bool:
        raise faults.pop(0)

    part = resting("odd", work)
    assert part() is False and part() is False and len(faults) == 1
    with pytest.raises(psycopg.OperationalError):
        resting("gone", work)()
