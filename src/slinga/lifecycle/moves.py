"""What a state remembers of how a person moved: in each model, of each kind of move the last.

In: moves as they happen, the memories of two people who are one, moves as they were recorded. Out: memories.
Always true: pure; what is read from the recorded moves is what would have been remembered as they happened;
to become one person with another is no move.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from slinga.lifecycle.model import Move
from slinga.people.model import Fact
from slinga.segments.moves import LastMove

MOST = 64
"""Kinds of moves remembered in a model, the latest: more than seven stages have; what is older is history."""
RECORDED = ("stage_moved", "status_moved")
"""The kinds of facts that moves are recorded in."""

Memory = tuple[LastMove, ...]


def noted(memory: Memory, moves: Iterable[Move]) -> Memory:
    """The memory of a model after some moves in it."""
    for move in moves:
        way = "placed" if move.from_stage is None else move.direction
        target = move.to_stage, move.to_status
        memory = _with(memory, LastMove(move.from_stage or "", move.from_status, *target, way, move.at))
    return memory


def united(ours: Mapping[str, Memory], theirs: Mapping[str, Memory]) -> dict[str, Memory]:
    """What two people who are one remember together, by model."""
    return {model: _gathered((*theirs.get(model, ()), *ours.get(model, ()))) for model in {**ours, **theirs}}


def told(facts: Iterable[Fact], models: Iterable[str]) -> dict[str, Memory]:
    """The memories of these models from moves as they were recorded, under all the keys that are one person.

    Moves of one instant count in the order in which they are given.
    """
    found: dict[str, list[LastMove]] = {model: [] for model in models}
    for fact in facts:
        body = fact.body
        if fact.kind not in RECORDED or fact.name not in found or body.get("cause") == "merge":
            continue
        source = body.get("from_stage")
        way: Any = "placed" if source is None else body.get("direction", "forward")
        target = body["to_stage"], body.get("to_status")
        found[fact.name].append(LastMove(source or "", body.get("from_status"), *target, way, fact.at))
    return {model: _gathered(moves) for model, moves in found.items()}


def _gathered(moves: Iterable[LastMove]) -> Memory:
    memory: Memory = ()
    for move in sorted(moves, key=lambda one: one.at):
        memory = _with(memory, move)
    return memory


def _with(memory: Memory, last: LastMove) -> Memory:
    return (*(one for one in memory if one.kind != last.kind), last)[-MOST:]
