"""Migrations: whole or not at all, once, in order, and never edited afterwards."""

import threading

import psycopg
import pytest

from slinga.kernel.errors import Conflict
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


def test_a_database_of_a_newer_release_is_refused(db: Db) -> None:
    migrate(db, [*files(), ONE])
    with pytest.raises(Conflict, match="newer Slinga"):
        pending(db)


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
