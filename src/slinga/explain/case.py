"""One person's case: their life, the programs they lived under, the present, and how to replay all that.

In: what `jobs` read. Out: decisions replayed with someone looking on.
Always true: pure; a program is compiled once per case.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from slinga.engine.model import Person, Program
from slinga.engine.replay import Differences, Life, Load, Played, Point, copy, differences, play, step
from slinga.explain import trace
from slinga.explain.model import Change, Proof, Section
from slinga.explain.scene import Scene
from slinga.explain.smallest import Judge, Redefine, later, proposals, scene_of, smallest
from slinga.explain.trace import Asked, Node
from slinga.ingest.model import Input
from slinga.kernel.clock import Instant, iso
from slinga.kernel.words import ENGLISH, Words
from slinga.kernel.words import noted as N_
from slinga.people.model import Fact, Recorded


class Case(msgspec.Struct, frozen=True):
    """`person` as stored now, `life` as recorded, `program` in force now, `names` how they are known.

    `words` is the language of the proof, with what definitions are called.
    """

    person: Person
    life: Life
    load: Load
    redefine: Redefine
    program: Program
    now: Instant
    names: tuple[str, ...] = ()
    words: Words = ENGLISH

    @property
    def zone(self) -> str:
        """The workspace's zone, in which instants are told."""
        return self.program.zone.key

    def facts(self, journey: str = "", kinds: Sequence[str] = ()) -> list[Recorded]:
        """Recorded facts about a journey, or of some kinds, oldest first."""
        return [
            one
            for one in self.life.facts
            if (not journey or journey in (one.fact.name, one.fact.body.get("journey")))
            and (not kinds or one.fact.kind in kinds)
        ]

    def item(self, seq: int) -> Input | None:
        """The input of a seq, if the log still has it."""
        return next((item for item in self.life.inputs if item.seq == seq), None) if seq else None


class Looked(msgspec.Struct, frozen=True):
    """A decision replayed: the person before, the life after, and the conditions of a journey as asked."""

    before: Played
    after: Played
    asked: tuple[Asked, ...]
    point: Point

    def last(self, path: str) -> Asked | None:
        """The last time a condition was asked in this step."""
        return next((one for one in reversed(self.asked) if one.path == path), None)


def look(case: Case, point: Point, journey: str = "") -> Looked:
    """Replay a decision and watch the conditions of a journey while it is taken."""
    before = play(case.life, case.load, point, before=True)
    seen: list[Asked] = []
    after = step(
        copy(before),
        case.life,
        case.load,
        point,
        watch=(lambda program: trace.watched(program, journey, seen)) if journey else (lambda p: p),
    )
    return Looked(before, after, tuple(seen), point)


def point_of(case: Case, one: Recorded) -> Point:
    """Where in the life a fact was written. Time passes before what is accepted at the same instant."""
    if one.seq:
        return Point(one.fact.at, one.seq)
    behind = max((item.seq for item in case.life.inputs if item.at < one.fact.at), default=0)
    for each in case.life.facts:
        if each is one:
            break
        behind = max(behind, each.seq)
    return Point(one.fact.at, 0, behind)


def search(
    case: Case,
    point: Point,
    answer: Callable[[Played], object],
    roots: Iterable[tuple[Node, bool, Any]],
    extra: Callable[[Scene], Iterable[Change]],
    view: Any,
    *,
    passing: bool = True,
) -> list[Change]:
    """The smallest change that turns a decision, and others. `roots`: condition, wanted, its view.

    `passing`: whether time alone is tried too.
    """
    judge = Judge(case.life, case.load, point, answer, case.redefine, case.words)
    item = case.item(point.seq)
    scenes = [(node, wanted, scene_of(judge, seen, item)) for node, wanted, seen in roots]
    scene = scene_of(judge, view, item)
    more = list(extra(scene))
    waited = later(judge, scene, lambda played: None) if passing else None
    return smallest(judge, proposals(scenes, [*more, *([waited] if waited else [])]))


def told(found: Differences, _: Words = ENGLISH) -> tuple[str, ...]:
    """Differences between record and replay, in words."""
    if not found.missing and not found.extra:
        return ()
    lines = []
    for text, facts in (
        (_("%(count)s recorded, not replayed, the first: %(fact)s"), found.missing),
        (_("%(count)s replayed, not recorded, the first: %(fact)s"), found.extra),
    ):
        if facts:
            lines.append(text % {"count": len(facts), "fact": _fact(facts[0])})
    return (*lines, *(_("perhaps because %(why)s") % {"why": why} for why in found.why))


def _fact(fact: Fact) -> str:
    return f"{fact.kind} {fact.name} {iso(fact.at)}".replace("  ", " ")


UNTURNED = N_("none of the changes that were tried turns it")


def finished(
    case: Case,
    proof: Proof,
    found: Sequence[Change],
    until: Instant,
    *,
    unturned: str = "",
) -> Proof:
    """The proof with its changes and with where the replay differs up to an instant."""
    played = play(case.life, case.load, Point(until))
    return msgspec.structs.replace(
        proof,
        change=found[0] if found else None,
        also=tuple(found[1:]),
        unturned="" if found else unturned or case.words(UNTURNED),
        differences=told(differences(case.life, played, until), case.words),
    )


def versions(case: Case, journey: str, version: int, number: int) -> Section:
    """Which versions decided."""
    _ = case.words
    said = [
        _("Versions: journey %(journey)s version %(version)s, program %(program)s")
        % {"journey": _.called("journey", journey), "version": version, "program": number}
    ]
    if number != case.program.number:
        said.append(_("in force now: program %(program)s") % {"program": case.program.number})
    compiled = case.program.journeys.get(journey)
    if compiled and compiled.version != version:
        said.append(_("live now: version %(version)s") % {"version": compiled.version})
    return Section("; ".join(said))
