"""An upgrade while people work: nobody is refused for a lock, a migration killed at every statement goes on.

Thousands of rows in CI, a million people with SLINGA_LONG=1.
"""

import gzip
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from slinga.runtime.db import connect
from slinga.runtime.migrations import files, migrate, pending
from slinga.runtime.postgres import Server
from slinga.runtime.statements import split

STORED = Path(__file__).parent / "0.1.0.sql.gz"
PEOPLE = 1_000_000 if os.environ.get("SLINGA_LONG") == "1" else 3_000
PATIENCE_S = 1.0
FILL = (
    """INSERT INTO person (bucket, key, state, format, program, seq, wake_at, created_at)
    SELECT n % 256, md5(n::text)::uuid, decode(repeat(md5(n::text), 20), 'hex'), 1, 3, n,
        '2099-01-01', '2026-01-01' FROM generate_series(1, {n}) n""",
    """INSERT INTO input (bucket, seq, person, kind, name, trust, accepted_at, occurred_at, body)
    SELECT n % 256, 10000000 + n, md5(n::text)::uuid, 'event', 'Looked', 2, '2026-01-01', '2026-01-01',
        '{{"properties": {{}}}}' FROM generate_series(1, {n}) n""",
    """INSERT INTO profile (bucket, person, traits)
    SELECT n % 256, md5(n::text)::uuid, '{{"city": "Lund"}}' FROM generate_series(1, {n}) n""",
    """INSERT INTO consent_state (bucket, person, channel, topic, state)
    SELECT n % 256, md5(n::text)::uuid, 'email', '', 'granted' FROM generate_series(1, {n}) n""",
)
WORK = (
    """INSERT INTO input (bucket, seq, person, kind, name, trust, accepted_at, occurred_at, body) VALUES
    (%(n)s %% 256, nextval('input_seq') + 20000000, md5(%(n)s::text)::uuid, 'event', 'Looked', 2, now(),
    now(), '{}')""",
    "UPDATE person SET seq = seq + 1 WHERE bucket = %(n)s %% 256 AND key = md5(%(n)s::text)::uuid",
    "SELECT count(*) FROM message WHERE bucket = %(n)s %% 256",
    "UPDATE lane SET cursor = cursor WHERE bucket = %(n)s %% 256",
    """INSERT INTO fact (bucket, person, seq, kind, name, at, body) VALUES
    (%(n)s %% 256, md5(%(n)s::text)::uuid, 1, 'step', 'x', now(), '{}')""",
    "SELECT count(*) FROM consent_state WHERE bucket = %(n)s %% 256 AND person = md5(%(n)s::text)::uuid",
)


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    name = f"live_{os.getpid()}"
    with psycopg.connect(server.database_url("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        with psycopg.connect(server.database_url(name), autocommit=True) as db:
            db.execute(gzip.decompress(STORED.read_bytes()))
            db.execute("SET search_path = public")
            for statement in FILL:
                db.execute(statement.format(n=PEOPLE))
            db.execute("ANALYZE")
        yield server.database_url(name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Traffic:
    """The statements of the release before, over and over, each with a second's patience for a lock."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self.faults: list[str] = []
        self.done: dict[int, int] = dict.fromkeys(range(len(WORK)), 0)
        self.longest = 0.0
        self._threads = [threading.Thread(target=self._work, args=(place,)) for place in range(len(WORK))]

    def _work(self, place: int) -> None:
        with psycopg.connect(self._url, autocommit=True) as db:
            db.execute(f"SET lock_timeout = '{PATIENCE_S}s'")
            number = place
            while not self._stop.wait(0.002):
                number += 7
                began = time.monotonic()
                try:
                    db.execute(WORK[place], {"n": 1 + number % PEOPLE})
                except psycopg.Error as fault:
                    self.faults.append(f"{type(fault).__name__}: {fault}")
                self.longest = max(self.longest, time.monotonic() - began)
                self.done[place] += 1

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def killing(url: str, victim: psycopg.Connection, place: tuple[str, int]) -> Callable[[str, int], None]:
    def kill(name: str, number: int) -> None:
        if (name, number) == place:
            with connect(url) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (victim.info.backend_pid,))

    return kill


def test_an_upgrade_under_traffic_killed_at_every_statement(url: str) -> None:
    with connect(url) as db:
        waiting = pending(db)
    with Traffic(url) as traffic:
        for each in waiting:
            for number in range(1, len(split(each.text)) + 1):
                with connect(url) as victim, suppress(psycopg.OperationalError):
                    migrate(victim, step=killing(url, victim, (each.name, number)))
        with connect(url) as db:
            migrate(db)
            assert pending(db) == []
    assert traffic.faults == []
    assert min(traffic.done.values()) > 3
    print(f"{PEOPLE} people, {len(files())} files, {sum(traffic.done.values())} statements beside them")
    print(f"the longest took {traffic.longest:.2f} s")
    with connect(url) as db:
        (people,) = db.execute("SELECT count(*) FROM person").fetchone() or (0,)
        assert people >= PEOPLE
