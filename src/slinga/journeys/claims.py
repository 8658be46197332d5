"""What a condition claims, and whether claims can be true together.

In: conditions. Out: their claims in disjunctive form; whether some of them exclude one another.
Always true: NO means that no person at any instant satisfies them all; UNLIKELY means that only a person does
who has several values under one name (a list). What is not understood counts as possible.
"""

import math
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import reduce
from itertools import product
from typing import Any

import msgspec

from slinga.kernel.words import ENGLISH, Text, Words
from slinga.segments import terms as g
from slinga.segments.values import NEGATED, holds, order
from slinga.segments.words import describe

MOST = 96
"""Alternatives looked at; a condition with more of them counts as possible."""
COUNTED = ("count", "distinct")
WHOLE = ("count", "distinct", "sum")


class Possible(IntEnum):
    """Whether claims can be true together."""

    NO = 0
    UNLIKELY = 1
    YES = 2


class Claim(msgspec.Struct, frozen=True):
    """A leaf that holds, or does not."""

    leaf: g.Condition
    truth: bool

    @property
    def text(self) -> str:
        """The claim in words."""
        return self.said(ENGLISH)

    def said(self, _: Words) -> str:
        """The claim in words of a language."""
        said = describe(self.leaf, _)
        return said if self.truth else _("not %(condition)s") % {"condition": said}


class Clash(msgspec.Struct, frozen=True):
    """Claims that cannot be true together, to be said as the end of a sentence."""

    claims: tuple[Claim, ...]

    def said(self, _: Words) -> str:
        """The claims, each once."""
        several = list(dict.fromkeys(claim.said(_) for claim in self.claims))
        return reduce(
            lambda one, other: _("%(one)s against %(other)s") % {"one": one, "other": other}, several
        )


Ways = list[tuple[Claim, ...]]
"""Alternatives, in each of which all claims are true; [()] claims nothing, [] is impossible."""
ANYTHING: Ways = [()]


def ways(condition: g.Condition, truth: bool = True) -> Ways | None:
    """The alternatives in which a condition comes out so; None where there are too many."""
    match condition:
        case g.Everyone():
            return ANYTHING if truth else []
        case g.Not():
            return ways(condition.of, not truth)
        case g.All() | g.Any_():
            parts = [ways(child, truth) for child in condition.of]
            if any(part is None for part in parts):
                return None
            known = [part for part in parts if part is not None]
            return conjoin(known) if isinstance(condition, g.All) is truth else _one_of(known)
    return [(Claim(condition, truth),)]


def conjoin(parts: Sequence[Ways]) -> Ways | None:
    """All of these together."""
    if math.prod(len(part) for part in parts) > MOST:
        return None
    found = [unlike(claim for way in several for claim in way) for several in product(*parts)]
    return [way for way in found if possible(way)[0] is not Possible.NO]


def unlike(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Claims, each once."""
    return tuple({claim.text: claim for claim in claims}.values())


def united(*parts: Ways) -> Ways:
    """Any of these alternatives, each once."""
    return list({tuple(claim.text for claim in way): way for part in parts for way in part}.values())


def _one_of(parts: Sequence[Ways]) -> Ways | None:
    found = united(*parts)
    return found if len(found) <= MOST else None


def judge(parts: Sequence[Ways]) -> tuple[Possible, Clash | None]:
    """Whether all of these can be true together, and which claims are in the way."""
    if any(not part for part in parts):
        return Possible.NO, None
    if math.prod(len(part) for part in parts) > MOST:
        return Possible.YES, None
    best, why = Possible.NO, None
    for several in product(*parts):
        found, reason = possible(tuple(claim for way in several for claim in way))
        why = why or reason
        if found > best:
            best, why = found, reason
    return best, why


def against_itself(condition: g.Condition, truth: bool = True) -> Clash | None:
    """Which claims keep a condition from ever coming out so; None where nothing does, or no two of them."""
    match condition:
        case g.Not():
            return against_itself(condition.of, not truth)
        case g.All() | g.Any_():
            found = [against_itself(child, truth) for child in condition.of]
            inner = next((each for each in found if each), None)
            if inner or isinstance(condition, g.All) is not truth:
                return inner
            parts = [ways(child, truth) for child in condition.of]
            return judge([part for part in parts if part is not None])[1]
    return None


def because(impossible: str, plain: str, why: Clash | None, *about: g.Condition) -> Text:
    """The text that says why, by the claims in the way or by what is wrong in a condition itself; else the
    plain one."""
    found = why or next((each for one in about if (each := against_itself(one))), None)
    return Text(impossible, (("why", found),)) if found else Text(plain)


def possible(claims: Sequence[Claim]) -> tuple[Possible, Clash | None]:
    """Whether claims can be true together, and the two that cannot."""
    groups: dict[bytes, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(_subject(claim.leaf), []).append(claim)
    worst, why = Possible.YES, None
    for several in groups.values():
        found = _together(several)
        if found < worst:
            worst, why = found, Clash(tuple(several))
    return worst, why


def _subject(leaf: g.Condition) -> bytes:
    """What a leaf is about: leaves of one subject may exclude one another."""
    match leaf:
        case g.Trait():
            return f"trait {leaf.name}".encode()
        case g.Trigger():
            return f"trigger {leaf.path}".encode()
        case g.Stage() | g.Status():
            return f"{type(leaf).__name__} {leaf.model}".encode()
        case g.Score():
            return f"score {leaf.name}".encode()
        case g.Consent():
            return f"consent {leaf.channel} {leaf.topic}".encode()
        case g.InSegment():
            return f"segment {leaf.key}".encode()
    document = g.to_document(leaf)
    bare = {name: value for name, value in document.items() if name not in ("cmp", "value")}
    if isinstance(leaf, g.Thing) and leaf.quantifier in ("any", "none", "count"):
        bare["quantifier"] = "count"
    if isinstance(leaf, g.Event):
        bare["agg"] = leaf.agg
    return msgspec.json.encode(bare, order="deterministic")


def _together(claims: Sequence[Claim]) -> Possible:
    leaf = claims[0].leaf
    match leaf:
        case g.Trait() | g.Trigger():
            return _values(claims)
        case g.Stage() | g.Status():
            return _choices(claims, None)
        case g.Consent():
            return _choices(claims, ("granted", "withdrawn", "denied", "unknown"))
        case g.InSegment():
            wanted = {each.truth is each.leaf.is_ for each in claims if isinstance(each.leaf, g.InSegment)}
            return Possible.NO if len(wanted) > 1 else Possible.YES
        case g.Event() if leaf.agg in WHOLE:
            return _numbers(claims, whole=leaf.agg in COUNTED, always=True)
        case g.Event() if leaf.agg in ("min", "max", "avg"):
            return _numbers(claims, whole=False, always=False)
        case g.Reaction():
            return _numbers(claims, whole=True, always=True)
        case g.Score():
            return _numbers(claims, whole=False, always=False)
        case g.Thing() if leaf.quantifier in ("any", "none", "count"):
            return _numbers(claims, whole=True, always=True)
    by_words: dict[str, set[bool]] = {}
    for each in claims:
        by_words.setdefault(describe(each.leaf), set()).add(each.truth)
    return Possible.NO if any(len(truths) > 1 for truths in by_words.values()) else Possible.YES


def _choices(claims: Iterable[Claim], universe: tuple[str, ...] | None) -> Possible:
    """Something that has one value of several."""
    allowed: set[str] | None = set(universe) if universe else None
    for each in claims:
        wanted = getattr(each.leaf, "is_", ())
        named = {wanted} if isinstance(wanted, str) else set(wanted)
        if each.truth:
            allowed = named if allowed is None else allowed & named
    for each in claims:
        wanted = getattr(each.leaf, "is_", ())
        if not each.truth and allowed is not None:
            allowed -= {wanted} if isinstance(wanted, str) else set(wanted)
    return Possible.NO if allowed is not None and not allowed else Possible.YES


def _compared(claim: Claim) -> tuple[str, Any]:
    leaf = claim.leaf
    if isinstance(leaf, g.Thing) and leaf.quantifier != "count":
        return ("ge", 1) if leaf.quantifier == "any" else ("eq", 0)
    return leaf.cmp, leaf.value  # type: ignore[union-attr]


_OPPOSITE = {"eq": "ne", "ne": "eq", "lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}


def _numbers(claims: Sequence[Claim], *, whole: bool, always: bool) -> Possible:
    """One number. `always`: there is one for everybody, at least 0 where it is `whole`."""
    tests = []
    exists = always or any(each.truth and _compared(each)[0] != "ne" for each in claims)
    for each in claims:
        cmp, value = _compared(each)
        if isinstance(value, str):
            return Possible.YES
        if each.truth and (exists or cmp != "ne"):
            tests.append((cmp, value))
        elif not each.truth and exists:
            tests.append((_OPPOSITE[cmp], value))
    edges = {0.0, *(float(value) + step for _, value in tests for step in (-1, -0.5, 0, 0.5, 1))}
    if whole:
        edges = {float(n) for edge in edges for n in (math.floor(edge), math.ceil(edge)) if n >= 0}
    good = any(all(order(cmp)(edge, value) for cmp, value in tests) for edge in edges)
    return Possible.YES if good else Possible.NO


def _values(claims: Sequence[Claim]) -> Possible:
    """Something that may have no value, one, or several in a list."""
    true: list[tuple[str, Any]] = []
    false: list[tuple[str, Any]] = []
    for each in claims:
        cmp, value = _compared(each)
        if isinstance(value, g.Bind):
            continue
        truth = each.truth
        if cmp in NEGATED:
            cmp, truth = NEGATED[cmp], not truth
        (true if truth else false).append((cmp, value))
    if any(_implies(one, other) for one in true for other in false):
        return Possible.NO
    singles = [value for cmp, value in true if cmp == "eq"]
    singles += [each for cmp, value in true if cmp == "in" for each in value]
    numbers = [value for _, value in true if isinstance(value, int | float) and not isinstance(value, bool)]
    tried = [*singles, *(n + step for n in numbers for step in (-1, -0.5, 0, 0.5, 1))]
    understood = all(cmp in ("eq", "in", "exists", "lt", "le", "gt", "ge") for cmp, _ in true)
    if not understood or len(true) < 2 or not tried:
        return Possible.YES
    good = any(all(holds(cmp, value)((each,)) for cmp, value in true) for each in tried)
    return Possible.YES if good else Possible.UNLIKELY


def _implies(one: tuple[str, Any], other: tuple[str, Any]) -> bool:
    """Whether a value for which one comparison holds is one for which the other does."""
    (cmp, value), (then, limit) = one, other
    if then == "exists" or one == other:
        return True
    test = holds(then, limit)
    if cmp == "eq":
        return bool(test((value,)))
    if cmp == "in":
        return bool(value) and all(test((each,)) for each in value)
    if cmp == then and cmp in ("lt", "le", "gt", "ge") and type(value) is type(limit):
        return bool(value <= limit if cmp in ("lt", "le") else value >= limit)
    return False
