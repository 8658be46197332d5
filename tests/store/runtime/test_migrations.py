"""Migrations: whole or not at all, once, in order, and never edited afterwards."""

import threading
from contextlib import suppress

import psycopg
import pytest

from slinga.kernel.errors import Conflict, Unavailable
from slinga.runtime import migrations
from slinga.runtime.db import Db, connect
from slinga.runtime.migrations import Migration, applied, files, migrate, pending, require_current

ONE = Migration("9001_one.sql", "CREATE TABLE one (n int); INSERT INTO one VALUES (1);")
TWO = Migration("9002_two.sql", "CREATE TABLE two (n int);")
BAD = Migration("9002_two.sql", "CREATE TABLE two (n int); SELECT nonsense;")


def test_a_fresh_database_is_current(db: Db) -> None:
    require_current(db)
    assert list(applied(db)) == [migration.name for migration in files()]


def test_pending_is_refused_and_names_the_command(db: Db) -> None:
    db.execute("DELETE FROM migration WHERE name LIKE '0001%'")
    with pytest.raises(Conflict, match=r"0001_clock_and_log\.sql.*slinga migrate"):
        require_current(db)


def test_a_changed_file_is_refused(db: Db) -> None:
    known = [*files(), ONE]
    assert migrate(db, known) == ["9001_one.sql"]
    with pytest.raises(Conflict, match="changed after it was applied"):
        pending(db, [*files(), Migration(ONE.name, ONE.text + " ")])


def test_one_can_go_back_a_release_unless_the_newer_says_no(db: Db) -> None:
    migrate(db, [*files(), ONE])
    assert pending(db) == []
    migrate(db, [*files(), ONE, Migration("9002_two.sql", "-- breaks: the old reads it\nDROP TABLE one")])
    with pytest.raises(Conflict, match=r"newer Slinga.*9002_two"):
        pending(db)


STEPS = Migration(
    "9003_steps.sql",
    """-- stepwise
CREATE TABLE IF NOT EXISTS many (n int, twice int);
INSERT INTO many SELECT generate_series(1, 50) WHERE NOT EXISTS (SELECT FROM many);
-- repeat
UPDATE many SET twice = n * 2 WHERE n IN (SELECT n FROM many WHERE twice IS NULL LIMIT 20);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS many_n ON many (n);
ALTER TABLE many ADD CONSTRAINT has_twice CHECK (twice IS NOT NULL) NOT VALID;
ALTER TABLE many VALIDATE CONSTRAINT has_twice;
""",
)


class Killed(Exception):
    """Stands for SIGKILL: no code of ours runs after it on the connection."""


@pytest.mark.parametrize("at", range(1, 7))
def test_a_stepwise_file_goes_on_where_it_was_killed(db: Db, database_url: str, at: int) -> None:
    reached = []

    def kill(name: str, number: int) -> None:
        reached.append(number)
        if number == at:
            with connect(database_url) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (victim.info.backend_pid,))
            raise Killed

    with connect(database_url) as victim, suppress(psycopg.OperationalError, Killed):
        migrate(victim, [*files(), STEPS], step=kill)
    assert reached == list(range(1, at + 1))
    assert STEPS.name not in applied(db)
    assert migrate(db, [*files(), STEPS]) == [STEPS.name]
    assert db.execute("SELECT sum(twice), count(*) FROM many").fetchone() == (2550, 50)


def test_an_index_half_made_is_made_anew(db: Db) -> None:
    migrate(db, [*files(), ONE])
    db.execute("INSERT INTO one VALUES (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY one_n ON one (n)")
    db.execute("DELETE FROM one")
    index = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_n ON one (n);"
    migrate(db, [*files(), ONE, Migration("9004_index.sql", index)])
    assert db.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'one_n'::regclass").fetchone() == (
        True,
    )


def test_nobody_waits_longer_than_a_second_behind_a_migration(
    db: Db, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "LOCK_WAIT", "20ms")
    monkeypatch.setattr(migrations, "PAUSE_S", 0.01)
    monkeypatch.setattr(migrations, "ATTEMPTS", 3)
    wants = Migration("9005_wants.sql", "ALTER TABLE lane ADD COLUMN extra int")
    with connect(database_url) as reader:
        with reader.transaction():
            reader.execute("SELECT count(*) FROM lane")
            with pytest.raises(Unavailable, match=r"9005_wants.*slinga migrate"):
                migrate(db, [*files(), wants])
            with connect(database_url) as worker:  # queues behind nobody
                worker.execute("SET lock_timeout = '1s'")
                worker.execute("UPDATE lane SET cursor = cursor")
        assert migrate(db, [*files(), wants]) == [wants.name]


def test_a_failing_file_leaves_nothing(db: Db) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn):
        migrate(db, [*files(), ONE, BAD])
    assert "9002_two.sql" not in applied(db)
    assert db.execute("SELECT to_regclass('two')").fetchone() == (None,)
    assert migrate(db, [*files(), ONE, TWO]) == ["9002_two.sql"]


def test_two_processes_migrate_once(db: Db, database_url: str) -> None:
    results: list[list[str]] = []

    def run() -> None:
        with connect(database_url) as other:
            results.append(migrate(other, [*files(), ONE, TWO]))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=len)[:3] == [[], [], []]
    assert db.execute("SELECT n FROM one").fetchall() == [(1,)]
