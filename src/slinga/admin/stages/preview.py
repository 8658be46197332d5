"""About how many people would stand where, were a draft in force: from some whole buckets.

In: a draft, for each rule who it is true of. Out: how many people in each stage.
Always true: pure; whoever the rules put nowhere stands in the first stage; the answer is for people placed
anew: the shortest stay, pins, and what only a journey gives are left out.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from slinga.kernel.errors import Invalid
from slinga.kernel.ids import BUCKETS
from slinga.segments.grammar import Condition, parse
from slinga.segments.preview import Estimate, estimate

ENOUGH = 4_000
"""About so many people are looked at."""


class Seen(msgspec.Struct, frozen=True):
    """A stage and about how many people; `fault` where its rule cannot be asked."""

    key: str
    name: str
    people: Estimate
    fault: str = ""


def buckets_for(people: int) -> range:
    """The buckets to read where there are about so many people: all of few, some of many."""
    if people <= ENOUGH * 2:
        return range(BUCKETS)
    return range(max(2, min(BUCKETS, -(-ENOUGH * BUCKETS // people))))


def placed(
    document: dict[str, Any], buckets: range, matching: Callable[[Condition], Collection[str]]
) -> list[Seen]:
    """Who would stand where; `matching` gives the people of these buckets that a condition is true of."""
    left = set(matching(parse({"op": "everyone"})))
    out: list[Seen] = []
    stages = document.get("stages", [])
    for n in reversed(range(len(stages))):
        stage, fault, there = stages[n], "", set[str]()
        if n == 0:
            there = left
        elif left:
            try:
                there = left & set(matching(parse(stage.get("enter") or {"op": "any", "of": []})))
                for rule in stage.get("fall", ()):
                    if there:
                        there -= set(matching(parse(rule["when"])))
            except Invalid as wrong:
                fault, there = wrong.message, set()
        left = left - there
        name = str(stage.get("name", stage.get("key", "")))
        out.append(Seen(str(stage.get("key", "")), name, estimate(len(there), len(buckets)), fault))
    return out[::-1]
