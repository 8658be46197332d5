"""The truth of a condition with its reasons: each leaf's value, what it is compared with, and until when.

In: a condition and a view of the person. Out: a `Leaf` or `Group` of answers; `watched` catches the answers
that a journey's own decisions rest on while they are made.
Always true: each leaf is read by the same compiled predicate that decides; tracing changes no answer.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from slinga.engine.model import Program
from slinga.explain.model import Check
from slinga.journeys.compiled import Compiled
from slinga.kernel.clock import Instant
from slinga.kernel.words import ENGLISH, Words
from slinga.kernel.words import noted as N_
from slinga.segments import terms as g
from slinga.segments.live import Answer, Predicate, compile_condition
from slinga.segments.words import describe


class Node(msgspec.Struct, frozen=True):
    """A condition and its answer at an instant; a group holds those of its children."""

    condition: g.Condition
    holds: bool
    until: Instant | None
    found: Any = None
    of: tuple["Node", ...] = ()

    @property
    def way(self) -> Literal["all", "any", "not", "leaf"]:
        """How the children make the answer."""
        match self.condition:
            case g.All():
                return "all"
            case g.Any_():
                return "any"
            case g.Not():
                return "not"
        return "leaf"


class Asked(msgspec.Struct, frozen=True):
    """A condition of a journey, asked while the engine decided. `view` is the person as they were then."""

    path: str
    at: Instant
    node: Node
    view: Any


def trace(condition: g.Condition, view: Any, zone: ZoneInfo) -> Node:
    """The answer of a condition for a person, leaf by leaf."""
    of = tuple(trace(child, view, zone) for child in g.children(condition))
    value, until, witness = compile_condition(condition, zone).ask(view)
    found = next(iter(witness.values()), None) if not of else None
    return Node(condition, value, until, found, of)


_GROUPS = {"all": N_("all of these"), "any": N_("at least one of these"), "not": N_("not")}


def check(node: Node, _: Words = ENGLISH) -> Check:
    """The answer as a part of a proof."""
    if node.way in ("all", "any") and len(node.of) == 1:
        return check(node.of[0], _)
    text = _(_GROUPS[node.way]) if node.way in _GROUPS else describe(node.condition, _)
    children = tuple(check(child, _) for child in node.of)
    return Check(text, node.holds, _plain(node.found), node.until, children)


def _plain(found: Any) -> Any:
    return found if isinstance(found, int | float | str | bool | list | dict) or found is None else str(found)


def watched(program: Program, journey: str, seen: list[Asked]) -> Program:
    """The program with every condition of a journey's versions noting down what it was asked and answered."""
    versions = {
        name: _watch(compiled, program.zone, seen) if name[0] == journey else compiled
        for name, compiled in program.versions.items()
    }
    journeys = dict(program.journeys)
    if journey in journeys:
        journeys[journey] = versions[journey, journeys[journey].version]
    return msgspec.structs.replace(program, journeys=journeys, versions=versions)


def _watch(compiled: Compiled, zone: ZoneInfo, seen: list[Asked]) -> Compiled:
    def on(path: str, predicate: Predicate) -> Predicate:
        ask = _noting(path, predicate, zone, seen)
        return Predicate(predicate.condition, predicate.features, ask)

    predicates = {path: on(path, predicate) for path, predicate in compiled.predicates.items()}
    return msgspec.structs.replace(compiled, predicates=predicates)


def _noting(path: str, predicate: Predicate, zone: ZoneInfo, seen: list[Asked]) -> Callable[[Any], Answer]:
    def ask(view: Any) -> Answer:
        seen.append(Asked(path, view.now, trace(predicate.condition, view, zone), view))
        return predicate.ask(view)

    return ask


def leaves(node: Node) -> Sequence[Node]:
    """All leaves, left to right."""
    return [leaf for child in node.of for leaf in leaves(child)] if node.of else [node]
