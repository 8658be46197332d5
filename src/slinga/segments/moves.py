"""Moves between stages and statuses, as the leaf `moved` asks for them.

In: the leaf, the last moves that are kept of a person. Out: the moves that it speaks of for the live reading,
the same test as an SQL/JSON path for the set reading.
Always true: pure; both readings say the same of the same moves. Of each kind of move (from where to where)
the last one is kept, which is all that a window up to now can ask for; a place is a stage, or a status as
"stage/status"; "" is nowhere, from where the first placing comes.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import msgspec

from slinga.kernel.clock import Instant
from slinga.segments import terms as g

Way = Literal["placed", "forward", "back", "within"]


class LastMove(msgspec.Struct, frozen=True, array_like=True):
    """The last move from one place to another in a model; `way` "within" leaves the stage as it is."""

    from_stage: str
    from_status: str | None
    to_stage: str
    to_status: str | None
    way: Way
    at: Instant

    @property
    def kind(self) -> tuple[str, str | None, str, str | None]:
        """From where to where."""
        return self.from_stage, self.from_status, self.to_stage, self.to_status


def spoken_of(leaf: g.Moved) -> Callable[[LastMove], bool]:
    """Whether the leaf speaks of a move, whenever it was."""
    sources, targets, direction = frozenset(leaf.from_), frozenset(leaf.to), leaf.direction

    def fits(move: LastMove) -> bool:
        if direction is not None and move.way != direction:
            return False
        left = move.from_status is not None and f"{move.from_stage}/{move.from_status}" in sources
        reached = move.to_status is not None and f"{move.to_stage}/{move.to_status}" in targets
        if move.from_stage == move.to_stage and not (left or reached):
            return False
        return (left or not sources or move.from_stage in sources) and (
            reached or not targets or move.to_stage in targets
        )

    return fits


def rows(moves: Iterable[LastMove] | None) -> list[dict[str, Any]] | None:
    """The moves as the projection holds them; None where they are not known."""
    if moves is None:
        return None
    return [
        {
            "from": move.from_stage,
            "from_status": move.from_status,
            "to": move.to_stage,
            "to_status": move.to_status,
            "way": move.way,
            "at": move.at,
        }
        for move in moves
    ]


def path(leaf: g.Moved, spans: Sequence[tuple[Instant, Instant | None]] | None) -> str:
    """An SQL/JSON path over such rows: the moves that the leaf speaks of, within the spans that are given."""
    left, reached = _status("from", leaf.from_), _status("to", leaf.to)
    tests = [
        _either([left, _stage("from", leaf.from_)], leaf.from_),
        _either([reached, _stage("to", leaf.to)], leaf.to),
        _any(["@.from != @.to", left, reached]),
    ]
    if leaf.direction is not None:
        tests.append(f"@.way == {json.dumps(leaf.direction)}")
    if spans is not None:
        tests.append(
            _any([f"@.at >= {low}" + ("" if high is None else f" && @.at < {high}") for low, high in spans])
        )
    return "$[*] ? (" + " && ".join(test for test in tests if test) + ")"


def _stage(side: str, places: Sequence[str]) -> str:
    return _any([f"@.{side} == {json.dumps(place)}" for place in places])


def _status(side: str, places: Sequence[str]) -> str:
    """A place with a slash may be a status of a stage; where the stage's key has one too, at either."""
    found = []
    for place in places:
        for n, letter in enumerate(place):
            if letter == "/":
                stage, status = json.dumps(place[:n]), json.dumps(place[n + 1 :])
                found.append(f"@.{side} == {stage} && @.{side}_status == {status}")
    return _any(found)


def _either(tests: Sequence[str], places: Sequence[str]) -> str:
    return _any(tests) if places else ""


def _any(tests: Sequence[str]) -> str:
    tests = [test for test in tests if test]
    return "(" + " || ".join(f"({test})" for test in tests) + ")" if tests else ""
