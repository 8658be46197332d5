"""Segments as documents, what a condition may ask about a person, and what it answers.

In: published documents. Out: `Segment`, an evaluation order. Always true: segments that refer to one
another in a circle are refused, so one pass in `order_of` settles them all.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.words import worded
from slinga.segments.grammar import Condition, parse, references
from slinga.segments.moves import LastMove

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


class Truth(msgspec.Struct, frozen=True):
    """What a condition is now, the next instant at which it can differ with no further input (later than
    now, or None: never), and the values it rested on by the sentence of the leaf; an instant as
    {"at": it}."""

    value: bool
    until: Instant | None = None
    witness: dict[str, Any] = {}


class View(Protocol):
    """What a condition may ask about one person. The engine implements it; nothing else is visible.

    `feature(id)` is the running state of a `Feature`: the person's, or inside a run the run's own for a
    feature of scope "run"; None before the first fold. A thing is a mapping with "id", "attributes" and
    "updated_at" (Instant). `moves` are None where they are not known. `trigger` and `entered_at` are None
    outside a run.
    """

    @property
    def now(self) -> Instant: ...
    @property
    def zone(self) -> ZoneInfo: ...
    @property
    def identified(self) -> bool: ...
    @property
    def entered_at(self) -> Instant | None: ...
    def trait(self, name: str) -> Any: ...
    def feature(self, id: str) -> Any: ...
    def things(self, type: str) -> Iterable[Mapping[str, Any]]: ...
    def stage(self, model: str) -> str | None: ...
    def status(self, model: str) -> str | None: ...
    def since(self, model: str) -> Instant | None: ...
    def moves(self, model: str) -> Iterable[LastMove] | None: ...
    def score(self, name: str) -> float | int | None: ...
    def in_segment(self, key: str) -> bool: ...
    def consent(self, channel: str, topic: str) -> str: ...
    def reachable(self, channel: str) -> bool: ...
    def tag(self, name: str) -> bool: ...
    def trigger(self, path: str) -> Any: ...


class Segment(msgspec.Struct, frozen=True):
    """A published segment."""

    key: str
    name: str
    condition: Condition
    description: str = ""


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """A segment as written."""

    key: str
    condition: Any
    name: str = ""
    description: str = ""


def parse_segment(document: Any) -> Segment:
    """The segment of a document {key, name, description, condition}; Invalid names the field."""
    try:
        raw = msgspec.convert(document, Document)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field=_field(str(error))) from None
    if not _KEY.match(raw.key):
        raise Invalid(
            worded(
                "%(key)s is no key; use small letters, digits, '-' and '_', for example 'loyal-buyers'",
                key=repr(raw.key),
            ),
            field="key",
        )
    condition = parse(raw.condition, path="condition")
    if references(condition).run:
        raise Invalid(
            "a segment has no triggering event and no entry; use these inside a journey", field="condition"
        )
    return Segment(raw.key, raw.name or raw.key, condition, raw.description)


def _field(message: str) -> str:
    match = re.search(r"at `\$\.?(.*?)`", message)
    return match[1] if match else ""


def edges(segments: Iterable[Segment]) -> dict[str, frozenset[str]]:
    """Which definitions each segment reads, as names "segment:vip", "model:bow-tie", "score:value"."""
    return {f"segment:{s.key}": references(s.condition).definitions() for s in segments}


def topological(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The names of a graph {name: names it reads}, each after those it reads; ties in name order.

    Names that are read but not defined in the graph are left out. Raises Invalid naming a circle.
    """
    done: list[str] = []
    state: dict[str, int] = {}

    def visit(name: str, path: Sequence[str]) -> None:
        if state.get(name) == 2 or name not in graph:
            return
        if state.get(name) == 1:
            circle = " -> ".join((*path[path.index(name) :], name))
            raise Invalid(
                worded("definitions refer to one another in a circle: %(circle)s", circle=circle), field=name
            )
        state[name] = 1
        for other in sorted(graph[name]):
            visit(other, (*path, name))
        state[name] = 2
        done.append(name)

    for name in sorted(graph):
        visit(name, ())
    return done


def order_of(segments: Iterable[Segment]) -> list[Segment]:
    """Segments in an order in which each comes after those it refers to; Invalid names a circle."""
    found = {f"segment:{s.key}": s for s in segments}
    return [found[name] for name in topological(edges(found.values()))]
