"""Which other definitions a document speaks of.

In: documents. Out: names, (kind, key). Always true: pure; what a journey does not speak of, not even through
others, has no part in whether it compiles.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Name = tuple[str, str]
"""(kind, key)"""
NAMED = ("template", "journey", "model")
"""Fields that hold the key of a definition of that kind."""


def spoken_of(value: Any) -> set[Name]:
    """Definitions that a document names, by (kind, key)."""
    return set(_spoken(value))


def reached(names: Iterable[Name], documents: Mapping[Name, Any]) -> set[Name]:
    """These names and all that they speak of, through others too, as far as there are documents."""
    found: set[Name] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found and name in documents:
            found.add(name)
            todo += _spoken(documents[name])
    return found


def _spoken(value: Any) -> Iterator[Name]:
    if isinstance(value, list):
        for each in value:
            yield from _spoken(each)
    elif isinstance(value, dict):
        for kind in NAMED:
            if isinstance(value.get(kind), str):
                yield kind, value[kind]
        if "segment" in (value.get("op"), value.get("on")) and isinstance(value.get("key"), str):
            yield "segment", value["key"]
        if "score" in (value.get("op"), value.get("on"), value.get("type")):
            yield "score", str(value.get("name"))
        for each in value.values():
            yield from _spoken(each)
