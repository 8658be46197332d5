"""What is legal in a journey but surely not meant.

In: a parsed journey, and what else is published. Out: a list of problems with the path of each.
Always true: a journey without problems of weight "error" ends for everybody, and every message it names
exists; warnings are advice.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal

import msgspec

from slinga.journeys.branches import dead_ways
from slinga.journeys.model import Journey, header_conditions
from slinga.journeys.node import Node
from slinga.journeys.nodes.send import Send
from slinga.journeys.nodes.split import Split
from slinga.journeys.triggers import OnApi, OnManual, OnSchedule, OnScore, OnSegment, OnStage, OnStatus
from slinga.kernel.clock import Instant, instant
from slinga.kernel.lacking import absent, no_stage, no_status, no_topic
from slinga.kernel.words import Named, Path, Text, worded
from slinga.segments import grammar, terms

Weight = Literal["error", "warning"]


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend. `path` is inside the document, such as nodes.wait_2h."""

    path: str
    text: Text
    weight: Weight = "error"

    @property
    def message(self) -> str:
        """The text in English, with keys for names."""
        return str(self.text)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What else is published, by kind ("template", "journey", "model", "score", "segment", "channel").

    A kind that is missing is not checked. `stages` lists each model's stages, `statuses` each stage's
    statuses as "stage/status". `channels` and `classes` say what each template is for; `topics`, where the
    policy names any, which topics there are. `now` is the instant of the check, where the past matters.
    """

    keys: Mapping[str, Collection[str]] = {}
    stages: Mapping[str, Collection[str]] = {}
    statuses: Mapping[str, Collection[str]] = {}
    channels: Mapping[str, str] = {}
    classes: Mapping[str, str] = {}
    topics: Collection[str] = ()
    now: Instant | None = None


def problems(journey: Journey, known: Known | None = None) -> list[Problem]:
    """All problems of a journey, errors first, then in the order of the document."""
    known = known or Known()
    found = [*_unreachable(journey), *_loops(journey), *_same_way(journey)]
    told = {problem.path for problem in found}
    for dead in dead_ways(journey):
        if dead.path not in told:
            found.append(Problem(dead.path, dead.text, "error" if dead.sure else "warning"))
    found += [
        *_references(journey, known),
        *_messages(journey, known),
        *_header(journey),
        *_past(journey, known),
    ]
    return sorted(found, key=lambda problem: problem.weight != "error")


def _reach(journey: Journey) -> list[str]:
    seen: list[str] = []
    open_ends = [journey.start]
    while open_ends:
        node = open_ends.pop(0)
        if node not in seen:
            seen.append(node)
            open_ends += [to for to in journey.nodes[node].exits().values() if to is not None]
    return seen


def _unreachable(journey: Journey) -> list[Problem]:
    reached = set(_reach(journey))
    return [
        Problem(
            f"nodes.{key}",
            worded("no way leads here: this message is never sent")
            if isinstance(node, Send)
            else worded("no way leads here"),
        )
        for key, node in journey.nodes.items()
        if key not in reached
    ]


def _loops(journey: Journey) -> list[Problem]:
    """Circles that can be run through at one instant. Each is named once, from its first node."""
    found: list[Problem] = []
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> None:
        if node in path:
            circle = [Named("node", journey.key, each) for each in [*path[path.index(node) :], node]]
            text = worded("a loop without a wait: %(nodes)s", nodes=Path(tuple(circle)))
            found.append(Problem(f"nodes.{node}", text))
        elif node not in done:
            for to in dict.fromkeys(journey.nodes[node].passes().values()):
                if to is not None:
                    visit(to, [*path, node])
            done.add(node)

    for node in journey.nodes:
        visit(node, [])
    return found


def _same_way(journey: Journey) -> list[Problem]:
    """Branches nobody can take, and choices that change nothing."""
    found: list[Problem] = []
    for key, node in journey.nodes.items():
        seen: dict[str, str] = {}
        stop = ""
        for slot, condition in node.conditions().items():
            text = msgspec.json.encode(condition, order="deterministic").decode()
            if stop or text in seen:
                other = Named("way", journey.key, f"{key}.{stop or seen[text]}")
                why = (
                    worded("nobody comes this way: %(way)s already takes everybody", way=other)
                    if stop
                    else worded("nobody comes this way: the same condition as %(way)s", way=other)
                )
                found.append(Problem(f"nodes.{key}.{slot}", why))
            seen[text] = slot
            if condition.get("op") == "everyone" and not stop:
                stop = slot
        if isinstance(node, Split):
            for number, arm in enumerate(node.arms):
                if arm.weight == 0:
                    found.append(
                        Problem(
                            f"nodes.{key}.arms.{number}", worded("nobody comes this way: weight 0"), "warning"
                        )
                    )
        ways = node.exits()
        if (
            len(ways) > 1
            and len(set(ways.values())) == 1
            and not isinstance(node, Send)
            and node.conditions()
        ):
            found.append(Problem(f"nodes.{key}", worded("all ways lead to the same node"), "warning"))
    return found


def _references(journey: Journey, known: Known) -> list[Problem]:
    found: list[Problem] = []

    def ask(kind: str, key: str, path: str) -> None:
        if kind in known.keys and key not in known.keys[kind]:
            found.append(Problem(path, absent(kind, key)))

    for key, node in journey.nodes.items():
        assert isinstance(node, Node)
        for kind, named in node.references().items():
            ask(kind, named, f"nodes.{key}.{kind}")
        stage, model = getattr(node, "stage", None), getattr(node, "model", None)
        if isinstance(stage, str) and isinstance(model, str) and model in known.stages:
            if stage not in known.stages[model]:
                found.append(
                    Problem(
                        f"nodes.{key}.stage",
                        no_stage(model, stage),
                    )
                )
            status = getattr(node, "status", None)
            if status is not None and f"{stage}/{status}" not in known.statuses.get(model, ()):
                found.append(
                    Problem(
                        f"nodes.{key}.status",
                        worded(
                            "the stage %(stage)s has no status %(status)s",
                            stage=Named("stage", model, stage),
                            status=Named("status", model, status),
                        ),
                    )
                )
    for path, condition in conditions(journey).items():
        for name in sorted(grammar.references(condition).definitions()):
            kind, _, named = name.partition(":")
            ask(kind, named, path)
        found += places(condition, path, known)
    for number, served in enumerate(journey.serves):
        model, _, stage = served.partition("/")
        if model in known.stages and stage not in known.stages[model]:
            found.append(
                Problem(
                    f"serves.{number}",
                    no_stage(model, stage),
                    "warning",
                )
            )
    trigger = journey.trigger
    if isinstance(trigger, OnSegment):
        ask("segment", trigger.key, "trigger.key")
    elif isinstance(trigger, OnStage | OnStatus):
        ask("model", trigger.model, "trigger.model")
        known_ones = known.stages if isinstance(trigger, OnStage) else _statuses_of(known)
        for field, wanted in (("to", trigger.to), ("from", trigger.from_)):
            for each in wanted:
                if trigger.model in known_ones and each not in known_ones[trigger.model]:
                    lack = no_stage if isinstance(trigger, OnStage) else no_status
                    found.append(Problem(f"trigger.{field}", lack(trigger.model, each)))
    elif isinstance(trigger, OnScore):
        ask("score", trigger.name, "trigger.name")
    return found


def _statuses_of(known: Known) -> dict[str, set[str]]:
    return {model: {name.partition("/")[2] for name in several} for model, several in known.statuses.items()}


def places(condition: terms.Condition, path: str, known: Known) -> list[Problem]:
    """Stages and statuses that a condition asks for and no model has."""
    found: list[Problem] = []
    for leaf in terms.leaves(condition):
        if not isinstance(leaf, terms.Stage | terms.Status):
            continue
        there = known.stages if isinstance(leaf, terms.Stage) else _statuses_of(known)
        lack = no_stage if isinstance(leaf, terms.Stage) else no_status
        for each in leaf.is_:
            if leaf.model in there and each not in there[leaf.model]:
                found.append(Problem(path, lack(leaf.model, each)))
    return found


def _messages(journey: Journey, known: Known) -> list[Problem]:
    """Sends whose template is for another channel or class, and topics that nobody can choose."""
    found: list[Problem] = []
    topics = known.topics if journey.message_class == "marketing" else ()
    for key, node in journey.nodes.items():
        if not isinstance(node, Send):
            continue
        channel = known.channels.get(node.template, node.channel)
        if channel != node.channel:
            text = worded(
                "the template %(template)s is for %(channel)s, this node sends by %(other)s",
                template=Named("template", node.template),
                channel=Text(channel),
                other=Text(node.channel),
            )
            found.append(Problem(f"nodes.{key}.channel", text))
        kind = known.classes.get(node.template, journey.message_class)
        if kind != journey.message_class:
            text = worded(
                "the template %(template)s is %(kind)s, the journey %(other)s",
                template=Named("template", node.template),
                kind=Text(kind),
                other=Text(journey.message_class),
            )
            found.append(Problem(f"nodes.{key}.template", text, "warning"))
        if node.topic and topics and node.topic not in topics:
            found.append(Problem(f"nodes.{key}.topic", no_topic(node.topic)))
    if journey.topic and topics and journey.topic not in topics:
        found.append(Problem("topic", no_topic(journey.topic)))
    return found


def _past(journey: Journey, known: Known) -> list[Problem]:
    """What only the past could have met."""
    if known.now is None:
        return []
    found: list[Problem] = []
    trigger = journey.trigger
    if isinstance(trigger, OnSchedule) and trigger.at is not None and instant(trigger.at) < known.now:
        found.append(
            Problem("trigger.at", worded("this instant is past: nobody comes in any more"), "warning")
        )
    for path, condition in conditions(journey).items():
        for leaf in terms.leaves(condition):
            if not isinstance(leaf, terms.Event) or leaf.agg not in ("first", "last"):
                continue
            text = str(leaf.value)
            entered = leaf.window is not None and leaf.window.since_entry
            if entered and leaf.cmp in ("lt", "le", "eq") and "T" in text and instant(text) < known.now:
                found.append(
                    Problem(
                        path,
                        worded("%(date)s is past: nothing since the entry is earlier any more", date=text),
                    )
                )
    return found


def _header(journey: Journey) -> list[Problem]:
    found: list[Problem] = []
    sends = [key for key, node in journey.nodes.items() if isinstance(node, Send)]
    if journey.goal is None and sends and journey.message_class == "marketing":
        found.append(Problem("goal", worded("without a goal nobody can say whether this works"), "warning"))
    if journey.message_class == "marketing":
        for key in sends:
            if not (journey.topic or journey.nodes[key].topic):
                found.append(
                    Problem(
                        f"nodes.{key}.topic",
                        worded("marketing needs a topic that people can leave"),
                        "warning",
                    )
                )
    if journey.exit is not None and journey.exit.get("op") == "everyone":
        found.append(Problem("exit", worded("everybody leaves at once")))
    if journey.message_class == "transactional" and journey.holdout:
        found.append(Problem("holdout", worded("people wait for these messages; hold nobody out"), "warning"))
    if journey.restart_on_trigger and isinstance(journey.trigger, OnApi | OnManual):
        found.append(Problem("restart_on_trigger", worded("has no meaning for this trigger"), "warning"))
    if journey.condition is not None:
        leaves = terms.leaves(grammar.parse(journey.condition))
        windows = [getattr(leaf, "window", None) for leaf in leaves]
        if any(window is not None and window.since_entry for window in windows):
            text = worded("nothing has happened since entry when somebody enters")
            found.append(Problem("condition", text))
        elif any(isinstance(leaf, terms.Event | terms.Sequence) and terms.binds(leaf) for leaf in leaves):
            found.append(
                Problem("condition", worded("events like the trigger are counted from the entry on only"))
            )
    return found


def conditions(journey: Journey) -> dict[str, terms.Condition]:
    """Every condition of a journey by its path, parsed."""
    found = {path: grammar.parse(raw, path=path) for path, raw in header_conditions(journey).items()}
    for key, node in journey.nodes.items():
        for slot, raw in node.conditions().items():
            path = f"nodes.{key}.{slot}"
            found[path] = grammar.parse(raw, path=path)
    return found


def most_messages(journey: Journey) -> int | None:
    """The greatest number of messages one run can send; None where a loop sends without end."""
    memo: dict[str, Any] = {}

    def count(node: str | None, path: frozenset[str]) -> int | None:
        if node is None:
            return 0
        if node in path:
            inside = [each for each in path if isinstance(journey.nodes[each], Send)]
            return None if inside else 0
        if node in memo:
            found: int | None = memo[node]
            return found
        most = 0
        for to in set(journey.nodes[node].exits().values()):
            below = count(to, path | {node})
            if below is None:
                return None
            most = max(most, below)
        memo[node] = most + (1 if isinstance(journey.nodes[node], Send) else 0)
        return int(memo[node])

    return count(journey.start, frozenset())
