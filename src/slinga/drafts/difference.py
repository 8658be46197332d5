"""Where two documents differ.

In: two documents. Out: the places, each with what stood there and what stands there.
Always true: pure; lists of equal length are compared place by place, others as a whole.
"""

from typing import Any

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """One place where they differ; None where there was or is nothing."""

    path: str
    before: Any = None
    after: Any = None


def differences(before: Any, after: Any, path: str = "") -> list[Difference]:
    """All places, in order of their paths such as nodes.wait.for."""
    if type(before) is type(after) and isinstance(before, dict):
        out: list[Difference] = []
        for name in sorted({*before, *after}):
            out += differences(before.get(name), after.get(name), f"{path}.{name}".lstrip("."))
        return out
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        out = []
        for number, (one, two) in enumerate(zip(before, after, strict=True)):
            out += differences(one, two, f"{path}.{number}".lstrip("."))
        return out
    return [] if before == after else [Difference(path, before, after)]
