"""The tables a set query reads, and the database functions it calls, for Ibis.

In: nothing. Out: unbound tables. Always true: columns and types are those of the migrations.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import msgspec
from ibis import udf

KEY = ("bucket", "person")
_AT = "timestamp('UTC', 6)"


class Table(msgspec.Struct, frozen=True, eq=False):
    """A table by name."""

    name: str
    table: ir.Table


def _table(table: str, /, **columns: str) -> Table:
    return Table(table, ibis.table({"bucket": "int16", "person": "uuid", **columns}, name=table))


_EVENT = {
    "seq": "int64",
    "kind": "string",
    "name": "string",
    "accepted_at": _AT,
    "occurred_at": _AT,
    "body": "json",
}
LOGGED = _table("logged", **_EVENT)
HAPPENED = _table("happened", **_EVENT)
"""The log's events together with the visits folded from them; dearer to read than the log alone."""

VISITS = frozenset(("Visit Started", "Visit Ended"))
"""The events that only `happened` has."""

PROFILE = _table(
    "profile",
    zone="string",
    traits="json",
    tags="array<string>",
    identified="!boolean",
    reachable="array<string>",
)
MEMBERSHIP = _table("membership", segment="string", entered_at=_AT)
POSITION = _table("position", model="string", stage="string", status="string", entered_at=_AT, moves="json")
SCORE = _table("score_value", score="string", value="decimal(38, 6)")
CONSENT = _table("consent_state", channel="string", topic="string", state="string")
THING = _table("thing", type="string", id="string", attributes="json", updated_at=_AT)


@udf.scalar.builtin(name="jsonb_path_exists")
def path_exists(target: dt.JSON, path: str) -> bool:  # type: ignore[empty-body]
    """Whether any value at the path passes its test."""


@udf.scalar.builtin(name="jsonb_path_query_first")
def path_first(target: dt.JSON, path: str) -> dt.JSON:
    """The first value at the path that passes its test."""


@udf.scalar.builtin(name="jsonb_path_query_array")
def path_array(target: dt.JSON, path: str) -> dt.JSON:
    """All values at the path that pass its test."""


@udf.scalar.builtin(name="jsonb_array_element_text")
def as_text_at(target: dt.JSON, place: dt.Int32) -> str:  # type: ignore[empty-body]
    """An element of a list as text."""


@udf.scalar.builtin(name="jsonb_build_object")
def build_object(key: str, value: str) -> dt.JSON:
    """An object of one text."""


@udf.scalar.builtin(name="convert_to")
def as_bytes(text: str, encoding: str) -> dt.Binary:
    """A text as bytes, to order by code point whatever the database's collation."""
