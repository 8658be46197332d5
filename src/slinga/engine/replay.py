"""Live one person's life again: the same inputs and instants through the same pure engine, up to an instant.

In: what is recorded of one key (inputs, facts, when programs were published) and a point in that life.
Out: the person as they were just before or just after the point, the facts that come of it, and where they
differ from the recorded ones.
Always true: pure; each input is applied under the program that was in force for this person then; what the
log no longer holds (retention, an erasure), what another release decided and what another key lived through
before a merge is reported as a difference, never made up.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import msgspec

from slinga.engine.adopting import adopt
from slinga.engine.advance import advance_many
from slinga.engine.model import Batch, Person, Program, decode, encode
from slinga.ingest.model import Input
from slinga.kernel.clock import Instant
from slinga.lifecycle.moves import told
from slinga.people.model import Fact, Recorded

Load = Callable[[int], Program]
"""The compiled program of a number."""

FADING = "score_moved"
"""A score that fades says so whenever somebody looks; how often anybody looked is no part of a life."""


class Point(msgspec.Struct, frozen=True):
    """A place in a life: an input being applied, or with `seq` 0 the passing of time up to `at`."""

    at: Instant
    seq: int = 0
    behind: int | None = None
    """Without a `seq`: the last input before this point; None: all that were accepted up to `at`."""


class Life(msgspec.Struct, frozen=True):
    """What is recorded of one key. `inputs` by seq; `facts` as written; `programs`: number, when."""

    key: str
    inputs: tuple[Input, ...]
    facts: tuple[Recorded, ...] = ()
    programs: tuple[tuple[int, Instant], ...] = ()
    moved: tuple[Fact, ...] = ()
    """Moves of the keys that became this person: a handover of an earlier release does not tell them."""


class Move(msgspec.Struct, frozen=True):
    """One step of a replay: apply an input, adopt a program, or let time pass; under program `number`."""

    what: Literal["apply", "adopt", "pass"]
    at: Instant
    number: int
    item: Input | None = None


class Played(msgspec.Struct):
    """A life as far as it was replayed. `facts` are all of it, `fresh` where those of the last step begin."""

    person: Person
    program: Program
    facts: list[Recorded]
    fresh: int = 0

    @property
    def news(self) -> list[Fact]:
        """The facts of the last step."""
        return [one.fact for one in self.facts[self.fresh :]]


class Differences(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a replay tells another story than the record. All empty: it tells the same."""

    missing: tuple[Fact, ...] = ()
    """Recorded, and not come of the replay."""
    extra: tuple[Fact, ...] = ()
    """Come of the replay, and not recorded."""
    why: tuple[str, ...] = ()
    """What in the record itself explains it, as far as that can be seen."""


def moves(life: Life, end: Instant) -> list[Move]:
    """The steps of a life up to and with `end`."""
    adopted = _adoptions(life)
    found: list[Move] = []
    number = 0
    pending = [(n, at) for n, at in sorted(life.programs) if at <= end]

    def publish_to(now: Instant, seq: int) -> None:
        nonlocal number
        while pending:
            coming, published = pending[0]
            instant, low, high = adopted.get(coming, (published, 0, 0))
            before = seq and seq <= low
            if before or not (published <= now or (high and seq >= high)):
                return
            pending.pop(0)
            if number or found:
                found.append(Move("pass", published, number))
            number = coming
            if coming in adopted and instant <= end:
                found.append(Move("adopt", instant, coming))

    for item in life.inputs:
        if item.at > end:
            break
        publish_to(item.at, item.seq)
        found.append(Move("apply", item.at, number, item))
    publish_to(end, 0)
    found.append(Move("pass", end, number))
    return found


def _adoptions(life: Life) -> dict[int, tuple[Instant, int, int]]:
    """When each program was adopted, the last input surely applied before it, the first surely after."""
    found: dict[int, tuple[Instant, int, int]] = {}
    low = 0
    for one in life.facts:
        if one.fact.kind == "program_adopted" and one.fact.name.isdigit():
            found[int(one.fact.name)] = (one.fact.at, low, 0)
        elif one.seq:
            low = max(low, one.seq)
            for number, (at, before, after) in found.items():
                if not after and one.seq > before:
                    found[number] = (at, before, one.seq)
    return found


def until(life: Life, point: Point) -> Life:
    """The life without the inputs that come after a point."""
    last = point.seq or point.behind
    kept = (item for item in life.inputs if item.at <= point.at and (last is None or item.seq <= last))
    return msgspec.structs.replace(life, inputs=tuple(kept))


def play(life: Life, load: Load, point: Point, *, before: bool = False) -> Played:
    """The life up to and with a point, or up to just before it."""
    life = until(life, point)
    steps = moves(life, point.at)
    split = _place(steps, point)
    played = Played(Person(key=life.key), load(0), [])
    run(played, steps[:split], load, life, end=point.at if point.seq else point.at - 1)
    if not before:
        step(played, life, load, point)
    return played


def step(
    played: Played,
    life: Life,
    load: Load,
    point: Point,
    *,
    watch: Callable[[Program], Program] = lambda program: program,
    besides: Sequence[Input] = (),
) -> Played:
    """Apply the point itself, in place, to a life played up to just before it.

    `watch` may put something that looks on in place of the program's conditions; `besides` are inputs applied
    right before the point.
    """
    life = until(life, point)
    steps = moves(life, point.at)
    played.fresh = len(played.facts)
    batch = Batch()
    if besides:
        program = watch(load(steps[min(_place(steps, point), len(steps) - 1)].number))
        advance_many(
            played.person, besides, program, max(point.at - (not point.seq), played.person.at), batch
        )
        played.facts += batch.facts
    run(played, steps[_place(steps, point) :], load, life, end=point.at, watch=watch)
    return played


def copy(played: Played) -> Played:
    """Another life to go on with."""
    return Played(decode(encode(played.person)), played.program, list(played.facts), played.fresh)


def _place(steps: Sequence[Move], point: Point) -> int:
    """Where in the steps a point is."""
    for place, one in enumerate(steps):
        if point.seq:
            if one.item is not None and one.item.seq >= point.seq:
                return place
        elif one.at >= point.at and all(later.what != "apply" for later in steps[place:]):
            return place
    return len(steps)


def run(
    played: Played,
    steps: Iterable[Move],
    load: Load,
    life: Life,
    *,
    end: Instant,
    watch: Callable[[Program], Program] = lambda program: program,
) -> None:
    """Take these steps, in place."""
    person = played.person
    for one in steps:
        program = played.program = watch(load(one.number))
        batch = Batch()
        if one.what == "apply" and one.item is not None:
            advance_many(person, [one.item], program, one.at, batch)
            _recall(person, life)
        elif one.what == "adopt" and person.at and person.forward is None:
            past = [item for item in life.inputs if item.seq <= person.seq]
            known = [recorded.fact for recorded in played.facts]
            adopt(person, past, known, program, one.at, batch)
        elif person.at:
            advance_many(person, [], program, min(one.at, end), batch)
        played.facts += batch.facts
    if person.at and end > person.at:
        batch = Batch()
        advance_many(person, [], played.program, end, batch)
        played.facts += batch.facts


def _recall(person: Person, life: Life) -> None:
    """As the worker does when it next reads a state that does not know how a person moved."""
    if not person.knows_moves:
        lived = [one.fact for one in life.facts if one.fact.at <= person.at]
        person.moves, person.rests = told([*life.moved, *lived], person.positions), []


def differences(life: Life, played: Played, end: Instant) -> Differences:
    """Where the replayed facts differ from the recorded ones up to an instant."""
    recorded = [one.fact for one in life.facts if one.fact.at <= end and one.fact.kind != FADING]
    replayed = [one.fact for one in played.facts if one.fact.at <= end and one.fact.kind != FADING]
    left: dict[bytes, list[Fact]] = {}
    for fact in replayed:
        left.setdefault(_mark(fact), []).append(fact)
    missing = []
    for fact in recorded:
        same = left.get(_mark(fact))
        if same:
            same.pop()
        else:
            missing.append(fact)
    extra = [fact for several in left.values() for fact in several]
    if not missing and not extra:
        return Differences()
    extra.sort(key=lambda fact: fact.at)
    return Differences(tuple(missing), tuple(extra), tuple(_reasons(life)))


MEASURED = ("status_for",)
"""What facts measure beside the decision; older records lack it, and it makes no other decision."""


def _mark(fact: Fact) -> bytes:
    body: Any = msgspec.json.decode(msgspec.json.encode(fact.body))
    for field in MEASURED:
        body.pop(field, None)
    return msgspec.json.encode([fact.kind, fact.name, fact.at, body], order="deterministic")


def _reasons(life: Life) -> Iterable[str]:
    caused = [one.seq for one in life.facts if one.seq]
    seqs = {item.seq for item in life.inputs}
    gone = sum(seq not in seqs for seq in set(caused))
    if gone:
        yield f"{gone} inputs that facts came of are no longer in the log (retention or an erasure)"
    if any(item.kind == "handover" for item in life.inputs):
        yield "another profile was merged into this one"
    if not gone:
        yield "an earlier release may have decided by other rules"
