"""A dump's text, fitted to the place it is loaded into.

In: SQL of pg_dump. Out: the same without what the place has already, or does not know.
Always true: pure; only lines before the first table are looked at, so no row is ever taken for a statement.
"""

_SKIP = (b"CREATE SCHEMA", b"ALTER SCHEMA", b"COMMENT ON SCHEMA", b"SET transaction_timeout")
"""The place has its schema, and servers before 17 do not know the time-out."""

TABLE = b"\nCREATE TABLE"


def fitted(text: bytes) -> bytes:
    """`text` must hold the first TABLE, if there is any."""
    start, mark, rest = text.partition(TABLE)
    lines = [line for line in start.split(b"\n") if not line.startswith(_SKIP)]
    return b"\n".join(lines) + mark + rest
