"""The rule of comparison (see `values`) as SQL/JSON path, for the set query.

In: a path and a comparison. Out: the text of a lax jsonpath. Always true: names and values are written as
JSON strings and numbers, so no text of the user's is ever read as a path.

Each test asks the type first: that is what keeps "5" from being 5, and it also keeps lax mode from
unwrapping a list a second time.
"""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from slinga.segments.values import LIMIT, NEGATED

_SIGN = {"eq": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
NUMBER = f'@.type() == "number" && @ < {LIMIT} && @ > -{LIMIT}'
SCALAR = '@.type() == "string" || @.type() == "number" || @.type() == "boolean"'
TEXT = '@.type() == "string"'


def path(keys: Sequence[str], test: str) -> str:
    """The values at a path that pass a test."""
    return "$" + "".join(f".{json.dumps(key)}" for key in keys) + f" ? ({test})"


def test(cmp: str, value: Any) -> tuple[str, bool]:
    """The test of one value, and whether the comparison wants none to pass instead of one."""
    return _one(NEGATED.get(cmp, cmp), value), cmp in NEGATED


def _one(cmp: str, value: Any) -> str:
    if cmp == "exists":
        return '@.type() != "null"'
    if cmp == "in":
        return " || ".join(f"({_one('eq', each)})" for each in value) or "1 == 2"
    if cmp == "contains" and not isinstance(value, str):
        cmp = "eq"
    if isinstance(value, bool):
        return f'@.type() == "boolean" && @ == {json.dumps(value)}' if cmp == "eq" else "1 == 2"
    if isinstance(value, int | float):
        return f'@.type() == "number" && @ {_SIGN[cmp]} {Decimal(str(value)):f}' if cmp in _SIGN else "1 == 2"
    text = json.dumps(value)
    if cmp == "contains":
        return f'{TEXT} && @ like_regex {text} flag "q"'
    if cmp == "starts_with":
        return f"{TEXT} && @ starts with {text}"
    if cmp == "ends_with":
        quoted = re.sub(r"([^\w\s]|_)", r"\\\1", value)
        return f"{TEXT} && @ like_regex {json.dumps(quoted + '$')}"
    return f"{TEXT} && @ {_SIGN[cmp]} {text}"
