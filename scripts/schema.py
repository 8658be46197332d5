"""The dumped truth of the database, and proof that every stored statement fits it.

    scripts/schema.py            migrations give exactly migrations/schema.sql; every statement prepares
    scripts/schema.py --write    write migrations/schema.sql anew

In: migrations/, every .sql file below src/slinga. Out: exit code 1 with the differences or faults.
Always true: works on a throw-away server; the installed database is not touched.
"""

import difflib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from slinga.runtime.db import Statements, connect
from slinga.runtime.migrations import migrate
from slinga.runtime.place import binaries
from slinga.runtime.postgres import DATABASE, FOR_TESTS, Server, open_server

ROOT = Path(__file__).resolve().parent.parent
TRUTH = ROOT / "migrations" / "schema.sql"
HEAD = "-- What the migrations make, dumped. Written by `make schema`; read it in each change.\n\n"

_NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\(un)?restrict .*)\n", re.M)
_PARAMETER = re.compile(r"%(?:\((\w+)\)[sbt]|(%))")


def dump(server: Server) -> str:
    """The schema as pg_dump writes it, without what changes from run to run."""
    command = [str(binaries() / "pg_dump"), "--schema-only", "--no-owner", "--no-privileges"]
    command += ["--dbname", server.database_url(DATABASE)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = re.sub(r"\n{3,}", "\n\n", _NOISE.sub("", text)).strip() + "\n"
    return HEAD + text.replace("public.", "")


def numbered(text: str) -> str:
    """A statement with $1, $2 ... for its parameters, as the server's parser takes it."""
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        if match[2]:
            return "%"
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return _PARAMETER.sub(place, text)


def unprepared(url: str) -> list[str]:
    """Every statement that the server refuses, with its reason."""
    faults: list[str] = []
    with connect(url) as db:
        for path in sorted((ROOT / "src" / "slinga").rglob("*.sql")):
            for name, text in Statements(path):
                if "CREATE TEMPORARY TABLE" in text:
                    db.execute(text)  # the statements after it know the table
                result = db.pgconn.prepare(b"", numbered(text).encode())
                if result.status == psycopg.pq.ExecStatus.FATAL_ERROR:
                    reason = result.error_message.decode().strip().splitlines()[0]
                    faults.append(f"{path.relative_to(ROOT)}: {name}: {reason}")
                elif "CREATE TEMPORARY TABLE" in text:  # the statements after it in its file use it
                    db.execute(text)
    return faults


def main() -> int:
    scratch = Path(tempfile.mkdtemp(prefix="slinga-schema-"))
    scratch.chmod(0o711)
    try:
        with open_server(scratch, overrides=FOR_TESTS) as server:
            with connect(server.url) as db:
                migrate(db)
            found = dump(server)
            faults = unprepared(server.url)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if "--write" in sys.argv:
        TRUTH.write_text(found)
    stored = TRUTH.read_text() if TRUTH.exists() else ""
    if stored != found:
        diff = difflib.unified_diff(
            stored.splitlines(),
            found.splitlines(),
            "migrations/schema.sql",
            "what the migrations make",
            lineterm="",
        )
        faults += [*diff, "migrations/schema.sql is out of date. Run: make schema"]
    print("\n".join(faults), file=sys.stderr) if faults else None
    return 1 if faults else 0


sys.exit(main())
