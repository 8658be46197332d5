"""Statements are told apart where the server would."""

import pytest

from slinga.runtime.statements import split


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("-- nothing;\n", []),
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';''' ;SELECT \"a;b\";", ["SELECT ';'''", 'SELECT "a;b"']),
        ("-- why; so\nSELECT 1; /* ; */", ["-- why; so\nSELECT 1"]),
        (
            "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql; SELECT $a$;$$;$a$;",
            ["CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql", "SELECT $a$;$$;$a$"],
        ),
        ("ALTER TABLE t ADD c int; -- done\n", ["ALTER TABLE t ADD c int"]),
    ],
)
def test_split(text: str, parts: list[str]) -> None:
    assert split(text) == parts
