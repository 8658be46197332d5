"""`advance`: pure, in order, bounded."""

from typing import Any

import msgspec
import pytest

from slinga.engine import advance as module
from slinga.engine.advance import advance, advance_many
from slinga.engine.model import Batch, Outcome, Person, Program, encode
from slinga.engine.program import Part, compile_program
from slinga.engine.settle import MOST_ROUNDS
from slinga.ingest.model import Input
from slinga.kernel.clock import DAY, HOUR, MINUTE, SECOND, instant
from slinga.kernel.ids import person_key

START = instant("2026-03-02T10:00:00Z")
ANNA, BO = person_key("user", "anna"), person_key("user", "bo")

BOUGHT = {"op": "event", "name": "Order Completed"}
BUYERS = {"key": "buyers", "name": "Buyers", "condition": {**BOUGHT, "window": {"last": "30d"}}}
LADDER = {
    "key": "ladder",
    "name": "Ladder",
    "stages": [
        {"key": "stranger", "name": "Stranger", "side": "left"},
        {
            "key": "buyer",
            "name": "Buyer",
            "side": "right",
            "enter": {"op": "segment", "key": "buyers", "is": True},
        },
    ],
}


def template(key: str) -> tuple[str, dict[str, Any]]:
    kept = {"class": "transactional", "subject": "Hello", "body": {"html": "<p>Hello</p>"}}
    return "template", {"key": key, "name": key, **kept}


def journey(
    key: str, trigger: dict[str, Any], nodes: dict[str, Any], **more: Any
) -> tuple[str, dict[str, Any]]:
    body = {"key": key, "name": key, "class": "transactional", "trigger": trigger}
    return "journey", {**body, "start": next(iter(nodes)), "nodes": nodes, **more}


def compiled(*found: tuple[str, dict[str, Any]]) -> Program:
    documents = {(kind, document.get("key", kind), 1): document for kind, document in found}
    return compile_program(1, "Europe/Stockholm", [Part(*name) for name in documents], documents)


class Log:
    """One person, input by input."""

    def __init__(self, program: Program, key: str = ANNA) -> None:
        self.program, self.person, self.seq = program, Person(key=key), 0

    def item(self, kind: str, name: str = "", at: int = 0, **body: Any) -> Input:
        self.seq += 1
        return Input(kind, START + at, seq=self.seq, name=name, body=body, occurred_at=START + at)

    def apply(self, kind: str, name: str = "", at: int = 0, **body: Any) -> Outcome:
        outcome = advance(self.person, self.item(kind, name, at, **body), self.program)
        self.person = outcome.person
        return outcome

    def known(self) -> None:
        self.apply("identify", traits={"email": "anna@example.org"}, identifiers=[["user", "anna"]])


def say(words: str) -> dict[str, Any]:
    return {"say": {"type": "send", "template": words}}


def everything() -> Program:
    return compiled(
        ("segment", BUYERS),
        ("model", LADDER),
        template("low"),
        template("high"),
        journey(
            "waiting",
            {"on": "event", "name": "Signed Up"},
            {"rest": {"type": "wait", "for": "9d"}},
            exit={"op": "segment", "key": "buyers", "is": True},
        ),
        journey("a-low", {"on": "segment", "key": "buyers"}, say("low"), priority=1),
        journey("b-high", {"on": "stage", "model": "ladder", "to": ["buyer"]}, say("high"), priority=9),
    )


def test_the_argument_is_untouched_and_the_same_input_gives_the_same_output() -> None:
    log = Log(everything())
    log.known()
    log.apply("event", "Signed Up")
    item = log.item("event", "Order Completed", MINUTE, properties={"order_id": "o1", "total": 5})
    before = encode(log.person)
    one, two = advance(log.person, item, log.program), advance(log.person, item, log.program)
    assert encode(log.person) == before
    assert msgspec.to_builtins(one) == msgspec.to_builtins(two)
    assert one.intents and encode(one.person) != before


def test_an_input_applied_before_is_skipped() -> None:
    log = Log(everything())
    item = log.item("event", "Order Completed", MINUTE, properties={"order_id": "o1"})
    once = advance(log.person, item, log.program)
    again = advance(once.person, item, log.program)
    assert not again.facts and encode(again.person) == encode(once.person)


def test_the_order_within_an_input_is_the_written_one() -> None:
    log = Log(everything())
    log.known()
    log.apply("event", "Signed Up")
    told = log.apply("event", "Order Completed", HOUR, properties={"order_id": "o1", "total": 5}).facts
    kinds = [(fact.kind, fact.name) for fact in told if fact.kind in ORDER]
    assert kinds == [
        ("segment_entered", "buyers"),
        ("stage_moved", "ladder"),
        ("run_ended", "waiting"),
        ("run_entered", "a-low"),
        ("run_entered", "b-high"),
        ("send_planned", "b-high"),
        ("run_ended", "b-high"),
        ("send_planned", "a-low"),
        ("run_ended", "a-low"),
    ]


ORDER = ("segment_entered", "stage_moved", "run_entered", "run_ended", "send_planned")


def test_wake_ups_apply_at_their_own_instants_before_the_input_and_lie_ahead_afterwards() -> None:
    log = Log(everything())
    log.apply("event", "Order Completed", properties={"order_id": "o1"})
    assert log.apply("event", "Page Viewed").wake_at == START + 30 * MINUTE  # the visit ends
    late = log.apply("event", "Page Viewed", 40 * DAY)
    assert [(f.kind, f.at - START) for f in late.facts if f.kind in ("visit_ended", "segment_left")] == [
        ("visit_ended", 30 * MINUTE),
        ("segment_left", 30 * DAY),
    ]
    for at in range(41 * DAY, 48 * DAY, 13 * HOUR):
        wake_at = log.apply("event", "Page Viewed", at).wake_at
        assert wake_at is None or wake_at > START + at


def test_journeys_that_start_each_other_are_cut_and_say_so() -> None:
    ping = {"start": {"type": "start_journey", "journey": "pong"}}
    pong = {"start": {"type": "start_journey", "journey": "ping"}}
    log = Log(
        compiled(
            journey("ping", {"on": "event", "name": "Go"}, ping, reentry="always"),
            journey("pong", {"on": "manual"}, pong, reentry="always"),
        )
    )
    outcome = log.apply("event", "Go")
    assert [f.body for f in outcome.facts if f.kind == "run_refused"] == [{"reason": "too_many_rounds"}]
    assert len([f for f in outcome.facts if f.kind == "run_entered"]) <= MOST_ROUNDS + 1
    assert not outcome.person.runs
    assert not [f for f in log.apply("event", "Page Viewed", MINUTE).facts if f.kind == "run_entered"]


def test_whatever_reaches_a_forwarder_goes_on_to_the_survivor_as_it_came() -> None:
    device = person_key("anonymous", "d1")
    log = Log(everything(), device)
    gone = log.apply("merge", other=ANNA, why="identify")
    assert gone.person.forward == ANNA and [new.kind for new in gone.appends] == ["handover"]
    passed = log.apply("event", "Order Completed", HOUR, properties={"order_id": "o1"})
    (new,) = passed.appends
    assert (new.person, new.kind, new.name, new.body) == (
        ANNA,
        "event",
        "Order Completed",
        {"properties": {"order_id": "o1"}},
    )
    assert new.occurred_at == START + HOUR and not passed.facts and passed.wake_at is None
    assert passed.person.seq == 2 and not passed.person.members
    assert not log.apply("merge", 2 * HOUR, other=ANNA, why="identify").appends


def test_a_robot_is_counted_logged_once_and_decided_about_again_the_day_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ROBOT", 50)
    log = Log(everything())
    told = [f for n in range(80) for f in log.apply("event", "Page Viewed", n * SECOND).facts]
    assert [(f.kind, f.body) for f in told if f.kind == "robot"] == [("robot", {"events": 50})]
    visit = log.person.visits.current
    assert visit is not None and visit.pages == 49 and log.person.events == 80 and log.person.seq == 80
    assert not log.apply("event", "Order Completed", HOUR, properties={"order_id": "o1"}).person.members
    assert log.apply("consent", at=HOUR, channel="email", action="granted", source="form").facts
    assert log.apply("event", "Order Completed", DAY, properties={"order_id": "o2"}).person.members


def test_inputs_in_one_batch_or_one_by_one_come_to_the_same() -> None:
    log = Log(everything())
    names = ("Page Viewed", "Signed Up", "Order Completed", "Page Viewed")
    items = [
        log.item("event", name, n * 9 * HOUR, properties={"order_id": str(n)}) for n, name in enumerate(names)
    ]
    alone, together, batch = Person(key=ANNA), Person(key=ANNA), Batch()
    facts = []
    for item in items:
        outcome = advance(alone, item, log.program)
        alone = outcome.person
        facts += outcome.facts
    advance_many(together, items, log.program, items[-1].at, batch)
    assert encode(alone) == encode(together) and facts == [one.fact for one in batch.facts]
