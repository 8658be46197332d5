"""People over days as stacked areas, such as lie under the date scrubber.

In: figures by day. Out: a `Days`.
Always true: pure; the first layer lies lowest; the highest sum reaches the top.
"""

from collections.abc import Sequence

import msgspec


class Layer(msgspec.Struct, frozen=True):
    """An area by its name."""

    name: str
    path: str


class Days(msgspec.Struct, frozen=True):
    """The picture, `width` by `height` in its own units."""

    width: float
    height: float
    layers: tuple[Layer, ...]


def days(layers: Sequence[tuple[str, Sequence[int]]], *, width: float = 1000.0, height: float = 60.0) -> Days:
    """Stack the layers, each with one figure a day, all of the same length."""
    count = len(layers[0][1]) if layers else 0
    if count < 2:
        return Days(width, height, ())
    floor = [0.0] * count
    top = max(sum(max(values[n], 0) for _, values in layers) for n in range(count)) or 1
    step, out = width / (count - 1), []
    for name, values in layers:
        roof = [low + max(value, 0) / top * height for low, value in zip(floor, values, strict=True)]
        upper = " ".join(f"{n * step:.1f},{height - y:.1f}" for n, y in enumerate(roof))
        lower = " ".join(f"{n * step:.1f},{height - floor[n]:.1f}" for n in reversed(range(count)))
        out.append(Layer(name, f"M{upper} {lower}Z"))
        floor = roof
    return Days(width, height, tuple(out))
