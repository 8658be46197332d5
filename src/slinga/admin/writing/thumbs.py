"""A small picture of a mail: its blocks as bars and boxes, to be told apart at a glance.

In: the blocks of a document. Out: shapes in a frame 120 wide.
Always true: pure; a block that is not known leaves room and no fault.
"""

from typing import Any, NamedTuple

WIDE, MOST = 120, 150


class Shape(NamedTuple):
    """A rectangle; `sort` is the class it is painted by."""

    sort: str
    x: float
    y: float
    width: float
    height: float


def shapes(document: dict[str, Any]) -> list[Shape]:
    """What to draw; other channels than e-mail are a bubble of text."""
    blocks = (document.get("body") or {}).get("blocks") or []
    if document.get("channel", "email") != "email":
        lines = [Shape("ink", 24, 52 + 9 * n, wide, 4) for n, wide in enumerate((72, 60, 40))]
        return [Shape("paper", 14, 40, 92, 46), *lines]
    if not blocks:
        lines = [Shape("ink", 24, 24 + 10 * n, wide, 4) for n, wide in enumerate((72, 66, 70, 40, 72, 58))]
        return [Shape("paper", 14, 12, 92, 120), *lines]
    out: list[Shape] = []
    y = 8.0
    for block in blocks:
        drawn, high = _block(block, 20, y, 80)
        out += drawn
        y += high
    bottom = min(y, MOST)
    return [
        Shape("paper", 14, 18, 92, max(10, bottom - 28)),
        *(one for one in out if one.y + one.height < MOST),
    ]


def _block(block: dict[str, Any], x: float, y: float, wide: float) -> tuple[list[Shape], float]:
    centred = block.get("align", "center" if block.get("type") == "button" else "left") == "center"

    def bar(sort: str, width: float, height: float, down: float = 0) -> Shape:
        return Shape(sort, x + (wide - width) / 2 if centred else x, y + down, width, height)

    match block.get("type"):
        case "header":
            return [Shape("ink", x + wide / 2 - 12, y, 24, 5)], 17
        case "heading":
            high = {1: 6, 2: 5, 3: 4}.get(block.get("level", 1), 5)
            return [bar("ink", wide * 0.7, high)], high + 7
        case "text":
            many = min(4, 1 + len(str(block.get("text", ""))) // 60)
            return [
                bar("line", wide * (0.95 if n < many - 1 else 0.6), 2.5, 5 * n) for n in range(many)
            ], 5 * many + 4
        case "image":
            return [Shape("tint", x, y, wide, 26)], 31
        case "button":
            width = wide if block.get("wide") else min(34, wide * 0.6)
            return [bar("accent", width, 9)], 15
        case "coupon":
            return [Shape("tint", x - 6, y, wide + 12, 20), Shape("ink", x + wide / 2 - 15, y + 8, 30, 5)], 25
        case "divider":
            return [Shape("line", x, y + 2, wide, 1)], 7
        case "footer" | "social":
            return [Shape("line", x + wide / 2 - 22, y + 8, 44, 2)], 10
        case "products":
            return _products(block, x, y, wide)
        case "columns":
            return _columns(block, x, y, wide)
    return [], 8


def _products(block: dict[str, Any], x: float, y: float, wide: float) -> tuple[list[Shape], float]:
    if block.get("columns") == 1:
        rows = [
            [Shape("tint", x, y + 13 * n, 14, 11), Shape("ink", x + 19, y + 13 * n + 4, 40, 3)]
            for n in range(2)
        ]
        return [shape for row in rows for shape in row], 30
    many = int(block.get("columns") or 2)
    width = (wide - 4 * (many - 1)) / many
    return [Shape("tint", x + n * (width + 4), y, width, 20) for n in range(many)], 26


def _columns(block: dict[str, Any], x: float, y: float, wide: float) -> tuple[list[Shape], float]:
    columns = block.get("columns") or []
    width = (wide - 5 * (len(columns) - 1)) / max(1, len(columns))
    out: list[Shape] = []
    highest = 8.0
    for number, column in enumerate(columns):
        down = y
        for one in column.get("blocks", ()):
            drawn, high = _block(one, x + number * (width + 5), down, width)
            out += drawn
            down += high
        highest = max(highest, down - y)
    return out, highest + 3
