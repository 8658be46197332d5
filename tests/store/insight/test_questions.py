"""Questions over facts made by hand, and over a made-up half year."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from slinga.demo.definitions import ZONE, documents
from slinga.engine import store as engine
from slinga.engine.jobs import Definition, publish
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.insight import home, journeys, lifecycle, map, paths
from slinga.insight.jobs import tally
from slinga.insight.model import Money, Touchpoint
from slinga.insight.stays import ERROR
from slinga.kernel.clock import DAY, HOUR, Instant, instant
from slinga.kernel.errors import Invalid, Missing
from slinga.kernel.ids import bucket_of, person_key
from slinga.loops import make_worker
from slinga.people.model import Fact, Recorded
from slinga.runtime import clock
from slinga.runtime.db import At, Db, Key
from slinga.segments import parse
from slinga.testing.story import BEGIN, tell

START = instant("2026-03-02T10:00:00Z")
MODEL = {
    "key": "simple",
    "name": "Simple",
    "stages": [
        {"key": "new", "name": "New", "side": "left"},
        {"key": "warm", "name": "Warm", "side": "left", "enter": {"op": "event", "name": "Product Viewed"}},
        {
            "key": "buyer",
            "name": "Buyer",
            "side": "right",
            "enter": {"op": "event", "name": "Order Completed"},
            "strategy": {"start": ["thanks"]},
            "statuses": [{"key": "keen", "name": "Keen"}],
        },
    ],
}
THANKS = {
    "key": "thanks",
    "name": "Thanks",
    "topic": "news",
    "trigger": {"on": "stage", "model": "simple", "to": ["buyer"]},
    "start": "wait",
    "nodes": {
        "wait": {"type": "wait", "for": "3d", "next": "mail"},
        "mail": {"type": "send", "template": "hello"},
    },
}
HELLO = {
    "key": "hello",
    "name": "hello",
    "class": "marketing",
    "topic": "news",
    "subject": "Hello",
    "body": {"html": "<p>Hello</p>"},
}
ANNA, BO, CARL = (person_key("user", name) for name in ("anna", "bo", "carl"))


@pytest.fixture
def simple(db: Db) -> Db:
    clock.freeze(db, START)
    publish(
        db,
        [
            Definition("model", "simple", MODEL),
            Definition("journey", "thanks", THANKS),
            Definition("template", "hello", HELLO),
        ],
        zone="Europe/Stockholm",
    )
    return db


def told(db: Db, person: str, kind: str, name: str, at: Instant, **body: Any) -> None:
    with db.transaction():
        engine.add_facts(db, [Recorded(person, 1, Fact(kind, name, at, body))])


def moved(db: Db, person: str, before: str | None, after: str, at: Instant, **more: Any) -> None:
    started = {"from_stage": before} if before is not None else {}
    told(db, person, "stage_moved", "simple", at, **started, to_stage=after, **more)
    db.execute("DELETE FROM position WHERE person = %s", (Key(person),))
    db.execute(
        "INSERT INTO position VALUES (%s, %s, 'simple', %s, %s, %s)",
        (bucket_of(person), Key(person), after, more.get("to_status"), At(at)),
    )


def test_the_picture_by_hand(simple: Db) -> None:
    db = simple
    for person in (ANNA, BO, CARL):
        moved(db, person, None, "new", START)
    told(db, ANNA, "visit_started", "", START + HOUR, channel="Paid Search", source="google")
    moved(db, ANNA, "new", "warm", START + 2 * DAY, stayed_for=2 * DAY)
    moved(db, BO, "new", "warm", START + 4 * DAY, stayed_for=4 * DAY)
    moved(db, ANNA, "warm", "buyer", START + 5 * DAY, stayed_for=3 * DAY, to_status="keen")
    moved(db, BO, "warm", "new", START + 6 * DAY, direction="back", stayed_for=2 * DAY)
    with db.transaction():
        bought = {"order_id": "1", "total": 99.5, "currency": "SEK"}
        log.append(db, [New(ANNA, "event", "Order Completed", {"properties": bought})], at=START + 7 * DAY)
    db.execute("UPDATE lane SET cursor = 1000")
    tally(db)
    clock.freeze(db, START + 8 * DAY)

    found = lifecycle.picture(db, "simple", since=date(2026, 3, 3))
    assert (found.people, found.until) == (3, date(2026, 3, 10))
    new, warm, buyer = found.stages
    assert [stage.people for stage in found.stages] == [2, 0, 1]
    assert (new.placed, new.in_back, new.out_forward, new.out_back) == (0, 1, 2, 0)
    assert new.conversion == 2 / 4  # three were there and one came back
    assert (warm.in_forward, warm.out_forward, warm.out_back, warm.conversion) == (2, 1, 1, 0.5)
    assert warm.median_stay is not None and abs(warm.median_stay / (2 * DAY) - 1) <= ERROR * 1.01
    assert {(each.kind, each.channel, each.count) for each in warm.channels} == {
        ("visit", "Paid Search", 1), ("none", "", 1)
    }  # fmt: skip
    assert buyer.value == (Money("SEK", Decimal("99.5")),) and buyer.orders == 1
    assert [(each.key, each.how) for each in buyer.journeys] == [("thanks", ("triggered", "started"))]
    assert [(each.key, each.people, each.came) for each in buyer.statuses] == [("keen", 1, 1)]

    past = lifecycle.picture(db, "simple", since=date(2026, 3, 1), until=date(2026, 3, 6))
    assert [stage.people for stage in past.stages] == [1, 2, 0]
    days = lifecycle.stock_by_day(db, "simple", date(2026, 3, 2), date(2026, 3, 8))
    assert days[date(2026, 3, 2)] == {"new": 3}
    assert days[date(2026, 3, 8)]["new"] == 2
    flow = lifecycle.transitions(db, "simple", date(2026, 3, 3), date(2026, 3, 10))
    assert [(each.source, each.target, each.count, each.direction) for each in flow.links] == [
        ("new", "warm", 2, "forward"), ("warm", "buyer", 1, "forward"), ("warm", "new", 1, "back")
    ]  # fmt: skip
    assert flow.before == {"new": 3} and flow.after == {"new": 2, "buyer": 1}

    page = lifecycle.people_in(db, "simple", "new", limit=1)
    rest = lifecycle.people_in(db, "simple", "new", limit=1, after=page.after)
    assert {page.people[0].person, rest.people[0].person} == {BO, CARL}
    assert lifecycle.people_in(db, "simple", "new", limit=1, after=rest.after).people == ()
    movers = lifecycle.people_moved(db, "simple", "new", "warm", date(2026, 3, 3), date(2026, 3, 10), limit=1)
    assert [each.person for each in movers.people] == [BO]
    movers = lifecycle.people_moved(
        db, "simple", "new", "warm", date(2026, 3, 3), date(2026, 3, 10), after=movers.after
    )
    assert [(each.person, each.at) for each in movers.people] == [(ANNA, START + 2 * DAY)]

    some = paths.narrowed(db, "simple", source="Paid Search", since=date(2026, 3, 3), within_ms=10_000)
    assert some.buckets == 256
    assert [stage.people.count for stage in some.stages] == [0, 0, 1]
    assert [stage.out_forward.count for stage in some.stages] == [1, 1, 0]

    ways = paths.paths(db, "simple")
    assert [(way.steps, way.people) for way in ways.paths] == [
        (("stage new", "visit Paid Search", "stage warm", "stage buyer"), 1)
    ]
    assert [(each.segment, each.people, each.touchpoints, each.days) for each in ways.lengths] == [
        ("", 1, 1, pytest.approx(7, rel=ERROR))
    ]


def test_a_way_goes_back_to_before_somebody_was_known(simple: Db) -> None:
    db, phone = simple, person_key("anonymous", "phone")
    told(db, phone, "visit_started", "", START, channel="Paid Search")
    told(db, phone, "stage_moved", "simple", START, to_stage="new", cause="first")
    told(db, ANNA, "merged", phone, START + DAY, other=phone)
    told(db, ANNA, "stage_moved", "simple", START + DAY, to_stage="new", cause="merge")
    told(db, ANNA, "segment_entered", "vip", START + DAY)
    told(db, ANNA, "visit_started", "", START + 2 * DAY, channel="Direct")
    told(
        db,
        BO,
        "merged",
        person_key("anonymous", "late"),
        START + 9 * DAY,
        other=person_key("anonymous", "late"),
    )
    told(db, person_key("anonymous", "late"), "visit_started", "", START, channel="Email")
    with db.transaction():
        for person in (ANNA, BO):
            for n in (1, 2):
                bought = {"order_id": f"{person}{n}", "total": 10, "currency": "SEK"}
                order = New(person, "event", "Order Completed", {"properties": bought})
                log.append(db, [order], at=START + (3 + n) * DAY)
    db.execute("UPDATE lane SET cursor = 1000")
    tally(db)
    found = paths.paths(db, "simple", since=date(2026, 3, 1), until=date(2026, 3, 20))
    assert {way.steps: way.people for way in found.paths} == {
        ("visit Paid Search", "stage new", "visit Direct"): 1,
        ("visit Email",): 1,  # known only later to have come that way
    }
    assert found.people == 2
    assert [(one.segment, one.people, one.touchpoints) for one in found.lengths] == [
        ("", 2, 1.5),
        ("vip", 1, 2),
    ]
    assert paths.paths(db, "simple", since=date(2026, 3, 10), until=date(2026, 3, 20)).people == 0


def test_a_filter_by_source_knows_who_became_one(simple: Db) -> None:
    db, phone, tablet = simple, person_key("anonymous", "phone"), person_key("anonymous", "tablet")
    told(db, tablet, "visit_started", "", START, channel="Email")
    told(db, phone, "visit_started", "", START + HOUR, channel="Paid Search")
    told(db, ANNA, "visit_started", "", START + 3 * HOUR, channel="Direct")
    moved(db, phone, "new", "warm", START + 2 * DAY)
    told(db, phone, "merged", tablet, START + 3 * DAY, other=tablet)
    told(db, ANNA, "merged", phone, START + 4 * DAY, other=phone)
    db.execute("DELETE FROM position WHERE person = %s", (Key(phone),))
    moved(db, ANNA, "warm", "buyer", START + 5 * DAY)
    moved(db, BO, None, "new", START)
    told(db, BO, "visit_started", "", START, channel="Direct")

    def some(source: str) -> tuple[list[int], list[int]]:
        asked = {"since": date(2026, 3, 2), "until": date(2026, 3, 20), "within_ms": 10_000}
        found = paths.narrowed(db, "simple", source=source, **asked)
        return [one.people.count for one in found.stages], [one.out_forward.count for one in found.stages]

    assert some("Email") == ([0, 0, 1], [1, 1, 0]), "the tablet came first, and its moves are Anna's"
    assert some("Paid Search") == ([0, 0, 0], [0, 0, 0])
    assert some("Direct") == ([1, 0, 0], [0, 0, 0])
    assert some("") == ([1, 0, 1], [1, 1, 0])


def first_channels(db: Db) -> dict[str, str]:
    """The channel of the first visit of everybody who stands somewhere, reckoned one by one."""
    facts = db.execute(
        "SELECT person, kind, name, at, id, body ->> 'channel' FROM fact ORDER BY id"
    ).fetchall()
    others = db.execute("SELECT name, person FROM fact WHERE kind = 'merged' AND body ? 'other'").fetchall()
    into = dict(others)

    def survivor(key: str) -> str:
        while key in into:
            key = into[key]
        return key

    visits: dict[str, tuple[Any, ...]] = {}
    for person, kind, _, at, id, channel in facts:
        if kind == "visit_started":
            key = survivor(str(person).replace("-", ""))
            visits[key] = min(visits.get(key, (at, id, channel)), (at, id, channel))
    return {key: found[2] for key, found in visits.items()}


def test_what_people_are_told_by_a_condition(simple: Db) -> None:
    for meaning in (
        lifecycle.meaning_of_stage("simple", "buyer", "keen"),
        lifecycle.meaning_of_stage("simple", "new"),
        lifecycle.meaning_of_flow("simple", "new", "warm", {"last": "30d"}),
        lifecycle.meaning_of_flow("simple", "", "warm", {"since": "2026-03-02T00:00:00Z"}),
    ):
        parse(meaning.condition)


def test_unknown_things_are_told(simple: Db) -> None:
    with pytest.raises(Missing, match="nothing"):
        lifecycle.picture(simple, "nothing")
    with pytest.raises(Missing, match="nothing"):
        journeys.figures(simple, "nothing")
    with pytest.raises(Invalid):
        lifecycle.people_in(simple, "simple", "new", after="x")


def test_the_map_shows_empty_cells_and_what_is_entered_by_hand(simple: Db) -> None:
    db = simple
    fair = Touchpoint("Fair", "simple", "new", "fair", date(2026, 3, 1), date(2026, 3, 10), 100, Decimal(50))
    number = map.save_touchpoint(db, fair, by="anna")
    found = map.journey_map(db, "simple", since=date(2026, 3, 1), until=date(2026, 3, 5))
    assert len(found.cells) == len(found.stages) * len(found.channels)
    cells = {(cell.stage, cell.channel): cell for cell in found.cells}
    assert (cells["new", "fair"].volume, cells["new", "fair"].cost) == (50, Decimal("25.00"))
    assert cells["warm", "email"].empty and not cells["warm", "email"].planned
    assert cells["buyer", "email"].empty and cells["buyer", "email"].journeys == ("thanks",)
    assert map.conformance(db, "simple").planned_unused == (("buyer", "email"),)
    changed = Touchpoint("Fair", "simple", "warm", "fair", date(2026, 3, 1), date(2026, 3, 10), 7, id=number)
    assert map.save_touchpoint(db, changed) == number
    assert map.touchpoints(db, "simple") == (changed,)
    assert map.remove_touchpoint(db, number) and not map.remove_touchpoint(db, number)
    with pytest.raises(Missing):
        map.save_touchpoint(db, changed)
    with pytest.raises(Invalid) as fault:
        map.save_touchpoint(db, Touchpoint("", "simple", "new", "fair", date(2026, 3, 1), date(2026, 3, 2)))
    assert fault.value.field == "name"


def test_a_journey_node_by_node(simple: Db) -> None:
    db = simple
    worker = make_worker(db)

    def say(*items: New) -> None:
        with db.transaction():
            log.append(db, items)
        worker.drain()

    consent = {"channel": "email", "action": "granted", "source": "form"}
    for person in (ANNA, BO):
        say(
            New(person, "identify", body={"traits": {"email": f"{person[:6]}@example.org"}}),
            New(person, "event", "Order Completed", {"properties": {"order_id": person, "total": 5}}),
        )
    say(New(ANNA, "consent", body=consent))
    tally(db)
    found = journeys.figures(db, "thanks")
    assert (found.entries, found.waiting, found.waiting_exact, found.live) == (2, 2, True, True)
    waiting = journeys.waiting_at(db, "thanks", "wait", limit=1)
    more = journeys.waiting_at(db, "thanks", "wait", limit=5, after=waiting.after)
    runs = (*waiting.runs, *more.runs)
    assert {run.person for run in runs} == {ANNA, BO} and more.after == ""
    assert all(run.due_at == run.since + 3 * DAY for run in runs)
    clock.move(db, 3 * DAY)
    worker.drain()
    tally(db)
    found = journeys.figures(db, "thanks")
    nodes = {node.node: node for node in found.nodes}
    assert (nodes["wait"].reached, nodes["wait"].passed, nodes["wait"].waiting) == (2, 2, 0)
    assert nodes["wait"].leads_to == {"mail": 2}
    assert nodes["mail"].sends == {"planned": 1, "blocked": 1}
    assert (nodes["mail"].passed, nodes["mail"].skipped) == (1, 1)
    assert found.versions[0].ends == {"completed": 2}
    line = journeys.overview(db)[0]
    assert (line.key, line.entries, line.ends) == ("thanks", 2, 2)


def test_a_made_up_half_year_answers_everything(db: Db) -> None:
    clock.freeze(db, BEGIN)
    found = [Definition(kind, key, document) for kind, key, document in documents("https://shop.example")]
    publish(db, found, zone=ZONE)
    worker = make_worker(db)
    last = BEGIN
    for step in list(tell(7, people=40, steps=50, events=15))[:-1]:
        clock.freeze(db, step.at)
        with db.transaction():
            log.append(db, step.inputs)
        worker.drain()
        last = step.at
    tally(db)
    assert last > BEGIN + 20 * DAY
    model = lifecycle.models(db)[0][0]
    picture = lifecycle.picture(db, model)
    rows = dict(
        db.execute("SELECT stage, count(*) FROM position WHERE model = %s GROUP BY 1", (model,)).fetchall()
    )
    assert {stage.key: stage.people for stage in picture.stages if stage.people} == rows
    whole = paths.narrowed(db, model, within_ms=10_000)
    assert {stage.key: stage.people.count for stage in whole.stages if stage.people.count} == rows
    channels = first_channels(db)
    stand = db.execute("SELECT person, stage FROM position WHERE model = %s", (model,)).fetchall()
    assert channels
    for channel in set(channels.values()):
        expected = Counter(stage for person, stage in stand if channels.get(str(person)) == channel)
        some = paths.narrowed(db, model, source=channel, within_ms=10_000)
        assert some.buckets == 256
        assert {one.key: one.people.count for one in some.stages if one.people.count} == expected
    first = home.home(db)
    assert first.people == picture.people
    assert {figure.key for figure in first.verbs} == {
        "engage", "capture", "prompt", "follow_up", "buy_again", "ambassadors", "turn_round"
    }  # fmt: skip
    assert all(len(figure.definition) > 15 for figure in (*first.verbs, *first.figures))
    assert "journey_quiet" not in {each.sort for each in first.attention}, "new is not quiet"
    clock.freeze(db, last + 12 * DAY)
    quiet = [each.count for each in home.home(db).attention if each.sort == "journey_quiet"]
    assert quiet and all(quiet), "it is told of those that somebody came into before"
    assert paths.paths(db, model).people
    for line in journeys.overview(db):
        told = journeys.figures(db, line.key)
        exact = db.execute("SELECT count(*) FROM run WHERE journey = %s", (line.key,)).fetchone()
        assert (told.waiting,) == exact
        assert sum(node.waiting for node in told.nodes) == told.waiting
    assert map.journey_map(db, model).cells
    assert isinstance(map.conformance(db, model).next, int)
