"""From a script to compiled programs, without what nothing rests on.

In: definitions with and without the drafts. Out: `Plan`. Always true: pure; a definition is left out only
where no journey, model or draft could notice; drafts that do not compile are refused as at publishing.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from slinga.engine.model import Program
from slinga.engine.program import Part, compile_program
from slinga.journeys.compiled import Compiled as Journey
from slinga.journeys.node import Node
from slinga.journeys.nodes import NODES
from slinga.journeys.triggers import OnScore, OnSegment, OnStage, OnStatus
from slinga.lifecycle.decide import Compiled as Model
from slinga.rehearsal.fold import Stage, stage_of
from slinga.rehearsal.hearing import Heard, listening
from slinga.rehearsal.model import Script
from slinga.rehearsal.scouting import apart
from slinga.segments.grammar import Condition, references

Definitions = Iterable[tuple[Part, dict[str, Any]]]
HARMLESS = ("journey", "template", "segment")
"""Kinds of which a new one changes nothing for anybody who does not come into a drafted journey."""


class Plan(msgspec.Struct, frozen=True):
    """Everything that lives are lived with."""

    script: Script
    program: Program
    """With the drafts, nothing left out: for names and nodes in the report."""
    stage: Stage
    alone: Stage | None
    """The definitions in force by themselves, where there are drafts."""
    heard: Heard
    drafted: frozenset[str]
    """Keys of drafted journeys."""
    everybody: bool
    """Whether everybody has to be compared, not only those who came into a drafted journey."""
    kept: frozenset[str]
    """Names, such as segment:vip, of what is asked at every turn."""
    scout: Stage | None
    """Only the drafts, where that is enough to find who comes into them; others then live nothing else."""


def compile_script(script: Script, nodes: tuple[type[Node], ...] = ()) -> Plan:
    """Compile both sets of definitions. Raises Invalid for drafts that would not publish."""
    whole = _compile(3, script.zone, script.drafted, nodes)
    wanted = {f"{one.kind}:{one.key}" for one in script.changes if one.change != "retired"}
    kept = frozenset(needed(whole) | wanted)
    together = _compile(3, script.zone, _without(script.drafted, kept), nodes)
    alone = None
    if script.changes:
        base = _compile(2, script.zone, script.base, nodes)
        # What a draft asks is asked alone too, so that both lives differ by the drafts only.
        alone = _compile(2, script.zone, _without(script.base, kept | needed(base)), nodes)
    heard = listening([together] if alone is None else [together, alone])
    span, model, seed = script.span, script.reactions, script.seed
    drafted = frozenset(one.key for one in script.changes if one.kind == "journey")
    everybody = any(one.change != "new" or one.kind not in HARMLESS for one in script.changes)
    scout = None
    if script.told <= drafted and not everybody and apart(together, drafted, model):
        by_itself = _compile(3, script.zone, _only(script, drafted, kept), nodes)
        theirs = frozenset(needed(by_itself) | wanted)
        by_itself = _compile(3, script.zone, _only(script, drafted, theirs), nodes)
        scout = stage_of(by_itself, span, listening([by_itself]), model, seed)
    return Plan(
        script=script,
        program=whole,
        stage=stage_of(together, span, heard, model, seed),
        alone=None if alone is None else stage_of(alone, span, heard, model, seed),
        heard=heard,
        drafted=drafted,
        everybody=everybody,
        kept=kept,
        scout=scout,
    )


def _compile(number: int, zone: str, definitions: Definitions, nodes: tuple[type[Node], ...]) -> Program:
    several = list(definitions)
    documents = {(part.kind, part.key, part.version): document for part, document in several}
    return compile_program(number, zone, [part for part, _ in several], documents, nodes=nodes)


def _without(definitions: Definitions, kept: frozenset[str] | set[str]) -> Definitions:
    """Leave out the segments, scores and models that nothing asks for."""
    for part, document in definitions:
        if part.kind not in ("segment", "score", "model") or f"{part.kind}:{part.key}" in kept:
            yield part, document


def _only(script: Script, drafted: frozenset[str], kept: frozenset[str]) -> Definitions:
    """The drafted journeys, and what they may ask for."""
    for part, document in _without(script.drafted, kept):
        if part.kind in ("journey", "broadcast") and part.key not in drafted:
            continue
        yield part, document


def needed(program: Program) -> set[str]:
    """The segments, scores and models that any journey, or a model that steers journeys, rests on."""
    if any(type(n) not in NODES for j in program.versions.values() for n in j.journey.nodes.values()):
        return {f"{kind}:{key}" for kind, key in program.order}
    found: set[str] = set()
    for journey in program.versions.values():
        found |= _of_journey(journey)
    found |= {f"model:{key}" for key, model in program.models.items() if _steers(model)}
    while True:
        more = {name for each in found for name in _read_by(program, each)} - found
        if not more:
            return found
        found |= more


def _of_journey(journey: Journey) -> set[str]:
    found = _conditions(predicate.condition for predicate in journey.predicates.values())
    match journey.journey.trigger:
        case OnSegment(key=key):
            found.add(f"segment:{key}")
        case OnStage(model=key) | OnStatus(model=key):
            found.add(f"model:{key}")
        case OnScore(name=key):
            found.add(f"score:{key}")
    for node in journey.journey.nodes.values():
        found |= {f"{kind}:{key}" for kind, key in node.references().items()}
    return found


def _steers(model: Model) -> bool:
    strategies = [stage.strategy for stage in model.model.stages]
    return any(one.start or one.stop or one.weekly_messages is not None for one in strategies)


def _read_by(program: Program, name: str) -> set[str]:
    kind, _, key = name.partition(":")
    if kind == "segment" and key in program.segments:
        return _conditions([program.segments[key].condition])
    if kind == "model" and key in program.models:
        return _conditions(predicate.condition for predicate in program.models[key].predicates.values())
    return set()


def _conditions(conditions: Iterable[Condition]) -> set[str]:
    return {name for condition in conditions for name in references(condition).definitions()}
