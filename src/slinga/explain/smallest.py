"""The smallest change that would have turned a decision.

In: a judge that replays a life with a change, the conditions the decision rested on. Out: changes that turn
it, smallest first.
Always true: every change that is given has been applied to the life and replayed, and did turn the decision;
none of the proposals is cheaper. Over groups the cost is exact: all of several costs their sum, any of them
the cheapest. The order of costs stands at `model.Change`.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from slinga.engine.replay import Life, Load, Played, Point, copy, play, step
from slinga.engine.replay import until as up_to
from slinga.explain import changes, happenings, sayings
from slinga.explain.model import NOTHING, Change
from slinga.explain.scene import Scene
from slinga.explain.trace import Node, leaves
from slinga.ingest.model import Input
from slinga.kernel.calendar import zone as zone_of
from slinga.kernel.clock import DAY, Instant, to_datetime
from slinga.kernel.words import ENGLISH, Words
from slinga.segments import terms as g

MOST = 400
"""Proposals replayed at most."""
MOST_INPUTS = 200_000
"""Inputs applied in all replays together, so that a life of many thousands is not searched for minutes."""
WAYS = 48
"""Proposals kept for each condition; a group keeps the cheapest of its combinations."""
NEVER_MOST = 60
"""Inputs, the latest ones, of which each alone is left out to see whether it mattered."""
MORE = 40
"""Proposals replayed for others of other kinds once the smallest is found."""
MOST_WAKES = 120
HORIZON = 800 * DAY


Redefine = Callable[[dict[str, Any]], Load]
"""The programs as they would have been with a definition saying something else."""


class Judge:
    """Says how a decision falls for a life with a change."""

    def __init__(
        self,
        life: Life,
        load: Load,
        point: Point,
        answer: Callable[[Played], object],
        redefine: Redefine | None = None,
        words: Words = ENGLISH,
    ) -> None:
        self.life, self.load, self.point, self.answer = life, load, point, answer
        self.words = words
        self._redefine = redefine
        self.applied = 0
        self._before = play(life, load, point, before=True)
        self.first = self.decide()

    def decide(self) -> object:
        """As it fell."""
        return self.answer(step(copy(self._before), self.life, self.load, self.point))

    def with_change(self, change: Change) -> object:
        """As it would have fallen; by the short way where nothing before the decision differs."""
        if changes.alone(change):
            at = self.point.at if self.point.seq else max(self.point.at - 1, self._before.person.at)
            fresh = [changes.input_of(one, at) for one in change.add]
            played = step(copy(self._before), self.life, self.load, self.point, besides=fresh)
            return self.answer(played)
        return self.replayed(change)

    def replayed(self, change: Change) -> object:
        """As it would have fallen, the whole life lived again."""
        self.applied += len(self.life.inputs)
        life, point = changes.altered(self.life, self.point, change)
        load = self.load
        if change.define:
            if self._redefine is None:
                return self.first
            load = self._redefine(change.define)
        return self.answer(play(life, load, point))

    def turned(self, change: Change) -> bool:
        """Whether the change turns the decision."""
        return self.with_change(change) != self.first and self.replayed(change) != self.first

    @property
    def before(self) -> Played:
        """The life up to just before the decision."""
        return self._before


def scene_of(judge: Judge, view: object, item: Input | None) -> Scene:
    """What the search reads, with the view a condition was asked on."""
    point = judge.point
    inputs = up_to(judge.life, point).inputs
    person, program = judge.before.person, judge.before.program
    return Scene(person, program, view, point.at, inputs, item, judge.words)


def ways(node: Node, wanted: bool, scene: Scene, depth: int = 0) -> list[Change]:
    """Proposals that would make a condition come out as wanted, cheapest first."""
    if node.holds is wanted:
        return [NOTHING]
    if node.way == "not":
        return ways(node.of[0], not wanted, scene, depth)
    if node.way == "leaf":
        return _cheapest(_of_leaf(node, scene, depth))
    every = (node.way == "all") is wanted
    several = [ways(child, wanted, scene, depth) for child in node.of]
    if not every:
        return _cheapest(change for options in several for change in options)
    return _sums(several, scene.words)


def _of_leaf(node: Node, scene: Scene, depth: int) -> Iterator[Change]:
    leaf = node.condition
    if node.until is not None and not isinstance(leaf, g.Everyone):
        yield waiting(node.until, scene)
    match leaf:
        case g.Event():
            yield from happenings.of_event(node, leaf, scene)
        case g.Reaction():
            yield from happenings.of_reaction(node, leaf, scene)
        case g.Sequence():
            yield from happenings.of_sequence(node, leaf, scene)
        case g.Stage() | g.Status() | g.InStageFor():
            if depth < 3:
                yield from sayings.of_place(
                    node, leaf, scene, lambda inner, wanted: ways(inner, wanted, scene, depth + 1)
                )
        case g.Moved():
            yield from sayings.of_move(node, leaf, scene)
        case g.InSegment():
            if depth < 3:
                yield from sayings.of_segment(
                    node, leaf, scene, lambda inner, wanted: ways(inner, wanted, scene, depth + 1)
                )
        case _:
            propose = sayings.OF.get(type(leaf))
            if propose is not None:
                yield from propose(node, leaf, scene)


def waiting(until: Instant, scene: Scene) -> Change:
    """The change of waiting until an instant."""
    _, item = scene.words, scene.item
    at = f"{to_datetime(until).astimezone(zone_of(scene.zone.key)):%Y-%m-%d %H:%M:%S}"
    if item is not None and item.seq > 0:
        text = _('"%(event)s" at %(at)s') % {"event": item.name or item.kind, "at": at}
        return changes.wait(until, scene.now, text, shift=True)
    return changes.wait(until, scene.now, _("wait until %(at)s") % {"at": at})


def _cheapest(found: Iterable[Change]) -> list[Change]:
    kept: dict[bytes, Change] = {}
    for change in found:
        mark = changes.same(change)
        if mark not in kept or change.cost < kept[mark].cost:
            kept[mark] = change
    return heapq.nsmallest(WAYS, kept.values(), key=lambda change: change.cost)


def _sums(several: Sequence[Sequence[Change]], _: Words) -> list[Change]:
    """The cheapest choices of one from each; the costs add up."""
    kept: list[Change] = [NOTHING]
    for options in several:
        if not options:
            return []
        united = [changes.together([one, other], _) for one in kept for other in options]
        kept = _cheapest(each for each in united if each is not None)
    return kept


def proposals(roots: Sequence[tuple[Node, bool, Scene]], extra: Iterable[Change] = ()) -> list[Change]:
    """Everything to try, cheapest first: for each of the conditions, and what else is proposed."""
    found = [change for node, wanted, scene in roots for change in ways(node, wanted, scene)]
    for node, _, scene in roots:
        by_name: dict[str, list[g.Event]] = {}
        for leaf in leaves(node):
            if isinstance(leaf.condition, g.Event):
                by_name.setdefault(leaf.condition.name, []).append(leaf.condition)
        for events in by_name.values():
            found += happenings.combined(events, scene)
    for node, _, scene in roots:  # a leaf may matter though its own answer stays: each alone, either way
        for leaf in leaves(node):
            found += [each for each in _of_leaf(leaf, scene, 0) if each.things == 1]
    found += extra
    if roots:
        found += _without(roots[0][2].inputs, roots[0][2].words)
    return heapq.nsmallest(MOST, _unlike(found), key=lambda change: change.cost)


def _without(inputs: Sequence[Input], _: Words) -> Iterator[Change]:
    """Each of the latest inputs alone had never been; receipts and answers say what others did."""
    for item in inputs[-NEVER_MOST:]:
        if item.kind not in ("receipt", "answer", "handover", "merge"):
            yield changes.never(happenings.less([item], _), [item.seq])


def _unlike(found: Iterable[Change]) -> list[Change]:
    kept: dict[bytes, Change] = {}
    for change in found:
        if change.things:
            mark = changes.same(change)
            if mark not in kept or change.cost < kept[mark].cost:
                kept[mark] = change
    return list(kept.values())


def later(judge: Judge, scene: Scene, until: Callable[[Played], Instant | None]) -> Change | None:
    """The first later instant at which the decision would fall otherwise, with nothing else happening.

    `until` says, beside the person's own wake-up, when the answer may change.
    """
    played = play(judge.life, judge.load, judge.point)
    known = tuple(each for each in judge.life.programs if each[1] <= judge.point.at)
    quiet = msgspec.structs.replace(judge.life, inputs=scene.inputs, programs=known)
    for _ in range(MOST_WAKES):
        ahead = [at for at in (played.person.wake_at, until(played)) if at is not None]
        coming = min((at for at in ahead if at > played.person.at), default=None)
        if coming is None or coming > judge.point.at + HORIZON:
            return None
        step(played, quiet, judge.load, Point(coming))
        if judge.answer(played) != judge.first:
            return waiting(coming, msgspec.structs.replace(scene, item=None))
    return None


def smallest(judge: Judge, proposed: Sequence[Change], most: int = 3) -> list[Change]:
    """The cheapest change that turns the decision, and up to `most` - 1 others of other kinds."""
    found: list[Change] = []
    tried = 0
    for change in proposed:
        tried += bool(found)
        if tried > MORE or judge.applied > MOST_INPUTS:
            break
        if found and (change.rank, change.things) in {(each.rank, each.things) for each in found}:
            continue
        if found and change.things > found[0].things + 1:
            break
        if judge.turned(change):
            found.append(change)
            if len(found) == most:
                break
    return found
