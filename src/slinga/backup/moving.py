"""Move a database, table by table: to a server, or to another major version of PostgreSQL.

In: two connection strings. Out: the same tables, rows, indexes and sequences in the second, compared.
Always true: on the way to a server the old database holds its mail from the first moment, and is not changed
otherwise; each table counts as moved only when its rows and their checksum agree on both sides; a move that
was interrupted goes on with the table it was at, and copies again what has changed meanwhile.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from slinga.backup.dump import fitted
from slinga.backup.places import rows_of, schema_of, tables_of
from slinga.kernel.errors import Conflict, Unavailable
from slinga.runtime import instance, tools
from slinga.runtime.database import reach
from slinga.runtime.db import Db
from slinga.runtime.migrations import require_current

Progress = Callable[[str, int, int], object]
"""Told (what is done, rows done, rows in all)."""

MOVING = "it is being moved; `slinga move` goes on, `slinga confirm` stays here"
_NOTES = (
    "CREATE SCHEMA IF NOT EXISTS slinga_move",
    "CREATE TABLE IF NOT EXISTS slinga_move.done (step text PRIMARY KEY, rows bigint, checksum text)",
)
_ALIKE = (
    "SET idle_in_transaction_session_timeout = 0",
    "SET extra_float_digits = 1",
    "SET DateStyle = ISO",
    "SET IntervalStyle = postgres",
    "SET bytea_output = hex",
    "SET TimeZone = UTC",
)
"""Rows are compared as text, so both sides must write them alike."""


def move(
    old_url: str, new_url: str, *, hold: bool = True, progress: Progress = lambda _, __, ___: None
) -> dict[str, int]:
    """Copy everything; rows by table. With `hold` both databases then hold, for the caller to say why.

    Raises Conflict when the new one is not empty, or a table does not agree afterwards.
    """
    with reach(old_url) as old, reach(new_url) as new:
        for db in (old, new):
            for statement in _ALIKE:
                db.execute(statement)
        schema = schema_of(old)
        if schema_of(new) != schema:
            raise Conflict(f"The old database's schema is {schema}; give the new connection the same one.")
        _alone(old)
        done = _begun(new, schema)
        if hold:
            require_current(old)
            instance.hold(old, MOVING)
        if "tables" not in done:
            _structure(old_url, new_url, schema, "pre-data", "tables")
        rows = rows_of(old, schema)
        total = sum(rows.values()) or 1
        moved = 0
        for table in tables_of(old, schema):
            if done.get(table) is None or done[table] != _sum(old, _name(schema, table)):
                _copy(old, new, schema, table)
            moved += rows[table]
            progress("Moving rows", moved, total)
        if "indexes" not in done:
            progress("Making indexes", 0, 1)
            _structure(old_url, new_url, schema, "post-data", "indexes")
        progress("Making indexes", 1, 1)
        _sequences(old, new, schema)
        _same_tables(old, new, schema)
        new.execute("ANALYZE")
        new.execute("DROP SCHEMA slinga_move CASCADE")
    return rows


def _alone(old: Db) -> None:
    rows = old.execute(
        "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND application_name LIKE 'slinga %'"
    ).fetchall()
    if rows:
        raise Conflict(f"Slinga still runs on the old database ({rows[0][0]}). Stop it first.")


def _begun(new: Db, schema: str) -> dict[str, tuple[int, str]]:
    """The steps done by an earlier try, a table with its rows and checksum then.

    Raises Conflict when something else is there.
    """
    if new.execute("SELECT to_regclass('slinga_move.done')").fetchone() == (None,):
        if found := tables_of(new, schema):
            raise Conflict(
                f"The new database is not empty: it has {len(found)} tables, such as {found[0]}. "
                "Create an empty one."
            )
        for statement in _NOTES:
            new.execute(statement)
    text = "SELECT step, coalesce(rows, 0), coalesce(checksum, '') FROM slinga_move.done"
    rows = new.execute(text).fetchall()
    return {step: (count, checksum) for step, count, checksum in rows}


def _name(schema: str, table: str) -> str:
    return f'"{schema}"."{table}"'


def _structure(old_url: str, new_url: str, schema: str, section: str, step: str) -> None:
    """One section of the dump and its note, in one transaction."""
    dump = tools.start(
        "pg_dump", old_url, "--schema", schema, "--section", section, "--no-owner", "--no-privileges",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    text, said = dump.communicate()
    if dump.returncode != 0:
        why = said.decode("utf-8", "replace").strip()[-1500:]
        raise Unavailable(f"The old database cannot be dumped: {why}")
    note = f"\nINSERT INTO slinga_move.done (step) VALUES ('{step}');\nCOMMIT;\n".encode()
    load = tools.start(
        "psql", new_url, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--output", os.devnull,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    _, said = load.communicate(b"BEGIN;\n" + fitted(text) + note)
    if load.returncode != 0:
        why = said.decode("utf-8", "replace").strip()[-1500:]
        raise Unavailable(f"The new database refused the {step}: {why}")


def _copy(old: Db, new: Db, schema: str, table: str) -> None:
    name = _name(schema, table)
    columns = _columns(old, schema, table)
    with new.transaction():
        new.execute(f"TRUNCATE {name}")
        with (
            old.cursor() as source,
            new.cursor() as target,
            source.copy(f"COPY {name} ({columns}) TO STDOUT") as out,
            target.copy(f"COPY {name} ({columns}) FROM STDIN") as into,
        ):
            for data in out:
                into.write(data)
        there, here = _sum(old, name), _sum(new, name)
        if there != here:
            raise Conflict(
                f"Table {table} differs after copying: {there} in the old database, {here} in the new."
            )
        new.execute("DELETE FROM slinga_move.done WHERE step = %s", (table,))
        new.execute("INSERT INTO slinga_move.done VALUES (%s, %s, %s)", (table, *here))


def _columns(db: Db, schema: str, table: str) -> str:
    rows = db.execute(
        "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass "
        "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        (_name(schema, table),),
    ).fetchall()
    return ", ".join(name for (name,) in rows)


def _sum(db: Db, name: str) -> tuple[int, str]:
    """(rows, a checksum that the order of rows does not change)."""
    text = f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {name} t"
    count, checksum = db.execute(text).fetchone() or (0, "")
    return int(count), str(checksum)


def _sequences(old: Db, new: Db, schema: str) -> None:
    rows = old.execute(
        "SELECT sequencename::text, coalesce(last_value, start_value), last_value IS NOT NULL "
        "FROM pg_sequences WHERE schemaname = %s",
        (schema,),
    ).fetchall()
    for name, value, called in rows:
        new.execute("SELECT setval(%s::regclass, %s, %s)", (f'"{schema}"."{name}"', value, called))


def _same_tables(old: Db, new: Db, schema: str) -> None:
    there, here = tables_of(old, schema), tables_of(new, schema)
    if there != here:
        raise Conflict(f"The new database lacks {sorted(set(there) - set(here))[:3]}.")


def to_server(data_url: str, new_url: str, where: str, *, progress: Progress) -> dict[str, int]:
    """Move an embedded database to a server, where it holds until a person confirms.

    `where` is the server's name for people.
    """
    rows = move(data_url, new_url, progress=progress)
    with reach(new_url) as new:
        instance.hold(new, "moved here from an embedded database", forget=True)
    with reach(data_url) as old:
        instance.hold(old, f"moved to {where}")
    return rows


def in_place(old_url: str, new_url: str, *, progress: Progress) -> dict[str, int]:
    """Move to a new cluster that takes the old one's place: what might send before may send after."""
    return move(old_url, new_url, hold=False, progress=progress)


def swap(base: Path, moved: str, kept: str) -> None:
    """Put the new cluster's directory in the old one's place; safe to call again after a crash between."""
    data, new, old = base / "postgres", base / moved, base / kept
    if data.exists() and new.exists():
        data.rename(old)
    if new.exists():
        new.rename(data)
