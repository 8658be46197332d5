"""Sequences of events, and messages that were ignored: the aggregates that look at two things at once.

In: occurrences in any order of arrival. Out: small states of plain lists and their readings.
Always true: within the kept entries the reading depends on the set of occurrences, not on arrival.

Size: a sequence keeps the 512 latest occurrences of its steps, and none of a past that can no longer
complete inside its window; `ignored` keeps the 512 latest sendings and as many signs of engagement.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from typing import Any

from slinga.kernel.clock import DAY, Instant
from slinga.segments.aggregates import Changes, Kind

KEPT = 512
FOREVER = -1
_SLACK = 4 * DAY
"""More than any calendar can make a later occurrence leave a window before an earlier one."""

Leaves = Callable[[Instant], Instant]


def sequence(steps: int, within: int | None, leaves: Leaves | None, longest: int) -> Kind:
    """Complete or not. The value folded is (seq, mask of the steps the event fits, in the window or not).

    State: [entries [at, seq, mask, counts], the latest instant at which a completion leaves the window].
    `longest`: no occurrence stays in the window for more. For each entry in order the latest possible first
    step of a chain that ends there is carried forward; the latest first step is always the best, because
    `within` is elapsed time.
    """

    def complete(entries: list[list[Any]]) -> Instant | None:
        best: list[Instant | None] = [None] * steps
        completed: list[Instant] = []
        for at, _, mask, counts in entries:
            for n in range(steps - 1, -1, -1):  # backwards: an event never follows itself
                if not mask >> n & 1:
                    continue
                first = at if n == 0 else best[n - 1]
                if first is None or (within is not None and at >= first + within and n):
                    continue
                if n == steps - 1:
                    if counts:
                        if leaves is None:
                            return FOREVER
                        completed.append(at)
                elif first > (best[n] or 0):
                    best[n] = first
        if leaves is None or not completed:
            return None
        # an earlier completion than these has left before them
        return max(leaves(at) for at in {at for at in completed if at > completed[-1] - _SLACK})

    def fold(state: list[Any], at: Instant, _: Any, value: tuple[int, int, bool], now: Instant) -> list[Any]:
        entries, done = state
        if done == FOREVER:
            return state
        entries = list(entries)
        latest = not entries or entries[-1][0] < at
        insort(entries, [at, *value])
        if leaves is not None and within is not None and entries[0][0] + within + longest <= now:
            entries = [e for e in entries if e[0] + within + longest > now]
        entries = entries[-KEPT:]
        if latest:  # the usual case: it completes a chain or none, and all of that lies within reach of it
            if not value[1] >> (steps - 1) & 1:
                return [entries, done]
            if within is not None:
                found = complete(entries[bisect_right(entries, [at - within + 1]) :])
            else:
                found = complete(entries)
        else:
            found = complete(entries)
        if found == FOREVER:
            return [[], FOREVER]
        return [entries, max(found or 0, done)]

    def read(state: list[Any], now: Instant) -> tuple[bool, Changes]:
        done = state[1]
        if done == FOREVER:
            return True, ()
        return done > now, ((done, False),) if done > now else ()

    return Kind(lambda: [[], 0], fold, read, shown=lambda state: state[1])


def ignored(after: int, leaves: Leaves | None, longest: int) -> Kind:
    """How many sent messages were ignored. The value folded is ("sent", key), ("hit", key) or ("shown", "").

    State: [sendings [at, key], hits by key {key: [at]}, instants of visits and purchases].
    """

    def fold(state: list[Any], at: Instant, _: Any, value: tuple[str, str], now: Instant) -> list[Any]:
        sent, hits, shown = state
        what, key = value
        if what == "sent":
            sent = list(sent)
            insort(sent, [at, key])
        elif what == "hit":
            hits = {**hits, key: sorted([*hits.get(key, ()), at])[:32]}
        else:
            shown = list(shown)
            insort(shown, at)
        if leaves is not None:
            sent = [s for s in sent if s[0] + longest > now]
            hits = {k: v for k, v in hits.items() if v[-1] + longest > now}
            shown = [s for s in shown if s + longest > now]
        if len(hits) > KEPT:
            oldest = min(hits, key=lambda k: (hits[k][-1], k))
            hits = {k: v for k, v in hits.items() if k != oldest}
        return [sent[-KEPT:], hits, shown[-KEPT:]]

    def engaged(state: list[Any], at: Instant, key: str) -> bool:
        _, hits, shown = state
        until = at + after
        if bisect_left(shown, at) < bisect_left(shown, until):
            return True
        return any(at <= hit < until for hit in hits.get(key, ())) if key else False

    def read(state: list[Any], now: Instant) -> tuple[int, Changes]:
        value = 0
        turns: list[tuple[Instant, int]] = []
        for at, key in state[0]:
            if engaged(state, at, key):
                continue
            end = leaves(at) if leaves is not None else None
            begin = at + after
            if end is not None and end <= max(begin, now):
                continue
            if begin <= now:
                value += 1
            else:
                turns.append((begin, 1))
            if end is not None:
                turns.append((end, -1))
        turns.sort()
        changes: list[tuple[Instant, int]] = []
        running = value
        for at, step in turns:
            running += step
            if changes and changes[-1][0] == at:
                changes[-1] = (at, running)
            else:
                changes.append((at, running))
        return value, changes

    return Kind(lambda: [[], {}, []], fold, read)
