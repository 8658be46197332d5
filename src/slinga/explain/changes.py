"""Changes as data: made, added up, and applied to a life.

In: a life, a point in it, a change. Out: the life and the point as they would have been.
Always true: nothing but the change differs; inputs keep their order, what is added comes where it says.
"""

from collections.abc import Iterable, Sequence
from functools import reduce

import msgspec

from slinga.engine.replay import Life, Point
from slinga.engine.replay import until as up_to
from slinga.explain.model import NOTHING, Added, Change
from slinga.ingest.model import Input
from slinga.kernel.clock import DAY, Instant
from slinga.kernel.words import Words

WAIT, SAY, MORE, OTHER, PLACE, NEVER, LONG, DEFINE = range(1, 9)
"""Kinds of changes from gentle to harsh; the `rank` of a change is the sum of those of its things."""
SOON = 30 * DAY
_STRIDE = 1 << 12
"""Room between two inputs of a life for those that are added."""


def wait(until: Instant, now: Instant, text: str, *, shift: bool = False) -> Change:
    """Taking the decision later instead; `shift`: by its input coming later."""
    rank = WAIT if until - now <= SOON else LONG
    return Change(text, until=until, shift=shift, rank=rank, amount=(until - now) / DAY)


def define(kind: str, key: str, field: str, value: object, text: str) -> Change:
    """A published definition would have said something else."""
    about = {"kind": kind, "key": key, "field": field, "value": value}
    return Change(text, define=about, rank=DEFINE)


def say(text: str, *inputs: Added, amount: float = 0.0) -> Change:
    """The person, or somebody for them, says something more."""
    return Change(text, add=inputs, things=len(inputs), rank=SAY * len(inputs), amount=amount)


def more(text: str, *inputs: Added, amount: float = 0.0) -> Change:
    """More happens."""
    return Change(text, add=inputs, things=len(inputs), rank=MORE * len(inputs), amount=amount)


def other(text: str, *inputs: Added, amount: float = 0.0) -> Change:
    """What happened had happened at another time, or with other properties."""
    return Change(text, add=inputs, things=len(inputs), rank=OTHER * len(inputs), amount=amount)


def place(text: str, command: Added) -> Change:
    """A member of the team places the person."""
    return Change(text, add=(command,), rank=PLACE)


def never(text: str, seqs: Iterable[int], *besides: Added) -> Change:
    """Inputs had never been."""
    gone = tuple(sorted(set(seqs)))
    things = len(gone)
    return Change(text, add=besides, remove=gone, things=things, rank=NEVER * things)


def together(changes: Sequence[Change], _: Words) -> Change | None:
    """All of these at once, or None where two want to wait until different instants."""
    real = [each for each in changes if each.things]
    if not real:
        return NOTHING
    if len(real) == 1:
        return real[0]
    waits = {(each.until, each.shift) for each in real if each.until is not None}
    if len(waits) > 1:
        return None
    add: list[Added] = []
    remove: set[int] = set()
    texts: list[str] = []
    kept: list[Change] = []
    for each in real:
        fresh = [one for one in each.add if one not in add]
        if each.until is None and not fresh and set(each.remove) <= remove and not each.define:
            continue
        if each.until is not None and each.until in {one.until for one in kept}:
            continue
        kept.append(each)
        add += fresh
        remove |= set(each.remove)
        texts.append(each.text)
    return Change(
        reduce(
            lambda one, other: _("%(one)s and %(other)s") % {"one": one, "other": other}, dict.fromkeys(texts)
        ),
        add=tuple(add),
        remove=tuple(sorted(remove)),
        until=next((until for until, shift in waits), None),
        shift=any(shift for until, shift in waits),
        define=next((each.define for each in kept if each.define), {}),
        things=sum(each.things for each in kept),
        rank=sum(each.rank for each in kept),
        amount=sum(each.amount for each in kept),
    )


def same(change: Change) -> bytes:
    """What a change does, without its words and its cost."""
    bare = msgspec.structs.replace(change, text="", things=1, rank=0, amount=0.0)
    return msgspec.json.encode(bare, order="deterministic")


def input_of(added: Added, at: Instant, seq: int = 0) -> Input:
    """An added input as it is applied."""
    occurred = at if added.occurred_at is None else min(added.occurred_at, at)
    return Input(added.kind, at, seq, added.name, added.body, added.trust, added.source, "", occurred)


def alone(change: Change) -> bool:
    """Whether a change only adds something right before the decision, so that nothing earlier differs."""
    return not (change.remove or change.until or change.define) and not any(
        one.instead_of or one.behind for one in change.add
    )


def altered(life: Life, point: Point, change: Change) -> tuple[Life, Point]:
    """The life and the point of the decision with a change, up to the decision only."""
    until = change.until or point.at
    lived = up_to(life, point).inputs
    before = [item for item in lived if not point.seq or item.seq < point.seq]
    deciding = [item for item in lived if point.seq and item.seq == point.seq]
    swapped = {one.instead_of: one for one in change.add if one.instead_of}
    behind: dict[int, list[Added]] = {}
    for one in change.add:
        if one.behind:
            behind.setdefault(one.behind, []).append(one)
    inputs: list[Input] = []
    for item in [*before, *deciding]:
        seq = item.seq * _STRIDE
        if item.seq == point.seq and point.seq:
            last = inputs[-1].seq if inputs else 0
            fresh = [one for one in change.add if not one.instead_of and not one.behind]
            start = max(seq - _STRIDE // 2, last + 1)
            inputs += [input_of(one, item.at, start + n) for n, one in enumerate(fresh)]
        if item.seq not in change.remove:
            swap = swapped.get(item.seq)
            inputs.append(
                msgspec.structs.replace(item, seq=seq) if swap is None else input_of(swap, item.at, seq)
            )
        for n, late in enumerate(behind.get(item.seq, ())):
            inputs.append(input_of(late, item.at, seq + 1 + n))
    if not point.seq:
        last = inputs[-1].seq if inputs else 0
        at = max(point.at - 1, inputs[-1].at if inputs else 0)
        fresh = [one for one in change.add if not one.instead_of and not one.behind]
        inputs += [input_of(one, at, last + 1 + n) for n, one in enumerate(fresh)]
    if change.shift and deciding and inputs and inputs[-1].seq == point.seq * _STRIDE:
        inputs[-1] = msgspec.structs.replace(inputs[-1], at=until, occurred_at=until)
    facts = tuple(msgspec.structs.replace(one, seq=one.seq * _STRIDE) for one in life.facts)
    published = tuple(each for each in life.programs if each[1] <= point.at)
    seq = 0 if change.until is not None and not change.shift else point.seq * _STRIDE
    return Life(life.key, tuple(inputs), facts, published, life.moved), Point(until, seq)
