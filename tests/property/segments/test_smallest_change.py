"""The smallest change that is proposed turns the decision when it is applied and replayed; none is cheaper.

Conditions and events are those of the two readings' test. A person's traits, tags, things and consents come
as inputs here, because a change is one too. What is cheaper is sought by brute force: every single input
gone, every single event, trait, tag and consent of a small stock added, every instant waited for.
"""

import os
from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from slinga.engine.model import Program
from slinga.engine.program import Part, compile_program
from slinga.engine.replay import Life, Played, Point, play
from slinga.engine.view import PersonView
from slinga.explain import changes, sayings
from slinga.explain.happenings import event
from slinga.explain.model import Change
from slinga.explain.smallest import Judge, later, proposals, scene_of, smallest
from slinga.explain.trace import trace
from slinga.ingest.model import PROVEN, Input
from slinga.kernel.calendar import add, period, zone
from slinga.kernel.clock import DAY, HOUR, instant
from slinga.kernel.ids import person_key
from slinga.segments.projection import Projection

from .histories import PERIODS, ZONES, conditions, histories, moments, projections

LONG = os.environ.get("SLINGA_LONG") == "1"
EARLY = instant("2024-01-10T12:00:00Z")
KEY = person_key("user", "anna")
MODEL = {
    "key": "m",
    "name": "M",
    "stages": [
        {"key": "o", "name": "O", "side": "left"},
        {"key": "p", "name": "P", "side": "left", "enter": {"op": "tag", "name": "p"}},
        {"key": "q", "name": "Q", "side": "right", "enter": {"op": "tag", "name": "q"}},
    ],
}
SCORE = {"key": "w", "name": "W", "rules": [{"event": "A", "points": 3}, {"event": "B", "points": -2}]}
OTHER = {"key": "s", "name": "S", "condition": {"op": "tag", "name": "vip"}}


def program(condition: dict[str, Any], tz: str) -> Program:
    documents = {
        ("model", "m", 1): MODEL,
        ("score", "w", 1): SCORE,
        ("segment", "s", 1): OTHER,
        ("segment", "asked", 1): {"key": "asked", "name": "Asked", "condition": condition},
    }
    return compile_program(1, tz, [Part(kind, key, 1) for kind, key, _ in documents], documents)


def inputs_of(person: Projection, events: list[Input]) -> list[Input]:
    """A life as inputs: what is known of a person first, then what they did."""
    first = min([each.at for each in events], default=EARLY) - DAY
    said = [Input("identify", first, body={"traits": dict(person.traits)})]
    if person.identified:
        said.append(Input("identify", first, body={"identifiers": [["user", "anna"]]}))
    if person.reachable:
        said.append(Input("identify", first, body={"traits": {"email": "anna@example.org"}}))
    said += [Input("command", first, name="tag", body={"tag": tag}) for tag in person.tags]
    for (channel, topic), state in (person.consents or {}).items():
        body = {"channel": channel, "topic": topic, "action": state, "source": "form"}
        said.append(Input("consent", first, body=body))
    for thing in person.things or []:
        body = {"properties": {"type": thing.type, "id": thing.id, "attributes": thing.attributes}}
        said.append(Input("event", first, name="Thing Updated", body=body, occurred_at=first))
    placed = [(p.stage, p.status) for p in person.positions or []]
    for stage, _ in placed:
        said.append(Input("command", first, name="set_stage", body={"model": "m", "stage": stage}))
    return [msgspec.structs.replace(each, seq=n + 1, trust=PROVEN) for n, each in enumerate([*said, *events])]


def inside(played: Played) -> bool:
    return "asked" in played.person.members


@st.composite
def cases(draw: Any) -> tuple[Life, Program, Point]:
    tz = zone(draw(st.sampled_from(ZONES)))
    person, events = draw(projections(tz, 1)), draw(histories(tz))
    asked = program(draw(conditions()), tz.key)
    life = Life(KEY, tuple(inputs_of(person, events)), programs=((1, 0),))
    now = max(each.at for each in life.inputs) + draw(st.sampled_from([0, 1, HOUR, DAY, 40 * DAY]))
    if draw(st.booleans()):
        now = max(now, draw(moments(tz)))
    return life, asked, Point(now)


def judged(life: Life, found: Program, point: Point) -> tuple[Judge, list[Change]]:
    judge = Judge(life, lambda number: found, point, inside)
    view = PersonView(judge.before.person, found, point.at)
    condition = found.segments["asked"].condition
    node = trace(condition, view, found.zone)
    scene = scene_of(judge, view, None)
    waited = later(judge, scene, lambda played: None)
    return judge, smallest(judge, proposals([(node, not node.holds, scene)], [waited] if waited else []))


def turns(life: Life, found: Program, point: Point, change: Change) -> bool:
    """Apply and replay, by nothing but the data of the change."""
    before = inside(play(life, lambda number: found, point))
    other, then = changes.altered(life, point, change)
    return inside(play(other, lambda number: found, then)) is not before


SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def test_what_is_proposed_turns_the_decision() -> None:
    counted = {"cases": 0, "turned": 0}

    @settings(max_examples=2000 if LONG else 50, deadline=None, database=None, suppress_health_check=SLOW)
    @given(case=cases())
    def turned(case: tuple[Life, Program, Point]) -> None:
        life, found, point = case
        _, proposed = judged(life, found, point)
        counted["cases"] += 1
        counted["turned"] += bool(proposed)
        costs = [change.cost for change in proposed]
        assert costs == sorted(costs)
        for change in proposed:
            assert turns(life, found, point, change), change

    turned()
    # Many drawn conditions are true of everybody or of nobody; of those nothing is claimed.
    assert counted["turned"] > counted["cases"] // 4


def singles(life: Life, found: Program, point: Point) -> Iterable[Change]:
    """A stock of single changes with their costs."""
    for item in life.inputs:
        if item.kind in ("event", "history"):
            yield changes.never("gone", [item.seq])
    values: list[Any] = [None, "SE", "5", 5, 2.5, 0, True, "a", "2024-02-29"]
    for name in ("t", "u"):
        for value in values:
            yield changes.say("trait", sayings.identify({name: value}), amount=2)
    for tag in ("vip", "it's"):
        yield changes.say("tag", sayings.command("tag", tag=tag))
        yield changes.say("untag", sayings.command("untag", tag=tag))
    for action in ("granted", "withdrawn"):
        yield changes.say("consent", sayings.consented("email", "news", action))
    for name in ("A", "B", "C"):
        for properties in ({}, {"x": "SE"}, {"x": 5}, {"y": 5}, {"x": 5, "y": 5}, {"x": 100}, {"y": True}):
            yield changes.more("event", event(name, properties), amount=101)
    for item in life.inputs:
        for text in PERIODS:
            at = add(item.occurred_at or item.at, period(text), found.zone)
            if at > point.at:
                yield changes.wait(at, point.at, "wait")


@settings(max_examples=600 if LONG else 20, deadline=None, database=None, suppress_health_check=SLOW)
@given(case=cases())
def test_no_single_change_is_cheaper(case: tuple[Life, Program, Point]) -> None:
    life, found, point = case
    assume(len(life.inputs) <= 12)
    _, proposed = judged(life, found, point)
    cost = proposed[0].cost if proposed else (99, 99, 0.0)
    for single in singles(life, found, point):
        if single.cost < cost:
            assert not turns(life, found, point, single), (single, proposed[:1])
