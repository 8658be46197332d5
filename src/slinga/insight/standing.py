"""Where all journeys stand, in one look.

In: a connection. Out: `Standing` by journey. Always true: reads sums only; who is inside is who came in less
who left, so it follows the engine by the seconds that counting takes.
"""

from datetime import date

import msgspec

from slinga.insight import store
from slinga.runtime.db import Db

WHATS = ("run_entered", "run_ended", "goal_reached", "holdout", "send_accepted")


class Standing(msgspec.Struct, frozen=True):
    """What came of a journey so far; `last_entry` is a day of the workspace, None before the first."""

    entered: int = 0
    inside: int = 0
    reached: int = 0
    held_out: int = 0
    sent: int = 0
    last_entry: date | None = None


def standing(db: Db) -> dict[str, Standing]:
    """Every journey that did anything."""
    found: dict[str, dict[str, tuple[int, date]]] = {}
    for key, what, count, day in store.came_of_journeys(db, WHATS):
        found.setdefault(key, {})[what] = (int(count), day)
    return {
        key: Standing(
            entered=_count(sums, "run_entered"),
            inside=max(0, _count(sums, "run_entered") - _count(sums, "run_ended")),
            reached=_count(sums, "goal_reached"),
            held_out=_count(sums, "holdout"),
            sent=_count(sums, "send_accepted"),
            last_entry=sums["run_entered"][1] if "run_entered" in sums else None,
        )
        for key, sums in found.items()
    }


def _count(sums: dict[str, tuple[int, date]], what: str) -> int:
    return sums[what][0] if what in sums else 0
