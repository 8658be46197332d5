"""Publishing while events stream in: the past counts at once, and nobody is written to because of it."""

import threading
import time
from collections import Counter
from typing import Any

from slinga.engine.jobs import Definition, person_of, publish
from slinga.ingest import log
from slinga.ingest.model import CLAIMED, New
from slinga.kernel.clock import DAY, instant
from slinga.kernel.ids import person_key
from slinga.loops import make_worker
from slinga.runtime import clock
from slinga.runtime.db import Db, connect
from slinga.testing.swarm import Swarm

START = instant("2026-03-02T10:00:00Z")
BUYERS = [person_key("user", f"buyer{n}") for n in range(60)]
OTHERS = [person_key("user", f"other{n}") for n in range(60)]
BOUGHT = {"op": "event", "name": "Order Completed"}


def template(key: str) -> Definition:
    kept = {"class": "transactional", "subject": "Hello", "body": {"html": "<p>Hello</p>"}}
    return Definition("template", key, {"key": key, "name": key, **kept})


def journey(
    key: str, trigger: dict[str, Any], nodes: dict[str, Any], *, existing: bool = False
) -> Definition:
    body = {"key": key, "name": key, "class": "transactional", "trigger": trigger}
    document = {**body, "start": next(iter(nodes)), "nodes": nodes}
    return Definition("journey", key, document, enter_existing=existing)


def segment(key: str, condition: dict[str, Any]) -> Definition:
    return Definition("segment", key, {"key": key, "name": key, "condition": condition})


def known(person: str) -> New:
    body = {"traits": {"email": f"{person}@example.org"}, "identifiers": [["user", person]]}
    return New(person, "identify", body=body)


def event(person: str, name: str, **properties: Any) -> New:
    return New(person, "event", name, {"properties": properties}, trust=CLAIMED)


def tour(words: str) -> Definition:
    nodes = {"rest": {"type": "wait", "for": "9d", "next": "say"}, "say": {"type": "send", "template": words}}
    return journey("tour", {"on": "event", "name": "Tour Begun"}, nodes)


class Stream(threading.Thread):
    """Page views of everybody, again and again, until told to end."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.ended, self.rounds = url, threading.Event(), 0

    def run(self) -> None:
        with connect(self.url) as db:
            while not self.ended.wait(0.02):
                with db.transaction():
                    part = (BUYERS + OTHERS)[self.rounds % 4 :: 4]
                    log.append(db, [event(person, "Page Viewed", path="/") for person in part])
                self.rounds += 1


def test_publishing_under_live_traffic(db: Db, database_url: str) -> None:
    clock.freeze(db, START)
    publish(db, [template(key) for key in ("old", "new", "nudge", "thanks")], zone="Europe/Stockholm")
    publish(db, [tour("old"), segment("anybody", {"op": "everyone"})])
    with db.transaction():
        people = BUYERS + OTHERS
        log.append(db, [known(p) for p in people] + [event(p, "Tour Begun") for p in people])
        log.append(db, [event(person, "Order Completed", order_id=person) for person in BUYERS])
    make_worker(db).drain()
    clock.move(db, DAY)
    stream = Stream(database_url)
    with Swarm(database_url, 2, kill_from=3600, kill_to=3600) as swarm:
        stream.start()
        until(lambda: stream.rounds > 5)
        say = {"say": {"type": "send", "template": "nudge"}}
        thank = {"say": {"type": "send", "template": "thanks"}}
        publish(
            db,
            [
                segment("never", {**BOUGHT, "cmp": "eq", "value": 0}),
                segment("ever", BOUGHT),
                journey("nudge", {"on": "segment", "key": "never"}, say),
                journey(
                    "welcome-back",
                    {"on": "segment", "key": "ever"},
                    {"say": {"type": "send", "template": "nudge"}},
                ),
                tour("new"),
            ],
        )
        at = stream.rounds
        until(lambda: stream.rounds > at + 5)
        publish(db, [journey("thanks", {"on": "segment", "key": "ever"}, thank, existing=True)])
        at = stream.rounds
        until(lambda: stream.rounds > at + 5)
        stream.ended.set()
        stream.join()
    assert not swarm.fault
    worker = make_worker(db)
    worker.drain()

    assert sends(db) == {("thanks", person): 1 for person in BUYERS}
    programs = db.execute("SELECT program, count(*) FROM person GROUP BY 1").fetchall()
    assert programs == [(4, len(people))]
    adopted = db.execute(
        "SELECT name, person, count(*) FROM fact WHERE kind = 'program_adopted' GROUP BY 1, 2"
    )
    assert {row[2] for row in adopted} == {1}
    for person in (BUYERS[0], OTHERS[0]):
        state = person_of(db, person)
        assert state is not None and [run.version for run in state.runs] == [1]
        assert ("ever" in state.members, "never" in state.members) == (person in BUYERS, person in OTHERS)

    late = person_key("user", "late")
    with db.transaction():
        log.append(
            db, [known(late), event(late, "Tour Begun"), event(OTHERS[0], "Order Completed", order_id="o")]
        )
    worker.drain()
    assert sends(db)["nudge", late] == 1 and sends(db)["nudge", OTHERS[0]] == 1
    assert sends(db)["thanks", OTHERS[0]] == 1
    clock.move(db, 10 * DAY)
    worker.drain()
    told = sends(db)
    assert [key for key in told if key[0] == "new"] == [("new", late)]
    assert {person for words, person in told if words == "old"} == set(people)
    assert set(told.values()) == {1}


def sends(db: Db) -> Counter[tuple[str, str]]:
    return Counter(db.execute("SELECT template, person FROM message").fetchall())


def until(done: Any, patience_s: float = 60) -> None:
    give_up = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < give_up
        time.sleep(0.01)
