"""How people moved: states, rows, both readings of conditions and the lists against the recorded moves.

The reckoning is independent: it goes through all facts in the order in which they were written, and follows
each key to whom it has become.
"""

from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from slinga.demo.definitions import ZONE, documents
from slinga.engine.jobs import Definition, publish
from slinga.engine.model import decode, encode
from slinga.engine.replay import Point, play
from slinga.explain.jobs import case_of
from slinga.ingest import log
from slinga.insight import lifecycle
from slinga.kernel.calendar import add, period, resolve
from slinga.kernel.calendar import zone as zone_of
from slinga.kernel.clock import DAY, Instant, iso, to_datetime
from slinga.lifecycle.moves import told
from slinga.loops import make_worker
from slinga.people.model import Fact
from slinga.runtime import clock
from slinga.runtime.db import Db, Key
from slinga.segments import parse
from slinga.segments.moves import LastMove
from slinga.segments.store import matching
from slinga.testing.story import BEGIN, tell

TZ: ZoneInfo = zone_of(ZONE)


ASKED = {
    "fell": {"op": "moved", "model": "rfm", "direction": "back", "window": {"last": "400d"}},
    "rose": {"op": "moved", "model": "bow-tie", "direction": "forward", "window": {"last": "3d"}},
    "caught": {"op": "moved", "model": "bow-tie", "from": [""], "to": ["interest", "conversion"]},
}
"""Segments that are in force while people live."""


def live(db: Db, *, forget_at: int = -1, steps: int = 50) -> Instant:
    """A made-up half year, with merges; at one step everything is as an earlier release leaves it."""
    clock.freeze(db, BEGIN)
    publish(db, [Definition(k, key, d) for k, key, d in documents("https://shop.example")], zone=ZONE)
    asked = [Definition("segment", key, {"key": key, "condition": c}) for key, c in ASKED.items()]
    if forget_at < 0:
        publish(db, asked)
    worker, last = make_worker(db), BEGIN
    for number, step in enumerate(list(tell(7, people=40, steps=steps, events=15))[:-1]):
        clock.freeze(db, step.at)
        with db.transaction():
            log.append(db, step.inputs)
        if number == forget_at:
            forget(db)
            publish(db, asked)
            worker = make_worker(db)
        worker.drain()
        last = step.at
    return last


def forget(db: Db) -> None:
    """States, rows and what lies in the log, as written by a release that did not know of moves."""
    db.execute("UPDATE position SET moves = NULL")
    for key, state in db.execute("SELECT key, state FROM person").fetchall():
        person = decode(state)
        person.moves = {}
        db.execute("UPDATE person SET state = %s WHERE key = %s", (encode(person), Key(key)))
    db.execute(
        "UPDATE input SET body = body #- '{estate,moves}'"
        " WHERE kind = 'handover' AND body #> '{estate,moves}' IS NOT NULL"
    )


def facts(db: Db) -> dict[str, list[Fact]]:
    """The recorded moves of everybody, by who they are now."""
    into = {
        str(key): str(other)
        for key, other in db.execute(
            "SELECT person, name FROM fact WHERE kind = 'merged' AND body ? 'into'"
        ).fetchall()
    }
    found: dict[str, list[Fact]] = {}
    rows = db.execute(
        "SELECT person, kind, name, at, body FROM fact WHERE kind IN ('stage_moved', 'status_moved')"
        " ORDER BY at, id"
    )
    for person, kind, name, at, body in rows.fetchall():
        key = str(person)
        while key in into:
            key = into[key]
        if body["cause"] != "merge":
            found.setdefault(key, []).append(Fact(kind, name, at, body))
    return found


def states(db: Db) -> dict[str, dict[str, set[LastMove]]]:
    rows = db.execute("SELECT key, state FROM person WHERE forward IS NULL").fetchall()
    found = {}
    for key, state in rows:
        person = decode(state)
        assert person.knows_moves, key
        found[str(key)] = {model: set(memory) for model, memory in person.moves.items()}
    return found


def reckoned(db: Db, leaf: dict[str, Any], now: Instant, since: Instant = 0, last: str = "") -> set[str]:
    """Who made a move that the leaf speaks of, by going through all of them."""

    def place(stage: str | None, status: str | None, wanted: list[str]) -> tuple[bool, bool]:
        if f"{stage}/{status}" in wanted:
            return True, True
        return not wanted or (stage or "") in wanted, False

    people = set()
    for person, moves in facts(db).items():
        for move in moves:
            body = move.body
            source, target = body.get("from_stage"), body["to_stage"]
            left, by_left = place(source, body.get("from_status"), leaf.get("from", []))
            reached, by_reached = place(target, body.get("to_status"), leaf.get("to", []))
            way = "placed" if source is None else body.get("direction", "forward")
            if (
                move.name == leaf["model"]
                and left
                and reached
                and (source != target or by_left or by_reached)
                and leaf.get("direction") in (None, way)
                and move.at >= since
                and (not last or add(move.at, period(last), TZ) > now)
            ):
                people.add(person)
    return people


@pytest.mark.parametrize("forget_at", [-1, 20])
def test_states_and_rows_remember_what_was_recorded(db: Db, forget_at: int) -> None:
    """Also of people whom an earlier release left, who merged before or after, or whom nothing touches."""
    live(db, forget_at=forget_at)
    remembered = states(db)
    for person, moves in facts(db).items():
        expected = {model: set(memory) for model, memory in told(moves, remembered[person]).items()}
        assert remembered[person] == expected, person
    rows = db.execute("SELECT person, model, moves FROM position").fetchall()
    assert rows
    for person, model, moves in rows:
        assert moves is not None
        assert {(m["from"], m["from_status"], m["to"], m["to_status"], m["way"], m["at"]) for m in moves} == {
            (m.from_stage, m.from_status, m.to_stage, m.to_status, m.way, m.at)
            for m in remembered[str(person)][model]
        }


@pytest.mark.parametrize("forget_at", [-1, 20])
def test_a_life_that_is_lived_again_comes_and_goes_as_it_did(db: Db, forget_at: int) -> None:
    end = live(db, forget_at=forget_at)
    assert all(members(db, ASKED).values())
    for key, condition in ASKED.items():
        assert members(db, [key])[key] == matching(db, parse(condition), TZ, end), key
    lived = 0
    for (person,) in db.execute("SELECT key FROM person WHERE forward IS NULL").fetchall():
        case = case_of(db, str(person))
        played = play(case.life, case.load, Point(end))
        told_again = entered(one.fact for one in played.facts)
        assert told_again == entered(one.fact for one in case.life.facts), person
        lived += bool(told_again)
    assert lived > 20


def entered(facts: Iterable[Fact]) -> list[tuple[Instant, str, str]]:
    """How somebody came into and left the segments that ask about moves."""
    kinds = ("segment_entered", "segment_left")
    return sorted((one.at, one.kind, one.name) for one in facts if one.kind in kinds and one.name in ASKED)


def moved_people(db: Db, model: str, source: str, target: str, first: date, today: date) -> set[str]:
    """The desk's list, page by page."""
    people: set[str] = set()
    after = ""
    while True:
        page = lifecycle.people_moved(db, model, source, target, first, today, after=after, limit=7)
        people |= {one.person for one in page.people}
        after = page.after
        if not after:
            return people


def test_a_flow_its_segment_and_the_reckoning_have_the_same_people(db: Db) -> None:
    now = live(db)
    model = lifecycle.models(db)[0][0]
    bodies = [fact.body for moves in facts(db).values() for fact in moves if fact.name == model]
    pairs = {(body.get("from_stage") or "", body["to_stage"]) for body in bodies}
    pairs = {(source, target) for source, target in pairs if source != target}
    assert len(pairs) > 3
    today = to_datetime(now).astimezone(TZ).date()
    segments: dict[str, dict[str, Any]] = {}
    expected: dict[str, set[str]] = {}
    for (source, target), days in product(sorted(pairs), (3, 10, 400)):
        first = today - timedelta(days=days - 1)
        begin = resolve(first, time(), TZ)
        listed = moved_people(db, model, source, target, first, today)
        fixed = lifecycle.meaning_of_flow(model, source, target, {"since": iso(begin)}).condition
        rolling = lifecycle.meaning_of_flow(model, source, target, {"last": f"{days}d"}).condition
        assert listed == reckoned(db, fixed, now, since=begin)
        assert listed == matching(db, parse(fixed), TZ, now)
        assert reckoned(db, rolling, now, last=f"{days}d") == matching(db, parse(rolling), TZ, now)
        for key, condition, found in (
            (f"s{len(segments)}", fixed, listed),
            (f"r{len(segments)}", rolling, reckoned(db, rolling, now, last=f"{days}d")),
        ):
            segments[key], expected[key] = condition, found
    publish(db, [Definition("segment", k, {"key": k, "condition": c}) for k, c in segments.items()])
    make_worker(db).drain()
    assert any(expected.values())
    assert members(db, segments) == expected
    # As time goes on with nothing else happening, people leave the windows that go along, and no others.
    later = now + 6 * DAY
    clock.freeze(db, later)
    make_worker(db).drain()
    for key, condition in segments.items():
        last = condition["window"].get("last")
        still = reckoned(db, condition, later, last=last) if last else expected[key]
        assert members(db, [key])[key] >= still, "whom time alone moved may have come in"
        assert members(db, [key])[key] == matching(db, parse(condition), TZ, later)


def members(db: Db, segments: Iterable[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {key: set() for key in segments}
    rows = db.execute("SELECT segment, person FROM membership WHERE segment = ANY (%s)", (list(found),))
    for segment, person in rows.fetchall():
        found[segment].add(str(person))
    return found


def test_places_directions_and_statuses_against_the_reckoning(db: Db) -> None:
    now = live(db, steps=35)
    known = {(f.name, *place) for moves in facts(db).values() for f in moves for place in places(f.body)}
    asked = 0
    for model in sorted({model for model, _, _ in known}):
        here = sorted({stage for name, stage, _ in known if name == model})
        here += sorted({f"{stage}/{status}" for name, stage, status in known if name == model and status})
        for source, target in product(["", *here], here):
            for direction in (None, "forward", "back"):
                leaf = {"op": "moved", "model": model, "from": [source], "to": [target]}
                leaf |= {"direction": direction} if direction else {}
                asked += 1
                if asked % 5 == 0:
                    assert matching(db, parse(leaf), TZ, now) == reckoned(db, leaf, now), leaf
        for leaf in (
            {"op": "moved", "model": model},
            {"op": "moved", "model": model, "direction": "back"},
            {"op": "moved", "model": model, "from": here[:2]},
            {"op": "moved", "model": model, "to": [*here[:1], here[-1]]},
        ):
            assert matching(db, parse(leaf), TZ, now) == reckoned(db, leaf, now), leaf


def places(body: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    yield body["to_stage"], body.get("to_status")
    if body.get("from_stage"):
        yield body["from_stage"], body.get("from_status")
