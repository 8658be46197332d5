"""What runs delivery ends when it must, and begins again when it can."""

import threading
from pathlib import Path

import psycopg
import pytest

from slinga.delivery.returns.jobs import Turn
from slinga.loops import run_delivery
from slinga.runtime.process import Stop
from slinga.runtime.settings import load


def test_delivery_that_falls_ends_its_process(db, database_url: str, tmp_path: Path) -> None:
    """A process that hangs is never started anew."""
    db.execute("ALTER TABLE delivery_hold RENAME TO hidden")
    settings = load({"SLINGA_DATABASE_URL": database_url, "SLINGA_DATA_DIR": str(tmp_path)})
    fell: list[BaseException] = []

    def run() -> None:
        try:
            run_delivery(settings, Stop())
        except BaseException as fault:
            fell.append(fault)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    assert isinstance(fell[0], psycopg.errors.UndefinedTable)


def test_one_process_polls_and_goes_on_after_its_connection_was_lost(db, database_url: str) -> None:
    first, second = Turn(database_url), Turn(database_url)
    assert first.mine() and first.mine() and not second.mine()
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'slinga returns'"
    )
    for turn in (first, second):
        with pytest.raises(psycopg.OperationalError):
            turn.mine()
    assert second.mine() and not first.mine()
    second.end()
    assert first.mine()
    first.end()
