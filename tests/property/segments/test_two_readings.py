"""The live reading and the set query agree, and a truth lasts exactly until its deadline."""

import os
from collections.abc import Iterator
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slinga.ingest.model import Input
from slinga.kernel.calendar import add, period, zone
from slinga.kernel.clock import DAY, HOUR, MINUTE, Instant, iso
from slinga.kernel.ids import bucket_of, person_key
from slinga.runtime.db import At, Db, Json, Key, connect
from slinga.segments import Predicate, compile_condition, parse, rebuild
from slinga.segments.grammar import to_document
from slinga.segments.projection import Projection
from slinga.segments.repeats import counts
from slinga.segments.store import matching, save_projection

from .histories import PERIODS, ZONES, conditions, histories, moments, projections

LONG = os.environ.get("SLINGA_LONG") == "1"


class Seen:
    """A person as the live reading sees them: the same facts as the rows, without a database."""

    def __init__(self, person: Projection, states: dict[str, Any], now: Instant, tz: ZoneInfo) -> None:
        self.person, self.states, self.now, self.zone = person, states, now, tz
        self.identified, self.entered_at = person.identified, None
        self.position = {p.model: p for p in person.positions or []}

    def trait(self, name: str) -> Any:
        return self.person.traits.get(name)

    def feature(self, id: str) -> Any:
        return self.states.get(id)

    def things(self, type: str) -> Iterator[dict[str, Any]]:
        for each in self.person.things or []:
            if each.type == type:
                yield {"id": each.id, "attributes": each.attributes, "updated_at": each.updated_at}

    def stage(self, model: str) -> str | None:
        return self.position[model].stage if model in self.position else None

    def status(self, model: str) -> str | None:
        return self.position[model].status if model in self.position else None

    def since(self, model: str) -> Instant | None:
        return self.position[model].entered_at if model in self.position else None

    def moves(self, model: str) -> Any:
        return self.position[model].moves if model in self.position else ()

    def score(self, name: str) -> float | None:
        return (self.person.scores or {}).get(name)

    def in_segment(self, key: str) -> bool:
        return key in (self.person.segments or {})

    def consent(self, channel: str, topic: str) -> str:
        return (self.person.consents or {}).get((channel, topic), "unknown")

    def reachable(self, channel: str) -> bool:
        return channel in self.person.reachable

    def tag(self, name: str) -> bool:
        return name in self.person.tags

    def trigger(self, path: str) -> Any:
        return None


@pytest.fixture(scope="module")
def base(server: Any, databases: Any) -> Iterator[Db]:
    name = databases.take()
    with connect(server.database_url(name)) as db:
        yield db
    databases.give_back(name)


def store(db: Db, people: list[tuple[Projection, list[Input]]]) -> None:
    db.execute("TRUNCATE input, profile, membership, position, score_value, consent_state, thing")
    save_projection(db, [person for person, _ in people])
    rows = [
        (
            bucket_of(p.person),
            e.seq + 100 * n,
            Key(p.person),
            e.kind,
            e.name,
            At(e.at),
            At(e.occurred_at),
            Json(e.body),
        )
        for n, (p, events) in enumerate(people)
        for e in events
    ]
    if rows:
        with db.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO input (bucket, seq, person, kind, name, trust, accepted_at, occurred_at, body)"
                " VALUES (%s, %s, %s, %s, %s, 2, %s, %s, %s)",
                rows,
            )


def folded(predicate: Predicate, events: list[Input], now: Instant) -> dict[str, Any]:
    """The states after everything accepted by `now`, folded one by one."""
    states = {feature.id: feature.init() for feature in predicate.features}
    known: list[str] = []
    repeats = {e.seq for e in sorted(events, key=lambda e: e.seq) if not counts(known, e)}
    for event in events:
        if event.at <= now and event.seq not in repeats:
            for feature in predicate.features:
                states[feature.id] = feature.fold(states[feature.id], event)
    return states


def instants_after(person: Projection, events: list[Input], now: Instant, tz: ZoneInfo) -> list[Instant]:
    """Later instants at which something could change: everything a period after everything."""
    found = set()
    bases = [e.occurred_at for e in events] + [p.entered_at for p in person.positions or []]
    bases += [move.at for p in person.positions or [] for move in p.moves or ()]
    for base in bases:
        for text in (*PERIODS, "1h", "3d", "30d"):
            found.update((add(base, period(text), tz), add(base, period(text), tz) + 1))
    found.update(now + step * DAY + 13 * MINUTE for step in (1, 40, 200, 300, 420))
    return sorted(at for at in found if at > now)


def lasts(
    predicate: Predicate, person: Projection, events: list[Input], now: Instant, tz: ZoneInfo
) -> tuple[Any, bool]:
    """Check that a truth is constant until its deadline; the deadline, and whether it turned there."""
    seen = Seen(person, folded(predicate, events, now), now, tz)
    truth = predicate.test(seen)
    assert truth.until is None or truth.until > now
    for at in instants_after(person, events, now, tz):
        if truth.until is not None and at >= truth.until:
            break
        seen.now = at
        assert predicate.test(seen).value is truth.value, f"changed at {iso(at)}, before {truth.until}"
    if truth.until is not None:
        seen.now = truth.until - 1
        assert predicate.test(seen).value is truth.value
        seen.now = truth.until
        return truth.until, predicate.test(seen).value is not truth.value
    return None, False


@st.composite
def worlds(draw: Any) -> tuple[Any, ...]:
    """A zone, drawn people and as many again made of their events mixed, conditions, an instant."""
    tz = zone(draw(st.sampled_from(ZONES)))
    people = [(draw(projections(tz, n)), draw(histories(tz))) for n in range(draw(st.integers(2, 5)))]
    asked = draw(st.lists(conditions(), min_size=2, max_size=4))
    now, chance = draw(moments(tz)), Random(draw(st.integers(0, 2**32)))
    pool = [event for _, events in people for event in events]
    if pool and draw(st.booleans()):  # soon after something happened, where most truths have an end
        now = draw(st.sampled_from(pool)).at + draw(st.sampled_from([0, 1, HOUR]))
    for n in range(len(people), 24 if len(pool) > 3 else len(people)):
        some = sorted(chance.sample(pool, chance.randint(1, min(9, len(pool)))), key=lambda event: event.at)
        events = [msgspec.structs.replace(event, seq=seq + 1) for seq, event in enumerate(some)]
        rows = chance.choice(people)[0]
        people.append((msgspec.structs.replace(rows, person=person_key("user", str(n))), events))
    return tz, people, asked, now, chance


@pytest.mark.long
def test_both_readings_agree(base: Db) -> None:
    counted = {"cases": 0, "true": 0, "turned": 0}

    @settings(
        max_examples=1500 if LONG else 30,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(world=worlds())
    def agree(world: tuple[Any, ...]) -> None:
        tz, people, asked, now, chance = world
        store(base, people)
        for document in asked:
            condition = parse(document)
            assert parse(to_document(condition)) == condition
            predicate = compile_condition(condition, tz)
            turns = set()
            for person, events in people:
                until, turned = lasts(predicate, person, events, now, tz)
                counted["turned"] += turned
                turns.add(until)
            turns.discard(None)
            instants = {now}
            if turns:
                turn = chance.choice(sorted(turns))
                instants |= {turn, turn - 1}
            for at in sorted(instants):
                expected = {
                    person.person
                    for person, events in people
                    if predicate.test(Seen(person, folded(predicate, events, at), at, tz)).value
                }
                assert matching(base, condition, tz, at) == expected, (document, iso(at))
                counted["cases"] += len(people)
                counted["true"] += len(expected)

    while counted["cases"] < 2000:
        agree()
    print(counted)
    assert counted["turned"] > 0
    assert counted["cases"] // 10 < counted["true"] < counted["cases"] * 9 // 10


@settings(
    max_examples=1500 if LONG else 150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data())
def test_rebuilding_equals_folding_in_any_order_of_arrival(data: Any) -> None:
    tz = zone(data.draw(st.sampled_from(ZONES)))
    events = data.draw(histories(tz))
    predicate = compile_condition(parse(data.draw(conditions())), tz)
    person = data.draw(projections(tz, 1))
    now = max([e.at for e in events], default=0)
    live = folded(predicate, events, now)
    shuffled = data.draw(st.permutations(events))
    assert rebuild(predicate.features, shuffled) == live
    arrived = folded(predicate, shuffled, now)
    for at in [now, *instants_after(person, events, now, tz)[::7]]:
        one, other = Seen(person, live, at, tz), Seen(person, arrived, at, tz)
        assert predicate.test(one) == predicate.test(other)
