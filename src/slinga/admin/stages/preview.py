"""About how many people would stand where, were a draft in force: from some whole buckets.

In: a draft, for each rule who it is true of. Out: how many people in each stage.
Always true: pure; whoever the rules put nowhere stands in the first stage; the answer is for people placed
anew: the shortest stay, pins, and what only a journey gives are left out.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from slinga.kernel.errors import Invalid
from slinga.kernel.ids import BUCKETS
from slinga.segments.grammar import Condition, parse
from slinga.segments.preview import Estimate, estimate
from slinga.segments.terms import references

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


class Rule(msgspec.Struct, frozen=True):
    """Who a stage takes: whom `wanted` is true of and none of `exceptions`. `fault`: it cannot be asked."""

    key: str
    name: str
    wanted: Condition
    exceptions: tuple[Condition, ...] = ()
    fault: str = ""


NOBODY, EVERYBODY = parse({"op": "any", "of": []}), parse({"op": "everyone"})


def rules(document: dict[str, Any]) -> list[Rule]:
    """The rules of a draft, the furthest stage first; the first stage takes whoever is left."""
    out = []
    for n, stage in enumerate(document.get("stages", [])):
        key = str(stage.get("key", ""))
        name = str(stage.get("name", key))
        try:
            wanted = _asked(stage.get("enter")) if n else EVERYBODY
            exceptions = tuple(_asked(rule.get("when")) for rule in stage.get("fall", ())) if n else ()
            out.append(Rule(key, name, wanted, exceptions))
        except Invalid as wrong:
            out.append(Rule(key, name, NOBODY, fault=wrong.message))
    return out[::-1]


def _asked(document: Any) -> Condition:
    """A condition that can be asked of everybody. Raises Invalid."""
    condition = parse(document) if document else NOBODY
    if references(condition).run:
        raise Invalid("A stage cannot ask what started a run.", field="enter")
    return condition


def placed(
    document: dict[str, Any], buckets: range, matching: Callable[[Condition], Collection[str]]
) -> list[Seen]:
    """Who would stand where; `matching` gives the people of these buckets that a condition is true of."""
    left = set(matching(EVERYBODY))
    out: list[Seen] = []
    for rule in rules(document):
        there = left & set(matching(rule.wanted)) if left and rule.wanted is not EVERYBODY else left
        for one in rule.exceptions:
            if there:
                there = there - set(matching(one))
        left = left - there
        out.append(Seen(rule.key, rule.name, estimate(len(there), len(buckets)), rule.fault))
    return out[::-1]


Sort = Callable[[list[tuple[Condition, tuple[Condition, ...]]]], Sequence[int]]
"""Counts who comes under each of some rules first: `segments.jobs.sorted_into`."""


def exactly(document: dict[str, Any], sort: Sort) -> list[Seen]:
    """The same of everybody; `sort` counts who comes under each rule first."""
    asked = rules(document)
    counts = sort([(rule.wanted, rule.exceptions) for rule in asked])
    return [
        Seen(rule.key, rule.name, estimate(count, BUCKETS), rule.fault)
        for rule, count in zip(asked, counts, strict=True)
    ][::-1]
