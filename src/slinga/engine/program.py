"""Compile published definitions into a program.

In: parts (which versions are in force) and their documents. Out: a `Program`.
Always true: definitions that refer to one another in a circle, or to something that is not in force, are
refused with Invalid naming the definition and the field.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from slinga.engine import rest
from slinga.engine.model import Program
from slinga.journeys import broadcast as broadcasts
from slinga.journeys import model as journeys
from slinga.journeys.compiled import Compiled as Journey
from slinga.journeys.compiled import compile_journey
from slinga.journeys.entries import started_by
from slinga.journeys.node import Node
from slinga.journeys.triggers import DATED, OnScore
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.lacking import to_publish
from slinga.lifecycle import decide, scores
from slinga.lifecycle import model as models
from slinga.messages import model as templates
from slinga.messages import policy as policies
from slinga.segments.features import Feature
from slinga.segments.grammar import references
from slinga.segments.live import compile_condition
from slinga.segments.model import parse_segment, topological

Documents = dict[tuple[str, str, int], dict[str, Any]]

CARRYING = ("journey", "broadcast")
"""Kinds that people are inside of; a version that is no longer live lets them finish."""


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One definition in force. A journey that is not `live` only lets people inside finish."""

    kind: str
    key: str
    version: int
    live: bool = True
    enter_existing: bool = False
    migrate: dict[str, Any] | None = None
    live_from: Instant = 0
    """When the key first came in force; dated triggers due before it start nothing."""


def resting(parts: Iterable[Part]) -> set[bytes]:
    """The parts that people's states rest on; letters, rules of sending and broadcasts only look at them."""
    return {msgspec.json.encode(p) for p in parts if p.kind in ("segment", "model", "score", "journey")}


def _named(part: Part, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except Invalid as fault:
        field = f"{part.kind}/{part.key}: {fault.field}" if fault.field else f"{part.kind}/{part.key}"
        raise Invalid(fault.text, field=field) from fault


def compile_program(
    number: int,
    zone: str,
    parts: list[Part],
    documents: Documents,
    *,
    nodes: tuple[type[Node], ...] = (),
    basis: int | None = None,
) -> Program:
    """The compiled program; `nodes` are the node types of extensions, `basis` the last program that changed
    what states rest on (this one by default).

    Pure; a few milliseconds per definition, so compile once per number.
    """
    tz = ZoneInfo(zone)
    graph: dict[str, set[str]] = {}
    found: dict[str, dict[str, Any]] = {"segment": {}, "model": {}, "score": {}, "template": {}}
    live: dict[str, Journey] = {}
    versions: dict[tuple[str, int], Journey] = {}
    migrations: dict[str, Any] = {}
    existing: set[tuple[str, int]] = set()
    policy, brand = policies.Policy(zone=zone), templates.Brand()
    features: dict[str, Feature] = {}
    scored: dict[str, scores.Score] = {}
    for part in parts:
        document = documents[part.kind, part.key, part.version]
        if part.kind in CARRYING:
            journey = _named(part, partial(_journey, part, document, tz, nodes))
            key = journey.journey.key
            versions[key, part.version] = journey
            if part.live:
                live[key] = journey
                if part.enter_existing:
                    existing.add((key, part.version))
                if part.migrate is not None:
                    migrations[key] = part.migrate
            features.update((feature.id, feature) for feature in journey.features)
        elif part.kind == "policy":
            policy = _named(part, partial(policies.parse, {"zone": zone, **document}))
        elif part.kind == "brand":
            brand = _named(part, partial(templates.convert, document, templates.Brand, "brand"))
        elif part.kind == "template":
            found["template"][part.key] = _named(part, partial(templates.parse, document))
        elif part.kind == "score":
            scored[part.key] = _named(part, partial(scores.parse, document))
            graph[f"score:{part.key}"] = set()
        else:
            compiled, reads = _named(part, partial(_COMPILE[part.kind], document, tz))
            found[part.kind][part.key] = compiled
            graph[f"{part.kind}:{part.key}"] = reads
            features.update((f.id, f) for f in compiled.features if f.scope == "person")
    for key, score in scored.items():
        found["score"][key] = scores.compile_score(score, tz, _levels(key, found, list(versions.values())))
    order = [(kind, key) for kind, _, key in (name.partition(":") for name in topological(graph))]
    dated = tuple(key for key, journey in live.items() if isinstance(journey.journey.trigger, DATED))
    asking = [
        *found["segment"].values(),
        *(p for m in found["model"].values() for p in m.predicates.values()),
    ]
    _check_templates(live.values(), found["template"])
    listening: dict[str, list[Feature]] = {}
    for feature in features.values():
        for name in feature.names:
            listening.setdefault(name, []).append(feature)
    reads = (
        *(_reads(kind, key, found) for kind, key in order),
        *(frozenset[str]() for _ in dated),
        frozenset({"consents"}),
    )
    readers, always = rest.readers(reads, [n for n, (kind, _) in enumerate(order) if kind == "score"])
    return Program(
        number=number,
        basis=number if basis is None else basis,
        zone=tz,
        policy=policy,
        brand=brand,
        order=tuple(order),
        asks=tuple(found["segment"][key].quick if kind == "segment" else None for kind, key in order),
        segments=found["segment"],
        scores=found["score"],
        models=found["model"],
        journeys=live,
        rank={key: number for number, key in enumerate(live)},
        versions=versions,
        enter_existing=frozenset(existing),
        migrations=migrations,
        templates=found["template"],
        recommending=frozenset(key for key, one in found["template"].items() if templates.recommends(one)),
        features=features,
        listening={name: tuple(several) for name, several in listening.items()},
        reads=reads,
        readers=readers,
        always=always,
        dated=dated,
        starting=_starting(live),
        consents=frozenset(rest.consents(asking)),
    )


def _reads(kind: str, key: str, found: dict[str, dict[str, Any]]) -> frozenset[str] | None:
    if kind == "segment":
        return rest.reads([found["segment"][key]])
    if kind == "score":
        return None
    model = found["model"][key]
    read = rest.reads(model.predicates.values())
    if read is None:
        return None
    return read | {f"model:{key}"} | {feature.id for feature in model.renewals}


def _starting(live: dict[str, Journey]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key, journey in live.items():
        for name in dict.fromkeys(started_by(journey)):
            found.setdefault(name, []).append(key)
    return {name: tuple(keys) for name, keys in found.items()}


def _journey(part: Part, document: dict[str, Any], tz: ZoneInfo, nodes: tuple[type[Node], ...]) -> Journey:
    if part.kind == "broadcast":
        journey = broadcasts.journey_of(broadcasts.parse(document))
    else:
        journey = journeys.parse(document, extra=nodes)
    compiled = compile_journey(journey, version=part.version, zone=tz, live_from=part.live_from)
    return msgspec.structs.replace(compiled, reads=rest.of_run(compiled))


def _segment(document: dict[str, Any], tz: ZoneInfo) -> tuple[Any, set[str]]:
    segment = parse_segment(document)
    return compile_condition(segment.condition, tz), set(references(segment.condition).definitions())


def _model(document: dict[str, Any], tz: ZoneInfo) -> tuple[Any, set[str]]:
    compiled = decide.compile_model(models.parse(document), tz)
    reads: set[str] = set()
    for predicate in compiled.predicates.values():
        reads |= references(predicate.condition).definitions()
    return compiled, reads - {f"model:{compiled.model.key}"}


_COMPILE = {"segment": _segment, "model": _model}


def _levels(key: str, found: dict[str, dict[str, Any]], live: Iterable[Journey]) -> list[int | float]:
    """Every value that a condition or a trigger compares a score with: where its fading matters."""
    predicates = list(found["segment"].values())
    triggers: list[int | float] = []
    for compiled in (*found["model"].values(), *live):
        predicates += compiled.predicates.values()
    for journey in live:
        trigger = journey.journey.trigger
        if isinstance(trigger, OnScore) and trigger.name == key:
            triggers.append(trigger.value)
    return scores.levels_in([predicate.condition for predicate in predicates], key) + triggers


def require_known(program: Program) -> None:
    """Refuse what a segment, a model or a live journey reads and is not in force. Raises Invalid naming both.

    Asked when something is published; a program that was stored before this was asked still loads.
    """
    known = {f"segment:{key}" for key in program.segments} | {f"model:{key}" for key in program.models}
    known |= {f"score:{key}" for key in program.scores}
    asking = [(f"segment/{key}: condition", each.condition) for key, each in program.segments.items()]
    for kind, several in (("model", program.models), ("journey", program.journeys)):
        for key, compiled in several.items():
            asking += [(f"{kind}/{key}: {at}", each.condition) for at, each in compiled.predicates.items()]
    for field, condition in asking:
        for name in sorted(references(condition).definitions() - known):
            kind, _, key = name.partition(":")
            raise Invalid(to_publish(kind, key), field=field)


def _check_templates(live: Any, known: dict[str, Any]) -> None:
    for journey in live:
        for name, node in journey.journey.nodes.items():
            wanted = node.references().get("template")
            if wanted is not None and wanted not in known:
                raise Invalid(
                    to_publish("template", wanted),
                    field=f"journey/{journey.journey.key}: nodes.{name}.template",
                )
