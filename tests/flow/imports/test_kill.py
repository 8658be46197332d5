"""A process that imports is killed; another goes on where it was, and everything is there once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from slinga.cli import slinga
from slinga.runtime.db import Db

PEOPLE = 5_000


def environment(url: str, data: Path) -> dict[str, str]:
    return {**os.environ, "SLINGA_DATABASE_URL": url, "SLINGA_DATA_DIR": str(data)}


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = [f"u{n},u{n}@example.org,Lund" if n % 1000 else f"u{n},broken,Lund" for n in range(PEOPLE)]
    path.write_text("\n".join(["user_id,email,city", *rows]))
    return path


def progress(database_url: str) -> int:
    with psycopg.connect(database_url) as db:
        row = db.execute("SELECT max(position) FROM import").fetchone()
    return (row[0] or 0) if row else 0


def test_killed_in_the_middle_and_resumed(db: Db, database_url: str, people: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "slinga.cli", "import", str(people), "--as", "people", "--fast"]
    with subprocess.Popen(
        command, env=environment(database_url, tmp_path), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        while not progress(database_url):
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    reached = progress(database_url)
    assert 0 < reached < PEOPLE, "it was killed too early or too late to show anything"

    runner = CliRunner(env=environment(database_url, tmp_path))
    asked = runner.invoke(slinga, ["import", str(people), "--as", "people"])
    assert "slinga import resume 1" in str(asked.exception)
    done = runner.invoke(slinga, ["import", "resume", "1", "--fast"], catch_exceptions=False)
    assert f"{PEOPLE:,} rows: {PEOPLE - 5:,} taken in, 0 known before or repeated, 5 not taken" in done.output
    kinds = dict(db.execute("SELECT kind, count(*) FROM input GROUP BY kind").fetchall())
    assert kinds == {"identify": PEOPLE - 5, "merge": PEOPLE - 5}
    assert db.execute("SELECT count(DISTINCT person) FROM input WHERE kind = 'identify'").fetchone() == (
        PEOPLE - 5,
    )
    report = people.with_suffix(".errors.csv").read_text().splitlines()
    assert len(report) == 6 and report[0].startswith("kind,file,line,column,problem")
    once_more = runner.invoke(slinga, ["import", str(people), "--as", "people", "--again"])
    assert (
        ": 0 taken in" in once_more.output.replace(f"{PEOPLE:,} rows", "")
        and "; 0 inputs" in once_more.output
    )
    changed = people.read_text() + "\nnew,new@example.org,Lund"
    people.write_text(changed)
    assert "nothing to resume" in str(runner.invoke(slinga, ["import", "resume", "1"]).exception)
    listed = runner.invoke(slinga, ["import", "list"])
    assert listed.output.count("done  people.csv") == 2
