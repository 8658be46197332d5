"""Where two nested values differ, for tests that compare whole states.

In: two values of dicts, lists and plain things. Out: one line per difference, with its path.
Always true: equal values give no line.
"""

from collections.abc import Iterable
from typing import Any


def differences(one: Any, two: Any, path: str = "") -> Iterable[str]:
    """The differences of two values, each as a path and both sides, cut to 300 characters."""
    if isinstance(one, dict) and isinstance(two, dict):
        for key in {**one, **two}:
            yield from differences(one.get(key), two.get(key), f"{path}.{key}")
    elif isinstance(one, list | tuple) and isinstance(two, list | tuple) and len(one) == len(two):
        for n, (a, b) in enumerate(zip(one, two, strict=True)):
            yield from differences(a, b, f"{path}[{n}]")
    elif one != two:
        yield f"{path}: {str(one)[:300]} != {str(two)[:300]}"
