"""Running aggregates: how one event changes a state, and how a state reads at an instant.

In: an occurrence (its instant, the instant it leaves the trailing window, its value). Out: a small state
of plain lists, and its reading: the value now and the changes to come with no further input.

Always true: a state is a function of the set of occurrences that can still matter, whatever the order
they arrive in, so late and out-of-order events need no special case. Occurrences are kept by the instant
they leave the window, not by the instant they happened: with calendar months a later one may leave first.

Size: at most 4096 entries. count and distinct keep only as many as their threshold can tell apart; min,
max, first and last only what nothing dominates; so these are exact always. A windowed sum or average
keeps 1024 and above that lets the two oldest leave together, at the later one's instant.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from slinga.kernel.clock import Instant

Changes = Iterable[tuple[Instant, Any]]
"""What the value becomes at later instants, ascending."""
SUMS = 1024
_LARGE = 2**63


class Kind(msgspec.Struct, frozen=True):
    """One way of aggregating. `fold(state, at, leaves, value, now)`: a new state; `leaves` is None without
    a window; entries that left before `now` are dropped. `read(state, now)`: the value and its changes."""

    empty: Callable[[], Any]
    fold: Callable[[Any, Instant, Any, Any, Instant], Any]
    read: Callable[[Any, Instant], tuple[Any, Changes]]
    falls: bool = False
    """Whether the state is the instants at which what is counted leaves: a list, ascending, or those of each
    value."""
    shown: Callable[[Any], Any] | None = None
    """The part of the state that `read` looks at, where that is not all of it."""


def _packed(value: int) -> int | str:
    return value if -_LARGE <= value < _LARGE else str(value)


def count(windowed: bool, keep: int) -> Kind:
    """Occurrences; the reading is exact up to `keep` and says `keep` above."""
    if not windowed:
        return Kind(
            lambda: 0, lambda state, at, leaves, value, now: state + 1, lambda state, now: (state, ())
        )

    def fold(state: list[int], at: Instant, leaves: Instant, value: Any, now: Instant) -> list[int]:
        out = state[bisect_right(state, now) :]
        if leaves > now:
            insort(out, leaves)
        if len(out) > keep:
            del out[:-keep]
        return out

    def read(state: list[int], now: Instant) -> tuple[int, Changes]:
        first = bisect_right(state, now)
        size = len(state)
        return size - first, ((state[n], size - n - 1) for n in range(first, size))

    return Kind(list, fold, read, falls=True)


def total(windowed: bool) -> Kind:
    """Sum in millionths and number of values, for sum and avg; reads as (sum, number)."""

    def fold_all(
        state: list[Any], at: Instant, leaves: Instant | None, value: int, now: Instant
    ) -> list[Any]:
        return [_packed(int(state[0]) + value), state[1] + 1]

    def fold(state: list[Any], at: Instant, leaves: Instant, value: int, now: Instant) -> list[Any]:
        out = [entry for entry in state if entry[0] > now]
        if leaves > now:
            insort(out, [leaves, value, 1], key=lambda entry: entry[0])
        while len(out) > SUMS:
            (_, a, m), (later, b, n) = out[0], out[1]
            out[:2] = [[later, _packed(int(a) + int(b)), m + n]]
        return out

    def read(state: list[Any], now: Instant) -> tuple[tuple[int, int], Changes]:
        inside = [entry for entry in state if entry[0] > now]
        whole = sum(int(entry[1]) for entry in inside), sum(entry[2] for entry in inside)

        def changes() -> Changes:
            value, number = whole
            for leaves, part, n in inside:
                value, number = value - int(part), number - n
                yield leaves, (value, number)

        return whole, changes()

    if windowed:
        return Kind(list, fold, read)
    return Kind(lambda: [0, 0], fold_all, lambda state, now: ((int(state[0]), state[1]), ()))


def extreme(windowed: bool, largest: bool) -> Kind:
    """The smallest or largest value, None of nothing. A value is dominated, and dropped, when another
    leaves no earlier and is at least as extreme."""
    sign = 1 if largest else -1

    def fold_all(state: int | None, at: Instant, leaves: Instant | None, value: int, now: Instant) -> int:
        return value if state is None or sign * value > sign * state else state

    def fold(
        state: list[list[int]], at: Instant, leaves: Instant, value: int, now: Instant
    ) -> list[list[int]]:
        if leaves <= now or any(e[0] >= leaves and sign * e[1] >= sign * value for e in state):
            return state
        out = [e for e in state if e[0] > now and not (e[0] <= leaves and sign * e[1] <= sign * value)]
        insort(out, [leaves, value])
        return out[-4096:]

    def read(state: list[list[int]], now: Instant) -> tuple[int | None, Changes]:
        inside = [e for e in state if e[0] > now]  # ascending by leaving, so descending by extremity
        best = inside[0][1] if inside else None
        return best, ((e[0], inside[n + 1][1] if n + 1 < len(inside) else None) for n, e in enumerate(inside))

    if windowed:
        return Kind(list, fold, read)
    return Kind(lambda: None, fold_all, lambda state, now: (state, ()))


def distinct(windowed: bool, keep: int) -> Kind:
    """Different values, exact up to `keep`. A value stays until the last of its occurrences leaves."""

    def fold_all(
        state: list[str], at: Instant, leaves: Instant | None, value: str, now: Instant
    ) -> list[str]:
        return state if value in state or len(state) >= keep else sorted([*state, value])

    def fold(state: dict[str, int], at: Instant, leaves: Instant, value: str, now: Instant) -> dict[str, int]:
        out = {name: last for name, last in state.items() if last > now}
        if leaves > now:
            out[value] = max(leaves, out.get(value, leaves))
        if len(out) > keep:
            del out[min(out, key=lambda name: (out[name], name))]
        return out

    def read(state: dict[str, int], now: Instant) -> tuple[int, Changes]:
        inside = sorted(last for last in state.values() if last > now)
        size = len(inside)
        return size, ((inside[n], size - n - 1) for n in range(size))

    if windowed:
        return Kind(dict, fold, read, falls=True)
    return Kind(list, fold_all, lambda state, now: (len(state), ()))


def moment_of(windowed: bool, latest: bool) -> Kind:
    """The first or last occurrence's instant, None of nothing: the extreme of the instants themselves."""
    kind = extreme(windowed, latest)
    return Kind(
        kind.empty, lambda state, at, leaves, value, now: kind.fold(state, at, leaves, at, now), kind.read
    )
