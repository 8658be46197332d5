"""Keep a release's database and what becomes of the people in it, for later releases to be held against.

    git worktree add /tmp/old v0.1.0
    PYTHONPATH=/tmp/old/src .venv/bin/python scripts/record_release.py 0.1.0

In: the code of the release, on the path; the lives of `slinga.testing.lives` of this checkout. Out:
tests/upgrade/NAME.sql.gz, the database in the middle of those lives, and NAME.json.gz, how they go on there.
Always true: works on a throw-away server.
"""

import gzip
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import slinga
from slinga.runtime.db import Statements, connect
from slinga.runtime.migrations import migrate
from slinga.runtime.place import binaries
from slinga.runtime.postgres import DATABASE, FOR_TESTS, open_server
from slinga.testing.world import open_world

ROOT = Path(__file__).resolve().parent.parent
WHERE = ROOT / "tests" / "upgrade"


def _lives():  # type: ignore[no-untyped-def]
    spec = importlib.util.spec_from_file_location("lives", ROOT / "src/slinga/testing/lives.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_PARAMETER = re.compile(r"%(?:\((\w+)\)[sbt]|(%))")


def _statements() -> dict[str, str]:
    """Every stored statement of the release, with $1, $2 ... for its parameters."""
    found = {}
    package = Path(slinga.__file__).parent
    for path in sorted(package.rglob("*.sql")):
        if path.is_relative_to(package / "_migrations"):
            continue
        for name, text in Statements(path):
            names = list(dict.fromkeys(match[1] for match in _PARAMETER.finditer(text) if match[1]))
            found[f"{path.relative_to(package)}: {name}"] = _PARAMETER.sub(
                lambda match, names=names: "%" if match[2] else f"${names.index(match[1]) + 1}", text
            )
    return found


def main() -> None:
    name = sys.argv[1]
    print(f"Recording {name} with the code in {Path(slinga.__file__).parent}")
    lives = _lives()
    scratch = Path(tempfile.mkdtemp(prefix="slinga-record-"))
    scratch.chmod(0o711)
    try:
        with open_server(scratch, overrides=FOR_TESTS) as server:
            with connect(server.url) as db:
                migrate(db)
            with open_world(server.url, scratch / "data", at=lives.BEGIN, extra=lives.SETTINGS) as world:
                lives.first_half(world)
                count = len(world._mails)
                dump = subprocess.run(
                    [
                        *(str(binaries() / "pg_dump"), "--no-owner", "--no-privileges", "--inserts"),
                        *("--rows-per-insert", "200", "--dbname", server.database_url(DATABASE)),
                    ],
                    check=True,
                    capture_output=True,
                ).stdout
                states = dict(
                    world.db.execute("SELECT state, count(*) FROM message GROUP BY 1 ORDER BY 1").fetchall()
                )
                runs = sum(len(world.person(who).runs) for who in lives.PEOPLE)
                lives.second_half(world)
                story = {
                    "messages": states,
                    "runs": runs,
                    "statements": _statements(),
                    **lives.told(world, mails_since=count),
                }
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    skip = (b"\\", b"--", b"SET transaction_timeout")  # an older PostgreSQL loads it too
    lines = [line for line in dump.splitlines(keepends=True) if not line.startswith(skip)]
    (WHERE / f"{name}.sql.gz").write_bytes(gzip.compress(b"".join(lines), 9, mtime=0))
    text = json.dumps(story, ensure_ascii=False, sort_keys=True, default=str).encode()
    (WHERE / f"{name}.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))
    print(f"messages {states}, {runs} runs under way, {len(story['mails'])} mails afterwards")


main()
