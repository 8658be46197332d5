"""Everything to mend in one definition, at once.

In: a document, and what else is published. Out: findings with their paths, errors and advice.
Always true: after a fault the rest of the document is still read, as far as a fault in one place says nothing
about another; a document without a finding of weight "error" parses.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from slinga.journeys import broadcast as broadcasts
from slinga.journeys import claims
from slinga.journeys import model as journeys
from slinga.journeys import validate as journey_checks
from slinga.journeys.node import Node
from slinga.journeys.validate import Known
from slinga.kernel.clock import Instant
from slinga.kernel.errors import Invalid
from slinga.kernel.lacking import absent, no_topic
from slinga.kernel.words import Named, Text, worded
from slinga.kernel.words import noted as N_
from slinga.lifecycle import model as models
from slinga.lifecycle import scores
from slinga.lifecycle import validate as model_checks
from slinga.messages import lint, render
from slinga.messages import model as templates
from slinga.messages import policy as policies
from slinga.segments import terms
from slinga.segments.grammar import references
from slinga.segments.model import parse_segment

MOST = 40
"""Faults told of one document."""
KINDS = ("segment", "model", "score", "journey", "template", "policy", "brand", "broadcast")
_EXTRA = re.compile(r"unknown field `([^`]+)`|there is no field '([^']+)' here")
_LACKS = re.compile(r"missing required field `([^`]+)`")
_PARTS = re.compile(r"[^.\[\]]+")

_NOBODY = {
    "segment": (N_("nobody is ever in this segment"), N_("nobody is ever in this segment: %(why)s")),
    "broadcast": (N_("nobody is ever in this audience"), N_("nobody is ever in this audience: %(why)s")),
}

Path = tuple[str | int, ...]


class Finding(msgspec.Struct, frozen=True):
    """One thing to mend, at a path inside the document."""

    path: str
    text: Text
    weight: Literal["error", "warning"] = "error"


def known(
    documents: Mapping[tuple[str, str], dict[str, Any]], nodes: tuple[type[Node], ...], now: Instant | None
) -> Known:
    """What is published together; a document that does not parse counts by its key only."""
    keys: dict[str, list[str]] = {kind: [] for kind in KINDS if kind not in ("policy", "brand")}
    stages: dict[str, list[str]] = {}
    statuses: dict[str, list[str]] = {}
    channels: dict[str, str] = {}
    classes: dict[str, str] = {}
    topics: tuple[str, ...] = ()
    for (kind, key), document in documents.items():
        keys.setdefault(kind, []).append(key)
        try:
            if kind == "model":
                model = models.parse(document)
                stages[key] = [stage.key for stage in model.stages]
                statuses[key] = [f"{s.key}/{status.key}" for s in model.stages for status in s.statuses]
            elif kind == "template":
                template = templates.parse(document)
                channels[key], classes[key] = template.channel, template.message_class
            elif kind == "policy":
                topics = tuple(topic.key for topic in policies.parse(document).topics)
        except Invalid:
            continue
    return Known(
        keys=keys,
        stages=stages,
        statuses=statuses,
        channels=channels,
        classes=classes,
        topics=topics,
        now=now,
    )


def of(
    kind: str, document: dict[str, Any], known: Known, nodes: tuple[type[Node], ...], *, fresh: bool = True
) -> list[Finding]:
    """All findings of one document: its faults, or where it has none what is surely not meant.

    A letter that is not `fresh` is in force as it is and is not rendered once more.
    """
    parse = parser(kind, nodes)
    faults = list(_faults(document, parse))
    if faults:
        return faults
    return list(_advice(kind, parse(document), known, fresh=fresh))


def parser(kind: str, nodes: tuple[type[Node], ...] = ()) -> Callable[[dict[str, Any]], Any]:
    """The function that makes a definition of a document of this kind, or raises Invalid."""
    if kind == "journey":
        return lambda document: journeys.parse(document, extra=nodes)
    return _PARSE[kind]


def _brand(document: dict[str, Any]) -> templates.Brand:
    found: templates.Brand = templates.convert(document, templates.Brand, "brand")
    return found


_PARSE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "segment": parse_segment,
    "model": models.parse,
    "score": scores.parse,
    "template": templates.parse,
    "policy": policies.parse,
    "brand": _brand,
    "broadcast": broadcasts.parse,
}


def _faults(document: dict[str, Any], parse: Callable[[dict[str, Any]], Any]) -> Iterator[Finding]:
    """The faults one after another: each is cut out, and the rest is read again."""
    work = copy.deepcopy(document)
    cut: list[Path] = []
    for _ in range(MOST):
        try:
            parse(work)
            return
        except Invalid as fault:
            path = _resolved(work, fault.field)
            extra = _EXTRA.search(fault.message)
            if extra:
                name = extra[1] or extra[2]
                inner = _resolved(work, f"{fault.field}.{name}".lstrip("."))
                path = inner if inner and inner[-1] == name else path
            if not any(gone[: len(path)] == path for gone in cut):
                field = fault.field
                if extra and path and not field.endswith(str(path[-1])):
                    field = f"{field}.{path[-1]}".lstrip(".")
                yield Finding(field, fault.text)
            lacks = _LACKS.search(fault.message)
            if lacks and path and path[-1] == lacks[1]:
                path = path[:-1]
            if not path or not _cut(work, path):
                return
            cut.append(path)


def _resolved(document: Any, field: str) -> Path:
    """The path of a field as far as it is there; keys may hold dots, and one key may be left out."""
    here, parts = document, _PARTS.findall(field)
    found: list[str | int] = []
    while parts:
        if isinstance(here, list):
            number = int(parts[0]) if parts[0].isdigit() else -1
            if not 0 <= number < len(here):
                break
            found.append(number)
            here, parts = here[number], parts[1:]
            continue
        if not isinstance(here, dict):
            break
        size = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in here), 0)
        if size:
            name = ".".join(parts[:size])
            found.append(name)
            here, parts = here[name], parts[size:]
            continue
        inner = next((k for k, v in here.items() if isinstance(v, dict) and parts[0] in v), None)
        if inner is None:
            break
        found.append(inner)
        here = here[inner]
    return tuple(found)


def _cut(document: Any, path: Path) -> bool:
    """Take out what stands at a path; in a list, and for a node, something harmless takes its place."""
    here: Any = document
    for part in path[:-1]:
        here = here[part]
    last: Any = path[-1]
    if isinstance(here, list):
        harmless = {"op": "everyone"} if len(path) > 1 and path[-2] == "of" else None
        if harmless is None or here[last] == harmless:
            return _cut(document, path[:-1]) if path[:-1] else False
        here[last] = harmless
        return True
    if len(path) == 2 and path[0] == "nodes" and here[last] != {"type": "exit"}:
        here[last] = {"type": "exit"}
        return True
    del here[last]
    return True


def _advice(kind: str, parsed: Any, known: Known, *, fresh: bool) -> Iterator[Finding]:
    """What is legal and surely not meant."""
    if kind == "journey":
        for each in journey_checks.problems(parsed, known):
            yield Finding(each.path, each.text, each.weight)
    elif kind == "model":
        for problem in model_checks.problems(parsed, known.keys):
            yield Finding(problem.path, problem.text, problem.weight)
        yield from _places(parsed, known)
    elif kind == "segment":
        yield from _condition(parsed.condition, "condition", known, _NOBODY["segment"])
    elif kind == "broadcast":
        condition = journeys.grammar.parse(parsed.audience)
        yield from _condition(condition, "audience", known, _NOBODY["broadcast"])
        yield from _template_of(parsed, known)
    elif kind == "template" and fresh:
        yield from _rendering(parsed, known)


def _condition(
    condition: terms.Condition, path: str, known: Known, nobody: tuple[str, str]
) -> Iterator[Finding]:
    for name in sorted(references(condition).definitions()):
        kind, _, key = name.partition(":")
        if kind in known.keys and key not in known.keys[kind]:
            yield Finding(path, absent(kind, key))
    for each in journey_checks.places(condition, path, known):
        yield Finding(each.path, each.text, each.weight)
    ways = claims.ways(condition)
    if ways is not None:
        verdict, why = claims.judge([ways])
        if verdict is not claims.Possible.YES:
            sure = verdict is claims.Possible.NO
            text = claims.because(nobody[1], nobody[0], why, condition)
            yield Finding(path, text, "error" if sure else "warning")


def _places(model: models.Model, known: Known) -> Iterator[Finding]:
    for number, stage in enumerate(model.stages):
        rules = {f"stages.{number}.enter": stage.enter}
        rules |= {f"stages.{number}.fall.{n}.when": fall.when for n, fall in enumerate(stage.fall)}
        for path, document in rules.items():
            if document is None:
                continue
            condition = journeys.grammar.parse(document)
            for each in journey_checks.places(condition, path, known):
                yield Finding(each.path, each.text, each.weight)
            ways = claims.ways(condition)
            verdict, why = (claims.Possible.YES, None) if ways is None else claims.judge([ways])
            if verdict is claims.Possible.NO:
                text = claims.because(
                    N_("this can never hold: %(why)s"), N_("this can never hold"), why, condition
                )
                yield Finding(path, text)


def _template_of(broadcast: broadcasts.Broadcast, known: Known) -> Iterator[Finding]:
    for n, key in enumerate(broadcasts.templates(broadcast)):
        path = f"contents.{n}.template" if broadcast.contents else "template"
        if "template" in known.keys and key not in known.keys["template"]:
            yield Finding(path, absent("template", key))
        elif known.channels.get(key, broadcast.channel) != broadcast.channel:
            told = worded(
                "the template %(template)s is for %(channel)s, this sends by %(other)s",
                template=Named("template", key),
                channel=Text(known.channels[key]),
                other=Text(broadcast.channel),
            )
            yield Finding("channel", told)
    marketing = broadcast.message_class == "marketing"
    if marketing and broadcast.topic and known.topics and broadcast.topic not in known.topics:
        yield Finding("topic", no_topic(broadcast.topic))


def _rendering(template: templates.Template, known: Known) -> Iterator[Finding]:
    try:
        compiled = render.compile(template)
    except Invalid as fault:
        yield Finding(fault.field, fault.text)
        return
    marketing = template.message_class == "marketing"
    if marketing and template.topic and known.topics and template.topic not in known.topics:
        yield Finding("topic", no_topic(template.topic))
    for each in lint.lint(compiled):
        yield Finding("body" if template.body else "", Text(f"{each.rule}: {each.message}"), "warning")
