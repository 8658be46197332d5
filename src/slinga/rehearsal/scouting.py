"""Who comes into a draft, found without living all journeys: possible where nothing else has a say in it.

In: a program with the drafts. Out: whether the drafts' entries can be decided by themselves, or why not.
Always true: errs towards no; where it says yes, a life without the other journeys comes into a draft exactly
if the life with them does, because no other journey can change what the draft's header asks.
"""

from collections.abc import Iterable, Iterator

from slinga.engine.model import Program
from slinga.journeys.compiled import Compiled as Journey
from slinga.journeys.nodes import NODES
from slinga.journeys.nodes.score import ScoreNode
from slinga.journeys.nodes.set_stage import SetStageNode
from slinga.journeys.nodes.set_trait import SetTraitNode
from slinga.journeys.nodes.start_journey import StartJourneyNode
from slinga.journeys.nodes.tag import TagNode
from slinga.journeys.triggers import OnScore, OnSegment, OnStage, OnStatus
from slinga.rehearsal.reactions import Reactions
from slinga.segments import terms
from slinga.segments.grammar import Condition, references


def apart(program: Program, drafted: frozenset[str], model: Reactions) -> bool:
    """Whether the entries of drafted journeys depend on nothing that other journeys do."""
    journeys = [program.journeys[key] for key in drafted if key in program.journeys]
    others = [one for one in program.versions.values() if one.journey.key not in drafted]
    nodes = [node for one in program.versions.values() for node in one.journey.nodes.values()]
    if not journeys or any(type(node) not in NODES for node in nodes):
        return False
    asked = _asked(program, journeys)
    changed = set(_changed(others))
    if changed & {f"journey:{key}" for key in drafted}:
        return False
    if any(name.startswith("model:") for name in asked) or _steered(program, drafted):
        return False
    if any(name.startswith("score:") and _moved(program, name, changed) for name in asked):
        return False
    heard = {name for one in journeys for feature in one.events.get("trigger", ()) for name in feature.names}
    conditions = [one.predicates["condition"].condition for one in journeys if "condition" in one.predicates]
    conditions += [program.segments[name[8:]].condition for name in asked if name.startswith("segment:")]
    for condition in conditions:
        for leaf in terms.leaves(condition):
            match leaf:
                case terms.Reaction():
                    return False
                case terms.Consent() | terms.Reachable():
                    if model.channels:
                        return False
                case terms.Trait():
                    if f"trait:{leaf.name.split('.')[0]}" in changed:
                        return False
                case terms.Date():
                    if f"trait:{leaf.name.split('.')[0]}" in changed:
                        return False
                case terms.Tag():
                    if f"tag:{leaf.name}" in changed:
                        return False
                case terms.Event():
                    heard.add(leaf.name)
                case terms.Sequence():
                    heard.update(step.name for step in leaf.steps)
    return not any(name.startswith("Message ") or name == "Unsubscribed" for name in heard)


def _asked(program: Program, journeys: Iterable[Journey]) -> set[str]:
    """The segments, models and scores that decide who comes in."""
    found: set[str] = set()
    for journey in journeys:
        match journey.journey.trigger:
            case OnSegment(key=key):
                found.add(f"segment:{key}")
            case OnStage(model=key) | OnStatus(model=key):
                found.add(f"model:{key}")
            case OnScore(name=key):
                found.add(f"score:{key}")
        if "condition" in journey.predicates:
            found |= _read(journey.predicates["condition"].condition)
    while True:
        inside = [program.segments[name[8:]] for name in found if name.startswith("segment:")]
        more = {name for one in inside for name in _read(one.condition)} - found
        if not more:
            return found
        found |= more


def _read(condition: Condition) -> frozenset[str]:
    return references(condition).definitions()


def _changed(journeys: Iterable[Journey]) -> Iterator[str]:
    """What journeys change of people: traits, tags and scores, and the journeys that they start."""
    for journey in journeys:
        for node in journey.journey.nodes.values():
            match node:
                case SetTraitNode():
                    yield f"trait:{node.name}"
                case TagNode():
                    yield f"tag:{node.name}"
                case ScoreNode():
                    yield f"score:{node.name}"
                case SetStageNode():
                    yield f"model:{node.model}"
                case StartJourneyNode():
                    yield f"journey:{node.journey}"


def _steered(program: Program, drafted: frozenset[str]) -> bool:
    """Whether a stage starts a draft."""
    strategies = [stage.strategy for model in program.models.values() for stage in model.model.stages]
    return any(not drafted.isdisjoint(one.start) for one in strategies)


def _moved(program: Program, name: str, changed: set[str]) -> bool:
    score = program.scores[name[6:]]
    return name in changed or any(event.startswith("Message ") for event in score.names)
