"""Who gets in: triggers of every kind, re-entry, holdout, keys, dates, and the reason why not."""

from zoneinfo import ZoneInfo

import pytest

from slinga.ingest.model import Input
from slinga.journeys import decision as d
from slinga.journeys import migrate, runs
from slinga.journeys.compiled import compile_journey
from slinga.journeys.entries import Requested, SegmentChanged, enter, triggered
from slinga.journeys.model import parse
from slinga.journeys.runs import JourneyMemory
from slinga.kernel.clock import DAY, HOUR, SECOND, instant, iso
from slinga.kernel.errors import Invalid
from slinga.lifecycle.model import Move
from slinga.lifecycle.scores import ScoreChanged
from slinga.testing.walk import Walk

ZONE = ZoneInfo("Europe/Stockholm")
START = instant("2026-03-02T09:00:00Z")
WAIT = {"a": {"type": "wait", "for": "10d", "next": "b"}, "b": {"type": "exit"}}
SEND = {"a": {"type": "send", "template": "t", "next": "b"}, "b": {"type": "exit"}}


def journey(nodes=WAIT, *, version=1, live_from=0, **header):
    document = {
        "key": "j",
        "name": "J",
        "trigger": {"on": "event", "name": "Go"},
        "start": "a",
        "nodes": nodes,
    }
    return compile_journey(parse({**document, **header}), version=version, zone=ZONE, live_from=live_from)


def walk(nodes=WAIT, *, live_from=0, person="0102", **header):
    return Walk([journey(nodes, live_from=live_from, **header)], now=START, zone=ZONE, person=person)


def entered(walked):
    return [f.at for f in walked.facts if isinstance(f, d.RunEntered)]


def refused(walked):
    return [f.reason for f in walked.facts if isinstance(f, d.EntryRefused)]


def test_a_trigger_lets_in_once_while_inside():
    walked = walk()
    walked.happen("Other")
    walked.happen("Go")
    walked.happen("Go", after=SECOND)
    assert entered(walked) == [START]
    assert refused(walked) == ["already_inside"]


def test_re_entry_twice_in_a_second():
    walked = walk(SEND, reentry={"every": "3d"})
    walked.happen("Go")
    walked.happen("Go", after=SECOND // 2)
    assert len(walked.sent) == 1
    assert refused(walked) == ["reentry"]
    walked.happen("Go", after=3 * DAY - SECOND // 2)
    assert len(walked.sent) == 2


def test_once_is_once_and_always_is_always():
    once, always = walk(SEND, reentry="once"), walk(SEND)
    for walked in (once, always):
        for _ in range(3):
            walked.happen("Go", after=DAY)
    assert (len(once.sent), len(always.sent)) == (1, 3)
    assert len({sent.request.send_key for sent in always.sent}) == 3


def test_once_is_for_each_thing():
    walked = walk(SEND, reentry="once", key_by="properties.order_id")
    for order in ("1", "2", "1"):
        walked.happen("Go", {"order_id": order})
    assert len(walked.sent) == 2
    walked.happen("Go", {})
    assert refused(walked) == ["reentry", "no_key"]


def test_carts_do_not_disturb_each_other():
    walked = walk(key_by="properties.cart_id", restart_on_trigger=True)
    walked.happen("Go", {"cart_id": "1"})
    walked.happen("Go", {"cart_id": "2"}, after=HOUR)
    walked.happen("Go", {"cart_id": "1"}, after=HOUR)
    assert sorted((run.key, run.since - START) for run in walked.runs) == [("1", 2 * HOUR), ("2", HOUR)]


def test_the_condition_is_asked_at_entry_and_says_why_not():
    walked = walk(condition={"op": "identified"})
    walked.identified = False
    walked.happen("Go")
    assert refused(walked) == ["condition"]
    assert walked.facts[-1].witness
    walked.identified = True
    walked.happen("Go")
    assert len(entered(walked)) == 1


def test_an_old_event_and_a_history_start_nothing():
    walked = walk()
    walked.happen("Go", kind="history")
    assert walked.facts == []
    old = Input(kind="event", at=START, name="Go", occurred_at=START - 25 * HOUR)
    walked.apply(old)
    assert refused(walked) == ["too_old"]
    walked.apply(Input(kind="event", at=START, name="Go", occurred_at=START - 23 * HOUR))
    assert len(entered(walked)) == 1


def test_a_holdout_is_a_share_of_people_for_good():
    held = 0
    for number in range(400):
        walked = walk(SEND, holdout=0.25, person=f"p{number}")
        walked.happen("Go")
        walked.happen("Go", after=DAY)
        facts = [type(f) for f in walked.facts]
        assert (d.HeldOut in facts) == (d.RunEntered not in facts), "in or out, never both"
        held += not walked.sent
    assert 70 < held < 130


def test_a_holdout_stays_when_its_share_changes():
    for number in range(50):
        walked = walk(SEND, holdout=0.5, person=f"p{number}")
        walked.happen("Go")
        out = not walked.sent
        walked.journeys["j"] = journey(SEND, holdout=0.0 if out else 0.99)
        walked.happen("Go", after=DAY)
        assert len(walked.sent) == (0 if out else 2)


def visit(name, properties):
    return Input(kind="event", at=0, name=name, body={"properties": properties})


def test_what_happened_since_entry_begins_after_the_trigger():
    exit = {"op": "event", "name": "Go", "window": {"since_entry": True}}
    walked = walk(exit=exit)
    walked.happen("Go")
    assert len(walked.runs) == 1
    walked.happen("Go", after=HOUR)
    assert [f.reason for f in walked.facts if isinstance(f, d.RunEnded)] == ["exit"]
    assert len(entered(walked)) == 2, "exits come before entries"


@pytest.mark.parametrize(
    ("trigger", "happening", "yes"),
    [
        ({"on": "segment", "key": "vip"}, SegmentChanged(key="vip", entered=True), True),
        ({"on": "segment", "key": "vip"}, SegmentChanged(key="vip", entered=False), False),
        ({"on": "segment", "key": "vip", "change": "left"}, SegmentChanged(key="vip", entered=False), True),
        ({"on": "segment", "key": "vip"}, SegmentChanged(key="new", entered=True), False),
        ({"on": "score", "name": "s", "change": "fell_below", "value": 30}, (31, 29), True),
        ({"on": "score", "name": "s", "change": "fell_below", "value": 30}, (31, 30), False),
        ({"on": "score", "name": "s", "change": "fell_below", "value": 30}, (30, 29), True),
        ({"on": "score", "name": "s", "change": "fell_below", "value": 30}, (29, 28), False),
        ({"on": "score", "name": "s", "change": "rose_above", "value": 30}, (30, 31), True),
        ({"on": "stage", "model": "m"}, ("a", "b"), True),
        ({"on": "stage", "model": "other"}, ("a", "b"), False),
        ({"on": "stage", "model": "m", "to": ["b"], "from": ["a"]}, ("a", "b"), True),
        ({"on": "stage", "model": "m", "to": ["a"]}, ("a", "b"), False),
        ({"on": "stage", "model": "m", "direction": "back"}, ("a", "b"), False),
        ({"on": "stage", "model": "m"}, ("a", "a"), False),
        ({"on": "status", "model": "m", "to": ["risk"]}, ("a", "a"), True),
        ({"on": "status", "model": "m", "to": ["fine"]}, ("a", "a"), False),
        ({"on": "manual"}, Requested(journey="j", by="manual"), True),
        ({"on": "api"}, Requested(journey="other", by="api"), False),
        ({"on": "visit", "phase": "first"}, visit("Visit Started", {"number": 1, "first": True}), True),
        ({"on": "visit", "phase": "first"}, visit("Visit Started", {"number": 2, "first": False}), False),
        ({"on": "visit", "phase": "in_visit"}, Input(kind="event", at=0, name="Visit Started"), True),
        ({"on": "visit", "phase": "left_with_cart"}, visit("Visit Ended", {"cart_open": True}), True),
        ({"on": "visit", "phase": "left_with_cart"}, visit("Visit Ended", {"cart_open": False}), False),
        ({"on": "event", "name": "A", "also": ["B"]}, Input(kind="event", at=0, name="B"), True),
    ],
)  # fmt: skip
def test_triggers(trigger, happening, yes):
    compiled = journey(trigger=trigger)
    if isinstance(happening, tuple) and isinstance(happening[0], int):
        happening = ScoreChanged(name="s", before=happening[0], after=happening[1], at=0)
    elif isinstance(happening, tuple):
        before, after = happening
        happening = Move(
            model="m",
            at=0,
            from_stage=before,
            to_stage=after,
            from_status="fine",
            to_status="risk",
            cause="enter",
        )
    assert triggered(compiled, happening) is yes


def test_a_request_lets_in_whatever_the_trigger():
    walked = walk()
    result = enter(
        walked.journeys["j"],
        JourneyMemory(),
        [],
        Requested(journey="j", by="api", properties={"a": 1}),
        walked,
        person="p",
    )
    assert result.run is not None
    assert result.run.trigger["properties"] == {"a": 1}


# --- dates and schedules -------------------------------------------------------------------------


MONDAYS = [
    f"2026-{day}T0{hour}:00:00.000Z"
    for day, hour in (("03-09", 7), ("03-16", 7), ("03-23", 7), ("03-30", 6), ("04-06", 6), ("04-13", 6))
] + ["2026-04-20T06:00:00.000Z", "2026-04-27T06:00:00.000Z"]
MONTHS_ENDS = ["2026-03-31T07:00:00.000Z", "2026-04-30T07:00:00.000Z"]


def sent_at(walked):
    return [iso(sent.at) for sent in walked.sent]


@pytest.mark.parametrize(
    ("trigger", "times"),
    [
        ({"on": "date", "trait": "on", "at": "09:00"}, ["2026-03-29T07:00:00.000Z"]),
        ({"on": "date", "trait": "on", "at": "02:30"}, ["2026-03-29T01:30:00.000Z"]),
        ({"on": "date", "trait": "on", "offset": "-7d"}, ["2026-03-22T08:00:00.000Z"]),
        ({"on": "date", "trait": "on", "offset": "-1mo"}, []),
        ({"on": "date", "trait": "on", "offset": "1mo"}, ["2026-04-29T07:00:00.000Z"]),
        ({"on": "date", "trait": "missing"}, []),
        ({"on": "schedule", "at": "2026-03-05T12:00:00+01:00"}, ["2026-03-05T11:00:00.000Z"]),
        ({"on": "schedule", "every": {"weekdays": [1], "at": "08:00"}}, MONDAYS),
        ({"on": "schedule", "every": {"monthdays": [31]}}, MONTHS_ENDS),
        ({"on": "schedule", "every": {"dates": ["04-01"]}}, ["2026-04-01T07:00:00.000Z"]),
    ],
)  # fmt: skip
def test_dated_triggers_fall_due_exactly(trigger, times):
    walked = walk(SEND, trigger=trigger)
    walked.traits["on"] = "2026-03-29"
    walked.until(instant("2026-05-01T00:00:00Z"))
    assert sent_at(walked) == times


def test_publishing_never_mails_this_morning_s_birthdays():
    trigger = {"on": "date", "trait": "on", "at": "09:00"}
    early, late = (walk(SEND, trigger=trigger, live_from=at) for at in (START - 2 * HOUR, START))
    for walked in (early, late):
        walked.traits["on"] = "2026-03-02"
        walked.let(DAY)
    assert (len(early.sent), len(late.sent)) == (1, 0)


def test_a_date_that_is_long_past_starts_nothing():
    walked = walk(SEND, trigger={"on": "date", "trait": "on"})
    walked.traits["on"] = "2026-02-27"
    walked.let(30 * DAY)
    assert walked.sent == []


def test_one_run_for_each_thing_and_its_own_date():
    walked = walk(WAIT, trigger={"on": "thing_date", "type": "car", "attr": "ends_on", "offset": "-1d"})
    walked.owned["car"] = [
        {"id": key, "updated_at": 0, "attributes": {"ends_on": day}}
        for key, day in (("a", "2026-03-06"), ("b", "2026-03-05"))
    ]
    walked.let(5 * DAY)
    assert [run.key for run in walked.runs] == ["b", "a"]
    assert walked.runs[0].trigger["thing"]["attributes"] == {"ends_on": "2026-03-05"}
    walked.owned["car"].pop()
    walked.let(HOUR)
    assert [f.reason for f in walked.facts if isinstance(f, d.RunEnded)] == ["moved"]


# --- between journeys, loops, migration ----------------------------------------------------------


def test_a_journey_starts_and_stops_another():
    nodes = {
        "a": {"type": "start_journey", "journey": "k", "next": "w"},
        "w": {"type": "wait", "for": "1d", "next": "s"},
        "s": {"type": "stop_journey", "journey": "k"},
    }
    other = parse({"key": "k", "name": "K", "trigger": {"on": "manual"}, "start": "a", "nodes": WAIT})
    walked = Walk([journey(nodes), compile_journey(other, version=1, zone=ZONE)], now=START, zone=ZONE)
    walked.happen("Go", {"x": 1})
    assert sorted(run.journey for run in walked.runs) == ["j", "k"]
    walked.let(2 * DAY)
    assert walked.runs == []
    assert [(f.journey, f.reason) for f in walked.facts if isinstance(f, d.RunEnded)] == [
        ("j", "completed"),
        ("k", "stopped"),
    ]


def test_a_loop_without_a_wait_is_cut():
    walked = walk(
        {"a": {"type": "tag", "name": "x", "next": "b"}, "b": {"type": "tag", "name": "y", "next": "a"}}
    )
    walked.happen("Go")
    assert walked.runs == []
    assert walked.facts[-1].reason == "loop"


def test_a_loop_with_a_wait_sends_under_a_new_key_each_time():
    nodes = {
        "a": {"type": "send", "template": "t", "next": "b"},
        "b": {"type": "wait", "for": "1d", "next": "a"},
    }
    walked = walk(nodes)
    walked.happen("Go")
    walked.let(5 * DAY)
    assert len(walked.sent) == 6
    assert len({sent.request.send_key for sent in walked.sent}) == 6


OLD = {"a": {"type": "wait", "for": "10d", "next": "m"}, "m": {"type": "send", "template": "t"}}
NEW = {"a": {"type": "wait", "for": "2d", "next": "m"}, "m": {"type": "send", "template": "u"}}


@pytest.mark.parametrize(("reschedule", "expected"), [(False, 10), (True, 5)])
def test_shortening_a_wait_reschedules_only_when_asked(reschedule, expected):
    walked = walk(OLD)
    walked.happen("Go")
    walked.let(5 * DAY)
    old, new = walked.journeys["j"], journey(NEW, version=2)
    mapping = migrate.parse({"reschedule": reschedule})
    moved, facts = migrate.migrate_run(old, new, walked.runs[0], mapping, walked)
    assert (facts[0].from_version, facts[0].version) == (1, 2)
    walked.runs, walked.journeys["j"] = [moved], new
    walked.let(10 * DAY)
    assert [(sent.request.template, (sent.at - START) / DAY) for sent in walked.sent] == [("u", expected)]


def test_migration_accounts_for_everybody():
    old, new = (
        journey(OLD),
        journey({"x": {"type": "wait", "for": "2d", "next": "m"}, "m": NEW["m"]}, start="x", version=2),
    )
    with pytest.raises(Invalid) as fault:
        migrate.plan(old.journey, new.journey, migrate.parse({}))
    assert fault.value.field == "migrate.nodes.a"
    plan = migrate.plan(old.journey, new.journey, migrate.parse({"nodes": {"a": "x"}}))
    assert [(step.node, step.to, step.deadline) for step in plan] == [("a", "x", "kept"), ("m", "m", "none")]
    with pytest.raises(Invalid):
        migrate.parse({"nods": {}})
    walked = walk(OLD)
    walked.happen("Go")
    moved, facts = migrate.migrate_run(old, new, walked.runs[0], {"nodes": {"a": None}}, walked)
    assert (moved, facts[0].reason) == (None, "removed")


def test_an_answer_that_nobody_waits_for_changes_nothing():
    walked = walk()
    walked.happen("Go")
    before = walked.runs[0]
    answer = d.Answer(ask="unknown", outcome="planned")
    result = runs.answer_run(walked.journeys["j"], JourneyMemory(), before, answer, walked, person="p")
    assert (result.run, result.facts, result.effects) == (before, (), ())
