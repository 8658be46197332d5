"""The worker on a real database: inputs in, states, facts, intents and projections out, once."""

from typing import Any

import pytest

from slinga.engine import store
from slinga.engine.jobs import Definition, load, person_of, publish
from slinga.engine.worker import Sinks, Worker
from slinga.ingest import log
from slinga.ingest.model import New
from slinga.kernel.clock import DAY, HOUR, MINUTE, instant
from slinga.kernel.ids import person_key
from slinga.messages.model import Intent
from slinga.runtime import clock
from slinga.runtime.db import Db
from slinga.segments.store import drop_projection, save_projection

START = instant("2026-03-02T10:00:00Z")
ANNA = person_key("user", "anna")

WELCOME = {
    "key": "welcome",
    "name": "Welcome",
    "topic": "news",
    "trigger": {"on": "event", "name": "Signed Up"},
    "exit": {"op": "event", "name": "Order Completed", "window": {"since_entry": True}},
    "start": "hello",
    "nodes": {
        "hello": {"type": "send", "template": "hello", "next": "wait"},
        "wait": {"type": "wait", "for": "3d", "next": "again"},
        "again": {"type": "send", "template": "again"},
    },
}
BUYERS = {
    "key": "buyers",
    "name": "Buyers",
    "condition": {"op": "event", "name": "Order Completed", "window": {"last": "30d"}},
}


def template(key: str) -> Definition:
    document = {
        "key": key,
        "name": key,
        "class": "marketing",
        "topic": "news",
        "subject": "Hello",
        "body": {"html": "<p>Hello</p>"},
    }
    return Definition("template", key, document)


class Bench:
    """A worker and the intents it planned."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self.intents: list[Intent] = []
        clock.freeze(db, START)
        publish(
            db,
            [
                template("hello"),
                template("again"),
                Definition("journey", "welcome", WELCOME),
                Definition("segment", "buyers", BUYERS),
                Definition("policy", "policy", {"quiet_hours": "none"}),
            ],
            zone="Europe/Stockholm",
        )
        self.worker = self.another(db)

    def another(self, db: Db) -> Worker:
        def project(db: Db, people: Any, gone: Any) -> None:
            save_projection(db, people)
            drop_projection(db, gone)

        return Worker(db, load, Sinks(plan=lambda db, intents: self.intents.extend(intents), project=project))

    def say(self, *items: New) -> None:
        with self.db.transaction():
            log.append(self.db, items)
        self.worker.drain()

    def pass_(self, length: int) -> None:
        clock.move(self.db, length)
        self.worker.drain()

    def facts(self, person: str = ANNA) -> list[tuple[str, str]]:
        return [(fact.kind, fact.name) for fact in store.facts_of(self.db, person)]


@pytest.fixture
def bench(db: Db) -> Bench:
    return Bench(db)


def event(name: str, person: str = ANNA, **properties: Any) -> New:
    return New(person, "event", name, {"properties": properties})


def known(person: str = ANNA) -> list[New]:
    body = {"traits": {"email": "anna@example.org"}, "identifiers": [["user", "anna"]]}
    consent = {"channel": "email", "action": "granted", "source": "form"}
    return [New(person, "identify", body=body), New(person, "consent", body=consent)]


def test_an_event_starts_a_journey_that_sends_waits_and_sends_again(bench: Bench) -> None:
    bench.say(*known(), event("Signed Up"))
    assert [intent.template for intent in bench.intents] == ["hello"]
    bench.pass_(3 * DAY - 1)
    assert len(bench.intents) == 1
    bench.pass_(1)
    assert [(i.template, i.planned_at) for i in bench.intents] == [
        ("hello", START),
        ("again", START + 3 * DAY),
    ]
    person = person_of(bench.db, ANNA)
    assert person is not None and not person.runs


def test_a_purchase_during_the_wait_exits_at_once(bench: Bench) -> None:
    bench.say(*known(), event("Signed Up"))
    bench.pass_(DAY)
    bench.say(event("Order Completed", order_id="o1", total=10))
    assert ("run_ended", "welcome") in bench.facts()
    bench.pass_(10 * DAY)
    assert len(bench.intents) == 1


def test_a_window_ends_by_itself_at_the_exact_instant(bench: Bench) -> None:
    bench.say(event("Order Completed", order_id="o1", total=10))
    assert ("segment_entered", "buyers") in bench.facts()
    bench.pass_(30 * DAY)
    left = [fact for fact in store.facts_of(bench.db, ANNA) if fact.kind == "segment_left"]
    assert [fact.at for fact in left] == [START + 30 * DAY]


def test_projections_follow_and_nothing_is_left_to_do(bench: Bench) -> None:
    bench.say(*known(), event("Order Completed", order_id="o1", total=10))
    row = bench.db.execute("SELECT traits, identified, reachable FROM profile").fetchone()
    assert row == ({"email": "anna@example.org"}, True, ["email"])
    assert bench.db.execute("SELECT segment FROM membership").fetchall() == [("buyers",)]
    assert store.behind(bench.db) == 0
    assert bench.worker.tick().idle


def test_anonymous_history_joins_the_person_on_identify(bench: Bench) -> None:
    device = person_key("anonymous", "d1")
    bench.say(event("Order Completed", device, order_id="o1", total=10))
    bench.pass_(HOUR)
    bench.say(*known(), New(device, "merge", body={"other": ANNA, "why": "identify"}))
    person = person_of(bench.db, device)
    assert person is not None and person.key == ANNA
    assert "buyers" in person.members and person.profile.things["order"]["o1"]
    assert bench.db.execute("SELECT count(*) FROM profile").fetchone() == (1,)
    bench.say(event("Product Viewed", device, product_id="tea"))
    assert [item.name for item in log.history(bench.db, ANNA) if item.kind == "event"] == ["Product Viewed"]


def test_a_merge_never_fires_an_entry_again(bench: Bench) -> None:
    device = person_key("anonymous", "d1")
    bench.say(event("Signed Up", device))
    bench.say(*known(), New(device, "merge", body={"other": ANNA, "why": "identify"}))
    entered = [fact for person in (device, ANNA) for fact in bench.facts(person) if fact[0] == "run_entered"]
    assert entered == [("run_entered", "welcome")]


def test_a_newly_published_segment_knows_the_past(bench: Bench) -> None:
    bench.say(event("Order Completed", order_id="o1", total=10))
    bench.pass_(MINUTE)
    ever = {"key": "ever", "name": "Ever", "condition": {"op": "event", "name": "Order Completed"}}
    loyal = {
        **WELCOME,
        "key": "thanks",
        "trigger": {"on": "segment", "key": "ever"},
    }
    publish(bench.db, [Definition("segment", "ever", ever), Definition("journey", "thanks", loyal)])
    bench.worker.drain()
    person = person_of(bench.db, ANNA)
    assert person is not None and "ever" in person.members and person.program == 2
    assert not person.runs and not bench.intents


def test_a_crowd_of_inputs_of_one_person_is_applied_in_order(bench: Bench) -> None:
    bench.say(
        *[event("Page Viewed", path=f"/{n}") for n in range(1_000)],
        event("Signed Up", person_key("user", "b")),
    )
    person = person_of(bench.db, ANNA)
    assert person is not None and person.visits.current is not None and person.visits.current.pages == 1_000
    assert bench.db.execute("SELECT count(*) FROM parked").fetchone() == (0,)
    assert store.behind(bench.db) == 0


def test_what_comes_in_live_goes_before_an_import_and_a_broadcast(db: Db) -> None:
    bench = Bench(db)
    bulk, live = person_key("user", "bulk"), person_key("user", "live")
    assert bulk[:2] != live[:2], "two lanes"
    with db.transaction():
        log.append(
            db, [New(bulk, "history", "Order Completed", {}, source="import:orders", occurred_at=START)]
        )
        log.append(db, [New(live, "event", "Order Completed", {"properties": {}}, source="shop")])
    clock.freeze(db, START + MINUTE)
    with db.transaction(force_rollback=True):
        first = store.claim(db, START + MINUTE, 1, live_first=True)
    with db.transaction(force_rollback=True):
        longest = store.claim(db, START + MINUTE, 1, live_first=False)
    assert [one.bucket for one in first] == [int(live[:2], 16)]
    assert len(longest) == 1
    assert not bench.worker.drain().idle


def test_a_lane_of_which_more_waits_than_there_is_room_for_is_applied_in_order(db: Db) -> None:
    bench = Bench(db)
    bench.worker._pace.room = 16
    people = [person_key("user", f"p{n}") for n in range(40)]
    with db.transaction():
        log.append(
            db,
            [
                New(people[n % 40], "event", "Order Completed", {"properties": {"n": n}}, source="shop")
                for n in range(1000)
            ],
        )
    done = bench.worker.drain()
    assert done.inputs == 1000 and store.behind(db) == 0
    for key in people:
        person = person_of(db, key)
        assert person is not None and "buyers" in person.members
