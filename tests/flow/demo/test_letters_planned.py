"""The demo's letters are planned once, as broadcasts that start by themselves."""

from slinga.broadcasts.model import State
from slinga.broadcasts.store import find
from slinga.demo import jobs
from slinga.kernel.clock import DAY
from slinga.runtime import clock
from slinga.runtime.db import Db


def test_letters_are_planned_once_and_start_by_themselves(db: Db) -> None:
    opens_at = jobs.begin(db, "https://shop.example/shop", seed=4, past=200 * DAY)
    jobs.publish_all(db)
    planned = jobs.plan_letters(db)
    assert planned >= 3 and jobs.plan_letters(db) == 0
    rows = db.execute("SELECT key, starts_at FROM broadcast ORDER BY starts_at").fetchall()
    assert len(rows) == planned and rows[0][1] > clock.now(db) and rows[-1][1] > opens_at
    for key, _ in rows:
        row = find(db, key)
        assert row is not None and row.state is State.SCHEDULED
