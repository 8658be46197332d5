"""Migrations after the first release are gentle to a large database that works, and to the release before."""

import re

import pytest

from slinga.runtime.migrations import Migration, files
from slinga.runtime.statements import split

RELEASED = "0090"
"""The last file of release 0.1.0: what was made up to here may be large."""

_RULES = {
    r"CREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY).*?\bON\s+{table}\b": "create it CONCURRENTLY",
    r"ALTER\s+TABLE\s+{table}\b.*ALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE": "rewrites the table",
    r"ALTER\s+TABLE\s+{table}\b(?=.*ADD\s+CONSTRAINT)(?!.*(NOT\s+VALID|USING\s+INDEX))": "add it NOT VALID, "
    "then VALIDATE",
    r"ALTER\s+TABLE\s+{table}\b.*ALTER\s+(COLUMN\s+)?\w+\s+SET\s+NOT\s+NULL": "reads the whole table",
}
_BREAKING = {
    r"ALTER\s+TABLE\s+{table}\b(?=.*ADD\s+(COLUMN\s+)?\w+.*NOT\s+NULL)(?!.*DEFAULT)": "needs a default",
    r"DROP\s+TABLE\s+(IF\s+EXISTS\s+)?{table}\b": "the release before reads it",
    r"ALTER\s+TABLE\s+{table}\b.*\b(DROP\s+COLUMN|RENAME)\b": "the release before reads it",
}


def faults(migration: Migration, tables: list[str]) -> list[str]:
    """What in a file would stop others, or the release before."""
    rules = _RULES if migration.breaks else _RULES | _BREAKING
    return [
        f"{migration.name}: {table}: {why}"
        for statement in split(migration.text)
        for table in tables
        for pattern, why in rules.items()
        if re.search(pattern.format(table=table), re.sub(r"--.*", "", statement), re.I | re.S)
    ]


def old_tables() -> list[str]:
    text = "".join(each.text for each in files() if each.name[:4] <= RELEASED)
    return re.findall(r"^CREATE TABLE (\w+)", text, re.M)


def test_they_are_gentle() -> None:
    tables = old_tables()
    assert "message" in tables
    found = [fault for each in files() if each.name[:4] > RELEASED for fault in faults(each, tables)]
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX message_new ON message (lane)",
        "CREATE UNIQUE INDEX IF NOT EXISTS message_new ON message (lane)",
        "ALTER TABLE message ADD COLUMN new text NOT NULL",
        "ALTER TABLE message ALTER COLUMN lane TYPE varchar",
        "ALTER TABLE message ADD CONSTRAINT c CHECK (tries >= 0)",
        "ALTER TABLE message DROP COLUMN lane",
        "ALTER TABLE message ALTER lane SET NOT NULL",
    ],
)
def test_the_rules_bite(text: str) -> None:
    assert faults(Migration("9001_x.sql", text), ["message"])


def test_and_let_the_gentle_through() -> None:
    text = (
        "CREATE INDEX CONCURRENTLY message_new ON message (lane);"
        "ALTER TABLE message ADD COLUMN new text NOT NULL DEFAULT '';"
        "ALTER TABLE message ADD CONSTRAINT c CHECK (tries >= 0) NOT VALID;"
        "ALTER TABLE message VALIDATE CONSTRAINT c; CREATE TABLE messages (n int NOT NULL);"
        "CREATE INDEX messages_n ON messages (n)"
    )
    assert faults(Migration("9001_x.sql", text), ["message"]) == []
