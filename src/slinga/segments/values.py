"""The one rule of comparison, for both readings of a condition.

In: JSON values and a comparison. Out: truth. Always true: `live` and `sets` both follow this text.

* The values at a path: walk the keys; a list stands for each of its elements, one level deep at every
  step and at the end. null is no value.
* A comparison holds when it holds for at least one value. `ne`, `not_in` and `missing` are the exact
  negations of `eq`, `in` and `exists`; so `ne` is true of something absent.
* Values of different JSON types never compare: "5" is not 5, true is not 1. Numbers compare as exact
  decimals, text by code point (PostgreSQL's collation "C"), booleans only by eq, ne, in and not_in.
* `contains` with a text finds it inside a text; with a number or a boolean it is `eq`. Case counts.
* An aggregate reads the first number at the path (distinct: the first text, number or boolean), to six
  decimals, half away from zero; magnitudes of 10^12 and more are no numbers to it.
"""

import operator
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from slinga.kernel.ids import digest

Test = Callable[[Any], bool]
Read = Callable[[Any], Sequence[Any]]

_EXACT = 2**53
LIMIT = 10**12
_SIX = Decimal("0.000001")
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
NEGATED = {"ne": "eq", "not_in": "in", "missing": "exists"}
"""Comparisons defined as the negation of another."""


def order(cmp: str) -> Callable[[Any, Any], Any]:
    """The Python operator of eq, ne, lt, le, gt or ge."""
    return _ORDER[cmp]


def reader(path: Sequence[str]) -> Read:
    """A function from a JSON value to the values at a path (see the rule above)."""
    keys = tuple(path)

    def walk(root: Any) -> Sequence[Any]:
        item = root
        for n, key in enumerate(keys):
            if type(item) is not dict:
                return _walk_slow(item, keys[n:])
            item = item.get(key)
        if item is None:
            return ()
        return [x for x in item if x is not None] if type(item) is list else (item,)

    return walk


def _walk_slow(root: Any, keys: Sequence[str]) -> list[Any]:
    found = [root]
    for key in keys:
        step: list[Any] = []
        for item in found:
            for one in item if type(item) is list else (item,):
                if type(one) is dict and key in one:
                    step.append(one[key])
        found = step
    flat: list[Any] = []
    for item in found:
        flat.extend(item if type(item) is list else (item,))
    return [x for x in flat if x is not None]


def _number(cmp: str, value: int | float) -> Test:
    test = _ORDER[cmp]
    if abs(value) < _EXACT:
        return lambda x: (type(x) is int or type(x) is float) and test(x, value)
    exact = Decimal(str(value))
    return lambda x: (type(x) is int or type(x) is float) and test(Decimal(str(x)), exact)


def _one(cmp: str, value: Any) -> Test:
    """The test of a single value that is not null; `cmp` is not a negated one."""
    if cmp == "exists":
        return lambda x: True
    if cmp == "in":
        tests = [_one("eq", each) for each in value]
        return lambda x: any(test(x) for test in tests)
    if type(value) is bool:
        return lambda x: x is value if cmp in ("eq", "contains") else False
    if type(value) in (int, float):
        return (
            _number("eq" if cmp == "contains" else cmp, value)
            if cmp in _ORDER or cmp == "contains"
            else _never
        )
    if type(value) is not str:
        return _never
    if cmp == "contains":
        return lambda x: type(x) is str and value in x
    if cmp == "starts_with":
        return lambda x: type(x) is str and x.startswith(value)
    if cmp == "ends_with":
        return lambda x: type(x) is str and x.endswith(value)
    test = _ORDER[cmp]
    return lambda x: type(x) is str and test(x, value)


def _never(_: Any) -> bool:
    return False


def holds(cmp: str, value: Any) -> Callable[[Sequence[Any]], bool]:
    """A function from the values at a path to the truth of the comparison with `value`."""
    positive = NEGATED.get(cmp)
    one = _one(positive or cmp, value)

    def some(values: Sequence[Any]) -> bool:
        for each in values:  # noqa: SIM110 - a generator costs more than the test
            if one(each):
                return True
        return False

    return (lambda values: not some(values)) if positive else some


def micros_of(value: int | float) -> int:
    """A JSON number in millionths, as aggregates count it."""
    if type(value) is int:
        return value * 1_000_000
    return int(Decimal(repr(value)).quantize(_SIX, ROUND_HALF_UP).scaleb(6))


def first_number(values: Sequence[Any]) -> int | None:
    """The first number among the values at a path, in millionths."""
    for each in values:
        if (type(each) is int or type(each) is float) and -LIMIT < each < LIMIT:
            return micros_of(each)
    return None


def first_scalar(values: Sequence[Any]) -> str | None:
    """A name for the first text, number or boolean among the values: equal values, equal names."""
    for each in values:
        kind = type(each)
        if kind is str:
            return "s" + each if len(each) < 24 else "h" + digest(each)
        if kind is bool:
            return "t" if each else "f"
        if kind is int or kind is float:
            return (
                f"n{Decimal(str(each)).normalize():f}"
                if abs(each) < 1e18
                else f"n{Decimal(str(each)).normalize()}"
            )
    return None


def threshold(value: int | float) -> int | Decimal:
    """A condition's number in millionths, exact: an int where it is whole."""
    scaled = Decimal(str(value)).scaleb(6)
    whole = int(scaled)
    return whole if whole == scaled else scaled
