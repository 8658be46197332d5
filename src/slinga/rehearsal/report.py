"""What a rehearsal found, as a document and for people.

In: a plan and the tally of everybody. Out: `Report`. Always true: it holds nothing of the machine it was made
on (no durations, no process counts), so the same rehearsal gives the same bytes.
"""

from collections import Counter
from typing import Any

import msgspec

from slinga.journeys.compiled import Compiled as Journey
from slinga.journeys.node import Node
from slinga.kernel.clock import HOUR, SECOND, iso
from slinga.messages.policy import TEXTS, Reason
from slinga.rehearsal.model import Change
from slinga.rehearsal.plan import Plan
from slinga.rehearsal.reactions import Reactions
from slinga.rehearsal.tally import Example, Name, Tally

FORMAT = 1


class Somebody(msgspec.Struct, frozen=True):
    """A person by key, and when."""

    person: str
    at: str


class CameIn(msgspec.Struct, frozen=True):
    """An entry into a journey that is told about: the `entry`th of the person, about the thing `key`."""

    person: str
    journey: str
    at: str
    entry: int
    key: str
    held_out: bool


class Blocked(msgspec.Struct, frozen=True):
    """Messages that would not have gone, for one reason."""

    reason: str
    text: str
    messages: int
    people: int
    examples: list[Somebody]


class Deferred(msgspec.Struct, frozen=True):
    """Messages that would have been put off, for one reason; they may have gone later."""

    reason: str
    text: str
    times: int
    people: int


class NodeTold(msgspec.Struct, frozen=True):
    """One node: how often it was left by each way, and who waits there at the end."""

    node: str
    type: str
    title: str
    outcomes: dict[str, int]
    waiting: int


class Sends(msgspec.Struct, frozen=True):
    """Messages of one template that would have been accepted."""

    template: str
    channel: str
    messages: int


class Replaced(msgspec.Struct, frozen=True):
    """What the version in force would have done in the same time."""

    entries: int
    sends: int
    goals: int


class JourneyTold(msgspec.Struct, frozen=True):
    """One journey."""

    key: str
    name: str
    drafted: bool
    entries: int
    people: int
    held_out: int
    restarted: int
    refused: dict[str, int]
    """Triggers that started nothing, by reason."""
    nodes: list[NodeTold]
    ended: dict[str, int]
    outcomes: dict[str, int]
    goals: int
    inside: int
    """Runs that go on at the end."""
    sends: int
    sent_to: int
    """People who would have got at least one message."""
    templates: list[Sends]
    echoed: int
    """Messages that were really sent, so that what really came back of them came back again."""
    per_day: dict[str, int]
    deferred: list[Deferred]
    blocked: list[Blocked]
    examples: list[Somebody]
    replaced: Replaced | None


class Loss(msgspec.Struct, frozen=True):
    """What another journey in force would have lost to the drafts, and gained, with the people they touch."""

    journey: str
    sends_alone: int
    sends_together: int
    lost: dict[str, int]
    """Messages that would not have gone any more, by reason."""
    people: int
    later: int
    later_hours: float
    """By how much the later ones were later, on average."""
    sooner: int
    gained: int
    entries: int
    """Entries more (or, below zero, fewer)."""
    goals: int
    examples: list[Somebody]


class Report(msgspec.Struct, frozen=True):
    """A rehearsal."""

    format: int
    zone: str
    since: str | None = msgspec.field(name="from")
    until: str
    log: int
    seed: int
    sample: str
    reactions: Reactions
    reacted: dict[str, int]
    drafts: tuple[Change, ...]
    people: int
    events: int
    left_out: int
    robots: int
    cut_short: int
    journeys: list[JourneyTold]
    sends_per_day: dict[str, dict[str, int]]
    """By date in the workspace's zone, then by journey."""
    losses: list[Loss]
    compared: bool
    moves: list[tuple[str, str, str, int]]
    """(model, from, to, how often)."""
    segments: dict[str, tuple[int, int]]
    """Drafted segments: entered, left."""
    entries: list[CameIn] = []


def build(plan: Plan, tally: Tally, sample: str) -> Report:
    """The report of a whole tally."""
    script = plan.script
    counts = tally.counts
    days: dict[str, dict[str, int]] = {}
    for (kind, *rest), count in sorted(counts.items()):
        if kind == "sends" and rest[0] in script.told:
            days.setdefault(rest[1], {})[rest[0]] = count
    segments = {one.key for one in script.changes if one.kind == "segment"}
    return Report(
        format=FORMAT,
        zone=script.zone,
        since=None if script.span.since is None else iso(script.span.since),
        until=iso(script.span.until),
        log=script.last,
        seed=script.seed,
        sample=sample,
        reactions=script.reactions,
        reacted=_under(counts, "reacted"),
        drafts=script.changes,
        people=counts["people",],
        events=counts["events",],
        left_out=counts["left out",],
        robots=counts["robots",],
        cut_short=counts["cut short",],
        journeys=[
            _journey(plan, plan.program.journeys[key], tally)
            for key in plan.program.journeys
            if key in script.told
        ],
        sends_per_day=dict(sorted(days.items())),
        losses=_losses(plan, tally),
        compared=plan.alone is not None,
        moves=[(*name[1:], count) for name, count in sorted(counts.items()) if name[0] == "moved"],  # type: ignore[misc]
        segments={key: (counts["segment entered", key], counts["segment left", key]) for key in segments},
        entries=[
            CameIn(one.person, one.journey, iso(one.at), one.entry, one.key, one.held_out)
            for one in sorted(tally.entries, key=lambda one: (one.at, one.person, one.journey, one.entry))
        ],
    )


def _journey(plan: Plan, compiled: Journey, tally: Tally) -> JourneyTold:
    counts, journey = tally.counts, compiled.journey
    key = journey.key
    drafted = key in plan.drafted
    changed = any(c.kind == "journey" and c.key == key and c.change == "changed" for c in plan.script.changes)
    steps: dict[str, dict[str, int]] = {}
    for name, count in sorted(counts.items()):
        if name[:2] == ("step", key):
            steps.setdefault(name[2], {})[name[3]] = count
    return JourneyTold(
        key=key,
        name=journey.name,
        drafted=drafted,
        entries=counts["entries", key],
        people=counts["entered people", key],
        held_out=counts["held out", key],
        restarted=counts["restarted", key],
        refused=_under(counts, "refused", key),
        nodes=[
            NodeTold(
                node=name,
                type=type(node).__struct_config__.tag,  # type: ignore[arg-type]
                title=node.title or node.label,
                outcomes=steps.get(name, {}),
                waiting=counts["waiting", key, name],
            )
            for name, node in _in_order(compiled)
        ],
        ended=_under(counts, "ended", key),
        outcomes=_under(counts, "outcome", key),
        goals=counts["goals", key],
        inside=counts["inside", key],
        sends=_sum(counts, "sends", key),
        sent_to=counts["sent people", key],
        templates=[
            Sends(name[2], name[3], count)
            for name, count in sorted(counts.items())
            if name[:2] == ("sent", key)
        ],
        echoed=counts["echoed", key],
        per_day=_under(counts, "sends", key),
        deferred=[
            Deferred(reason, _text(reason), count, counts["deferred people", key, reason])
            for reason, count in _under(counts, "deferred", key).items()
        ],
        blocked=[
            Blocked(
                reason,
                _text(reason),
                count,
                counts["blocked people", key, reason],
                _people(tally, "blocked", key, reason),
            )
            for reason, count in _under(counts, "blocked", key).items()
        ],
        examples=_people(tally, "entered", key),
        replaced=Replaced(
            counts["replaced entries", key], counts["replaced sends", key], counts["replaced goals", key]
        )
        if changed
        else None,
    )


def _in_order(compiled: Journey) -> list[tuple[str, Node]]:
    """The nodes as they are come to from the start, nearest first; a database keeps no order of its own."""
    nodes, found = compiled.journey.nodes, [compiled.journey.start]
    for name in found:
        found += [to for to in dict.fromkeys(nodes[name].exits().values()) if to and to not in found]
    return [(name, nodes[name]) for name in (*found, *sorted(nodes.keys() - set(found)))]


def _losses(plan: Plan, tally: Tally) -> list[Loss]:
    counts = tally.counts
    found: list[Loss] = []
    for key in plan.program.journeys:
        lost = _under(counts, "lost", key)
        gone, gained, later = sum(lost.values()), counts["gained", key], counts["later", key]
        touched = gone or gained or later or counts["entries more", key] or counts["goals more", key]
        if key in plan.drafted or not touched:
            continue
        sends = _sum(counts, "sends", key)
        seconds = counts["later seconds", key]
        found.append(
            Loss(
                journey=key,
                sends_alone=sends + gone - gained,
                sends_together=sends,
                lost=lost,
                people=counts["lost people", key],
                later=later,
                later_hours=round(seconds * SECOND / HOUR / later, 2) if later else 0.0,
                sooner=counts["sooner", key],
                gained=gained,
                entries=counts["entries more", key],
                goals=counts["goals more", key],
                examples=_people(tally, "lost", key),
            )
        )
    return found


def _under(counts: Counter[Name], *name: str) -> dict[str, int]:
    """The counts one step below a name, in order."""
    size = len(name)
    return {
        each[size]: count
        for each, count in sorted(counts.items())
        if each[:size] == name and len(each) == size + 1 and count
    }


def _sum(counts: Counter[Name], *name: str) -> int:
    return sum(_under(counts, *name).values())


def _people(tally: Tally, *name: str) -> list[Somebody]:
    several: list[Example] = sorted(tally.examples.get(name, []), key=lambda one: (one.at, one.person))
    return [Somebody(one.person, iso(one.at)) for one in several]


def _text(reason: str) -> str:
    try:
        return TEXTS[Reason(reason)]
    except ValueError:
        return reason


def document(report: Report) -> dict[str, Any]:
    """The report as plain data for JSON."""
    found: dict[str, Any] = msgspec.to_builtins(report)
    return found
