"""A release's database, with people in the middle of everything, under the code of today.

`NAME.sql.gz` is the database, `NAME.json.gz` what became of its people under the release that made it
(scripts/record_release.py).
"""

import gzip
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from slinga.engine.jobs import Definition
from slinga.kernel.clock import iso
from slinga.lifecycle.moves import told
from slinga.runtime import clock
from slinga.runtime.db import connect
from slinga.runtime.migrations import files, migrate, pending
from slinga.runtime.postgres import Server
from slinga.runtime.statements import split
from slinga.testing import lives
from slinga.testing.world import open_world

HERE = Path(__file__).parent
RELEASES = sorted(path.name.removesuffix(".sql.gz") for path in HERE.glob("*.sql.gz"))


def recorded(release: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress((HERE / f"{release}.json.gz").read_bytes()))
    return found


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def old_url(server: Server, release: str) -> Iterator[str]:
    """The address of the release's database, as it left it."""
    name = f"upgrade_{os.getpid()}"
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        with psycopg.connect(server.database_url(name), autocommit=True) as db:
            db.execute(gzip.decompress((HERE / f"{release}.sql.gz").read_bytes()))
        yield server.database_url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_everybody_goes_on_as_the_old_release_would_have_had_it(
    old_url: str, release: str, tmp_path: Path
) -> None:
    with connect(old_url) as db:
        assert migrate(db) == newer_than(release)
        present = iso(clock.now(db))
    with open_world(old_url, tmp_path, at=present, extra=lives.SETTINGS) as world:
        lives.second_half(world)
        found = lives.told(world)
    expected = recorded(release)
    kinds = {fact[1] for person in expected["people"].values() for fact in person["facts"]}
    for who, person in expected["people"].items():
        now = found["people"][who]
        facts = [fact for fact in now["facts"] if fact[1] in kinds]
        for old, new in zip(person["facts"], facts, strict=False):
            assert new[:3] == old[:3], who
            assert old[3].items() <= json.loads(json.dumps(new[3], default=str)).items(), (who, old)
        assert len(facts) == len(person["facts"]), who
        assert {name: now[name] for name in person if name != "facts"} == {
            name: person[name] for name in person if name != "facts"
        }
    assert found["mails"] == expected["mails"]


def test_how_people_moved_is_read_from_what_the_old_release_recorded(
    old_url: str, release: str, tmp_path: Path
) -> None:
    with connect(old_url) as db:
        migrate(db)
        present = iso(clock.now(db))
        unknown = db.execute("SELECT count(*) FROM position WHERE moves IS NULL").fetchone()
    with open_world(old_url, tmp_path, at=present, extra=lives.SETTINGS) as world:
        world.settle()
        condition = {"op": "moved", "model": "bow-tie", "to": ["interest"]}
        world.publish(Definition("segment", "came", {"key": "came", "condition": condition}))
        world.settle()
        rows = world.db.execute("SELECT person, model, moves FROM position").fetchall()
        inside = {row[0] for row in world.db.execute("SELECT person FROM membership WHERE segment = 'came'")}
        assert unknown == (len(rows),)
        known = 0
        for person, model, moves in rows:
            recorded_moves = told(world.facts_about(str(person)), [model])[model]
            assert {(m["from"], m["to"], m["to_status"], m["at"]) for m in moves} >= {
                (m.from_stage, m.to_stage, m.to_status, m.at) for m in recorded_moves
            }
            known += len(moves)
            if model == "bow-tie":
                came = any(m["to"] == "interest" and m["from"] != "interest" for m in moves)
                assert (person in inside) is came
        assert known > len(rows) / 2
        assert inside


def newer_than(release: str) -> list[str]:
    """The migrations that came after a release."""
    text = gzip.decompress((HERE / f"{release}.sql.gz").read_bytes()).decode()
    return [each.name for each in files() if f"'{each.name}'" not in text]


def test_killed_at_any_statement_the_migrations_go_on(old_url: str, release: str, database_url: str) -> None:
    """The database ends the connection, as it does when either side dies, before each statement in turn."""
    places = [
        (each.name, number)
        for each in files()
        if each.name in newer_than(release)
        for number in range(1, len(split(each.text)) + 1)
    ]
    for place in places:

        def kill(name: str, number: int, place: tuple[str, int] = place) -> None:
            if (name, number) == place:
                with connect(old_url) as other:
                    other.execute("SELECT pg_terminate_backend(%s)", (victim.info.backend_pid,))

        with connect(old_url) as victim, suppress(psycopg.OperationalError):
            migrate(victim, step=kill)
            pytest.fail(f"{place} was not reached")
    with connect(old_url) as db:
        migrate(db)
        assert pending(db) == []
        (messages,) = db.execute("SELECT count(*) FROM message").fetchone() or (0,)
        assert messages == sum(recorded(release)["messages"].values())
        assert columns(old_url) == columns(database_url)


def columns(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as db:
        return db.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default "
            "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        ).fetchall()


def test_the_release_before_works_on_the_new_tables(old_url: str, release: str) -> None:
    """While processes are replaced one by one, and when one goes back a release."""
    before = {row[:2] for row in columns(old_url)}
    with connect(old_url) as db:
        migrate(db)
        faults = []
        for name, text in recorded(release)["statements"].items():
            result = db.pgconn.prepare(b"", text.encode())
            if result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
                faults.append(f"{name}: {result.error_message.decode().splitlines()[0]}")
        assert not faults
    tables = {table for table, _ in before}
    new = [row for row in columns(old_url) if row[0] in tables and row[:2] not in before]
    assert [row[:2] for row in new if row[3] == "NO" and row[4] is None] == []
