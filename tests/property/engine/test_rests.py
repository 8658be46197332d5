"""The engine that asks only what can have changed agrees with one that asks everything at every turn.

Compared: every fact but `score_moved`, every send, and the state. An answer that is kept may name an earlier
deadline than a fresh one would, so the lazy engine may wake once more in vain; a score that fades says so
whenever somebody looks, at that wake-up too. So `score_moved` facts are compared by their last value only,
and the instant of the last look, the next wake-up and the rests themselves are left out.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from slinga.demo.definitions import ZONE, documents
from slinga.engine import rest
from slinga.engine.advance import advance_many
from slinga.engine.merging import take_over
from slinga.engine.model import Batch, Person, Program, encode
from slinga.engine.program import Part, compile_program
from slinga.ingest.model import Input, New
from slinga.people.model import Fact
from slinga.testing.compare import differences
from slinga.testing.story import BEGIN, Step, tell

LONG = bool(os.environ.get("SLINGA_LONG"))


def demo() -> Program:
    found = {(kind, key, 1): document for kind, key, document in documents("https://shop.example")}
    parts = [Part(kind, key, version, live_from=BEGIN) for kind, key, version in found]
    return compile_program(1, ZONE, parts, found)


class Engine:
    """The log and the people, in memory; inputs of one person apply one by one, as they come."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.people: dict[str, Person] = {}
        self.facts: dict[str, list[Fact]] = defaultdict(list)
        self.sends: dict[str, tuple[Any, ...]] = {}
        self.log: dict[str, list[Input]] = defaultdict(list)
        self.seq = self.turns = 0

    def live(self, story: Iterable[Step]) -> None:
        for step in story:
            queue = list(step.inputs)
            while queue:
                queue += self.apply(queue.pop(0), step.at)
        for key in self.people:
            self.to(key, [], step.at)

    def apply(self, new: New, at: int) -> list[New]:
        self.seq += 1
        item = Input(
            kind=new.kind,
            at=at,
            seq=self.seq,
            name=new.name,
            body=new.body,
            trust=new.trust,
            source=new.source,
            occurred_at=at if new.occurred_at is None else min(at, new.occurred_at),
        )
        self.log[new.person].append(item)
        return self.to(new.person, [item], at)

    def to(self, key: str, items: list[Input], at: int) -> list[New]:
        batch = Batch()
        person = self.people.setdefault(key, Person(key=key))
        advance_many(person, items, self.program, at, batch)
        self.turns += len(items) + batch.wakes
        self.facts[key] += [one.fact for one in batch.facts]
        for intent in batch.intents:
            assert intent.send_key not in self.sends
            self.sends[intent.send_key] = (intent.planned_at, intent.template, intent.variables)
        appends: list[New] = list(batch.appends)
        for gone, survivor, _ in batch.handed_over:
            past = list(take_over(self.log[gone], self.facts[gone], survivor))
            (handover,) = [each for each in appends if each.kind == "handover"]
            handover.body["owed"] += len(past)
            appends += past
        return appends


def picture(engine: Engine) -> dict[str, Any]:
    found: dict[str, Any] = {"sends": engine.sends}
    for key, person in engine.people.items():
        state = msgspec.msgpack.decode(encode(person))
        for name in ("rests", "rests_of", "soonest", "still", "wake_at", "at"):
            state.pop(name, None)
        moved = {fact.name: fact.body["after"] for fact in engine.facts[key] if fact.kind == "score_moved"}
        facts = [(f.kind, f.name, f.at, f.body) for f in engine.facts[key] if f.kind != "score_moved"]
        found[key] = (state, facts, moved)
    return found


@pytest.mark.parametrize("seed", range(100 if LONG else 4))
def test_asking_less_changes_nothing(seed: int) -> None:
    story = list(tell(seed, people=12, steps=60, events=6))
    lazy = Engine(demo())
    lazy.live(story)
    full = Engine(rest.eager(lazy.program))
    full.live(story)
    assert list(differences(picture(lazy), picture(full)))[:5] == []
    assert lazy.turns >= full.turns > 500 and lazy.sends
