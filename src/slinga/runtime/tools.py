"""PostgreSQL's own programs, run against any server: pg_dump and psql of the wheel.

In: a connection string. Out: a running program.
Always true: a password is handed over in the environment, never on the command line; no PG* variable of the
caller's gets in.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from slinga.runtime.place import binaries


def start(program: str, url: str, *arguments: str, bin: Path | None = None, **pipes: Any) -> subprocess.Popen:
    """Start `program` of `bin` (the wheel's by default) on the database of `url`."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {"PGTZ": "UTC", "LC_ALL": "C"} | ({"PGPASSWORD": str(password)} if password else {})
    command = [str((bin or binaries()) / program), "--dbname", make_conninfo("", **parts), *arguments]
    return subprocess.Popen(command, env=environment, **pipes)


def readable(url: str) -> str:
    """Host and database of a connection string, for people; no user, no password."""
    parts = conninfo_to_dict(url)
    return f"{parts.get('dbname', '')} at {parts.get('host', 'localhost')}"
