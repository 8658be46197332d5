"""Counts over lives, such that parts counted apart add up to the whole.

In: the lives of people under the program with the drafts, and under the one in force. Out: a `Tally`.
Always true: tallies of disjoint people add up whatever the order; everything in one is a count of a tuple,
a list of entries, or the few people of lowest rank by key, so adding is exact.
"""

from collections import Counter
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import msgspec

from slinga.kernel.calendar import local
from slinga.kernel.clock import Instant
from slinga.kernel.ids import digest
from slinga.people.model import Fact
from slinga.rehearsal.fold import Life, Sent
from slinga.rehearsal.model import MOST_EXAMPLES
from slinga.rehearsal.replay import Past

Name = tuple[str, ...]


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """Somebody came into a journey at an instant."""

    at: Instant
    person: str
    journey: str
    entry: int
    key: str = ""
    held_out: bool = False


class Example(msgspec.Struct, frozen=True, array_like=True):
    """Somebody to look at, and when."""

    person: str
    at: Instant


class Tally(msgspec.Struct):
    """Counts by name, e.g. ("sends", journey, day)."""

    counts: Counter[Name]
    entries: list[Entry]
    examples: dict[Name, list[Example]]

    def add(self, *name: str, by: int = 1) -> None:
        """Count one more."""
        self.counts[name] += by

    def example(self, name: Name, person: str, at: Instant) -> None:
        """Remember a person; the few of lowest rank are kept, so that order plays no part."""
        several = self.examples.setdefault(name, [])
        if all(one.person != person for one in several):
            several.append(Example(person, at))
            if len(several) > MOST_EXAMPLES:
                several.sort(key=_rank)
                several.pop()

    def join(self, other: "Tally") -> None:
        """Add the tally of other people."""
        self.counts.update(other.counts)
        self.entries += other.entries
        for name, several in other.examples.items():
            for one in several:
                self.example(name, one.person, one.at)


def _rank(example: Example) -> str:
    return digest("example", example.person)


def blank() -> Tally:
    """A tally of nobody."""
    return Tally(Counter(), [], {})


def count_past(tally: Tally, past: Past) -> None:
    """Count what was read of one person."""
    tally.add("people")
    tally.add("events", by=past.events)
    tally.add("inputs", by=len(past.inputs))
    tally.add("left out", by=past.left_out)
    if past.robot:
        tally.add("robots")


def count_life(
    tally: Tally, key: str, life: Life, told: frozenset[str], zone: ZoneInfo, *, entries: bool
) -> None:
    """Count one person's life; `told` are the journeys told about in full."""
    once: set[Name] = set()
    for fact in life.facts:
        _count_fact(tally, key, fact, told, once, entries)
    for sent in life.sent:
        journey = sent.intent.journey
        tally.add("sends", journey, day_of(sent.at, zone))
        once.add(("sent people", journey))
        if sent.echoed:
            tally.add("echoed", journey)
        if journey in told:
            tally.add("sent", journey, sent.intent.template, sent.intent.channel)
    for at, intent, reason in life.withheld:
        tally.add("blocked", intent.journey, reason)
        once.add(("blocked people", intent.journey, reason))
        tally.example(("blocked", intent.journey, reason), key, at)
    for name, count in life.reacted.items():
        tally.add("reacted", name, by=count)
    for run in life.person.runs:
        tally.add("inside", run.journey)
        if run.journey in told:
            tally.add("waiting", run.journey, run.node)
    if life.cut_short:
        tally.add("cut short")
        tally.example(("cut short",), key, life.person.at)
    for each in once:
        tally.add(*each)


def _count_fact(
    tally: Tally, key: str, fact: Fact, told: frozenset[str], once: set[Name], entries: bool
) -> None:
    name, body = fact.name, fact.body
    match fact.kind:
        case "run_entered":
            tally.add("entries", name)
            once.add(("entered people", name))
            tally.example(("entered", name), key, fact.at)
            if entries and name in told:
                tally.entries.append(Entry(fact.at, key, name, body["entry"], body.get("key", "")))
        case "holdout":
            tally.add("held out", name)
            if entries and name in told:
                tally.entries.append(Entry(fact.at, key, name, body["entry"], body.get("key", ""), True))
        case "run_restarted":
            tally.add("restarted", name)
        case "entry_refused":
            tally.add("refused", name, str(body.get("reason", "")))
        case "step" if name in told:
            tally.add("step", name, str(body.get("node", "")), str(body.get("outcome", "")))
        case "run_ended":
            tally.add("ended", name, str(body.get("reason", "")))
            if name in told:
                tally.add("outcome", name, str(body.get("outcome", "")))
        case "goal_reached":
            tally.add("goals", name)
        case "send_planned":
            tally.add("planned", name)
        case "send_deferred":
            tally.add("deferred", name, str(body.get("reason", "")))
            once.add(("deferred people", name, str(body.get("reason", ""))))
        case "send_blocked":
            reason = str(body.get("reason", ""))
            tally.add("blocked", name, reason)
            once.add(("blocked people", name, reason))
            tally.example(("blocked", name, reason), key, fact.at)
        case "stage_moved":
            tally.add("moved", name, str(body.get("from_stage") or ""), str(body.get("to_stage") or ""))
        case "segment_entered":
            tally.add("segment entered", name)
        case "segment_left":
            tally.add("segment left", name)


def day_of(at: Instant, zone: ZoneInfo) -> str:
    """The workspace's date of an instant."""
    return local(at, zone).date().isoformat()


def came_in(life: Life, journeys: frozenset[str]) -> Instant | None:
    """When somebody first came into any of these journeys, or was held out of it; None for never."""
    for fact in life.facts:
        if fact.kind in ("run_entered", "holdout") and fact.name in journeys:
            return fact.at
    return None


def by_key(sent: Iterable[Sent]) -> dict[str, Sent]:
    """Messages by send key."""
    return {one.intent.send_key: one for one in sent}
