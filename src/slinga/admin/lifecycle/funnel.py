"""The bow-tie as a picture and a list: how many people stand where.

In: a lifecycle model's document and counts. Out: stages with their statuses and the corners of a drawing.
Always true: pure; people in a stage that the document no longer has are still shown.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

WIDTH, HEIGHT, GAP = 980, 220, 6
"""Of the drawing, in its own units."""
WAIST = 0.34
"""How thin the knot is, as a share of the height."""


class Place(msgspec.Struct, frozen=True):
    """A status and how many are in it."""

    key: str
    name: str
    count: int


class Step(msgspec.Struct, frozen=True):
    """A stage: its people, its statuses, its four corners as SVG points and the middle of its width."""

    key: str
    name: str
    side: str
    count: int
    share: float
    statuses: tuple[Place, ...]
    points: str
    middle: int
    description: str = ""


def steps(document: dict[str, Any], counts: Iterable[tuple[str, str, int]]) -> list[Step]:
    """The stages of a model in order; `counts` are (stage, status or '', people)."""
    tally: dict[str, dict[str, int]] = {}
    for stage, status, count in counts:
        tally.setdefault(stage, {})[status] = count
    known = list(document.get("stages", ()))
    strange = [
        {"key": key, "name": key, "side": "right"} for key in tally if key not in {s["key"] for s in known}
    ]
    stages = known + strange
    total = sum(sum(found.values()) for found in tally.values())
    heights = _heights([stage.get("side", "left") for stage in stages])
    return [
        _step(stage, tally.get(stage["key"], {}), total, place, len(stages), heights)
        for place, stage in enumerate(stages)
    ]


def _step(
    stage: dict[str, Any], found: dict[str, int], total: int, place: int, of: int, heights: list[float]
) -> Step:
    count = sum(found.values())
    named = {status["key"]: status.get("name", status["key"]) for status in stage.get("statuses", ())}
    keys = [*named, *(key for key in found if key and key not in named)]
    statuses = [Place(key, named.get(key, key), found.get(key, 0)) for key in keys]
    if keys and found.get(""):
        statuses.append(Place("", "no status", found[""]))
    wide = WIDTH / of
    left, right = round(place * wide + GAP / 2), round((place + 1) * wide - GAP / 2)
    a, b = heights[place] * HEIGHT / 2, heights[place + 1] * HEIGHT / 2
    mid = HEIGHT / 2
    corners = [(left, mid - a), (right, mid - b), (right, mid + b), (left, mid + a)]
    return Step(
        key=stage["key"],
        name=stage.get("name", stage["key"]),
        side=stage.get("side", "left"),
        count=count,
        share=count / total if total else 0.0,
        statuses=tuple(statuses),
        points=" ".join(f"{x},{round(y)}" for x, y in corners),
        middle=(left + right) // 2,
        description=stage.get("description", ""),
    )


def _heights(sides: list[str]) -> list[float]:
    """The height at each border between stages: falling to the knot, rising after it."""
    left = sides.count("left")
    right = sides.count("right")
    knots = len(sides) - left - right
    fall = [1 - (1 - WAIST) * n / left for n in range(left)] if left else []
    rise = [WAIST + (1 - WAIST) * n / right for n in range(1, right + 1)] if right else []
    return fall + [WAIST] * (knots + 1) + rise
