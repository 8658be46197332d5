"""One table for each node type: what it decides, when, and what it asks the engine to do."""

from zoneinfo import ZoneInfo

import msgspec
import pytest

from slinga.journeys import decision as d
from slinga.journeys.compiled import compile_journey
from slinga.journeys.model import parse
from slinga.journeys.node import Node, dig
from slinga.journeys.nodes import NODES
from slinga.journeys.schema import describe, json_schema
from slinga.kernel.clock import DAY, HOUR, MINUTE, instant, iso
from slinga.testing.walk import Walk

ZONE = ZoneInfo("Europe/Stockholm")
START = instant("2026-03-27T09:00:00Z")


def journey(nodes, *, start="a", extra=(), **header):
    nodes = {"done": {"type": "exit", "outcome": "end"}, **nodes}
    document = {
        "key": "j",
        "name": "J",
        "trigger": {"on": "event", "name": "Go"},
        "start": start,
        "nodes": nodes,
    }
    return compile_journey(parse({**document, **header}, extra=extra), version=1, zone=ZONE)


def walk(nodes, *, now=START, extra=(), header=None, **given):
    return Walk([journey(nodes, extra=extra, **(header or {}))], now=now, zone=ZONE, **given)


def outcomes(walked, node="a"):
    return [(f.outcome, f.at) for f in walked.facts if isinstance(f, d.Stepped) and f.node == node]


def left_at(walked, node="a"):
    return [iso(at) for _, at in outcomes(walked, node)]


# --- wait ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "went_on"),
    [
        ({"for": "3d"}, "2026-03-30T09:00:00.000Z"),
        ({"for": "1mo"}, "2026-04-27T08:00:00.000Z"),
        ({"until_time": "18:00"}, "2026-03-27T17:00:00.000Z"),
        ({"until_time": "10:00"}, "2026-03-28T09:00:00.000Z"),
        ({"until_time": "09:00"}, "2026-03-28T08:00:00.000Z"),
        ({"until_time": "09:00", "weekdays": [1]}, "2026-03-30T07:00:00.000Z"),
        ({"for": "1d", "until_time": "09:00"}, "2026-03-29T07:00:00.000Z"),
        ({"for": "1d", "until_time": "10:00"}, "2026-03-28T09:00:00.000Z"),
        # 29 March 2026 has no 02:30 in Stockholm: RFC 5545 takes the offset before the gap.
        ({"for": "30h", "until_time": "02:30"}, "2026-03-29T01:30:00.000Z"),
    ],
)
def test_wait_for_a_time(settings, went_on):
    walked = walk({"a": {"type": "wait", "next": "done", **settings}})
    walked.happen("Go")
    walked.let(40 * DAY)
    assert left_at(walked) == [went_on]


def test_the_hour_is_the_person_s_own_and_an_unknown_zone_is_the_workspace_s():
    for zone, expected in (("America/New_York", "22:00"), ("Mars/Crater", "17:00")):
        walked = walk({"a": {"type": "wait", "until_time": "18:00", "next": "done"}})
        walked.traits["timezone"] = zone
        walked.happen("Go")
        walked.let(2 * DAY)
        assert left_at(walked) == [f"2026-03-27T{expected}:00.000Z"]


def waiting(**given):
    return {
        "a": {"type": "wait", "timeout": "2d", "next": "done", "on_timeout": "late", **given},
        "late": {"type": "exit"},
    }


def test_wait_until_an_event_that_fits():
    event = {"name": "Paid", "where": [{"prop": "order_id", "value": {"trigger": "properties.order_id"}}]}
    walked = walk(waiting(until_event=event))
    walked.happen("Go", {"order_id": "7"})
    walked.happen("Paid", {"order_id": "8"}, after=HOUR)
    assert outcomes(walked) == []
    walked.happen("Paid", {"order_id": "7"}, after=HOUR)
    assert outcomes(walked) == [("event", START + 2 * HOUR)]


def test_the_time_out_has_its_own_exit():
    walked = walk(waiting(until_event={"name": "Paid"}))
    walked.happen("Go")
    walked.let(3 * DAY)
    assert outcomes(walked) == [("on_timeout", START + 2 * DAY)]
    assert outcomes(walked, "late") == [("exit", START + 2 * DAY)]


def test_wait_until_a_condition_that_becomes_true_by_time_alone():
    condition = {"op": "event", "name": "Go", "agg": "last", "cmp": "ge", "value": "90m"}
    walked = walk(waiting(until_condition=condition))
    walked.happen("Go")
    walked.let(DAY)
    assert outcomes(walked) == [("condition", START + 90 * MINUTE)]


def test_one_event_moves_a_run_one_wait():
    nodes = {
        "a": {"type": "wait", "until_event": {"name": "X"}, "timeout": "9d", "next": "b"},
        "b": {"type": "wait", "until_event": {"name": "X"}, "timeout": "9d", "next": "done"},
    }
    walked = walk(nodes)
    walked.happen("Go")
    walked.happen("X", after=HOUR)
    assert [run.node for run in walked.runs] == ["b"]
    walked.happen("X", after=HOUR)
    assert walked.runs == []


# --- branch and split ----------------------------------------------------------------------------


@pytest.mark.parametrize(("total", "way"), [(10, "otherwise"), (60, "some"), (200, "much")])
def test_branch_takes_the_first_that_holds(total, way):
    arms = [
        {
            "name": "much",
            "when": {"op": "trigger", "path": "properties.total", "cmp": "ge", "value": 100},
            "next": "done",
        },
        {
            "name": "some",
            "when": {"op": "trigger", "path": "properties.total", "cmp": "ge", "value": 50},
            "next": "done",
        },
    ]
    walked = walk({"a": {"type": "branch", "arms": arms, "otherwise": "done"}})
    walked.happen("Go", {"total": total})
    step = next(f for f in walked.facts if isinstance(f, d.Stepped))
    assert step.outcome == way
    assert step.witness


def split(*weights):
    arms = [
        {"key": key, "weight": weight, "next": "done"} for key, weight in zip("xyz", weights, strict=False)
    ]
    return {"a": {"type": "split", "arms": arms}}


def test_split_is_sticky_when_the_weights_change():
    before, after = journey(split(1, 1)), journey(split(0, 1))
    arms = {}
    for number in range(40):
        walked = Walk([before], now=START, person=f"p{number}")
        walked.happen("Go")
        arms[walked.person] = outcomes(walked)[0][0]
        walked.journeys["j"] = after
        walked.happen("Go", after=HOUR)
        assert outcomes(walked)[1][0] == arms[walked.person]
        new = Walk([after], now=START, person=f"new{number}")
        new.happen("Go")
        assert outcomes(new)[0][0] == "y"
    assert set(arms.values()) == {"x", "y"}


def test_split_follows_its_weights():
    compiled = journey(split(80, 10, 10))
    counts = {"x": 0, "y": 0, "z": 0}
    for number in range(1000):
        walked = Walk([compiled], now=START, person=f"p{number}")
        walked.happen("Go")
        counts[outcomes(walked)[0][0]] += 1
    assert 750 < counts["x"] < 850
    assert 70 < counts["y"] < 130


# --- send ----------------------------------------------------------------------------------------


def sending(**given):
    return {
        "a": {"type": "send", "template": "t", "next": "done", "on_drop": "dropped", **given},
        "dropped": {"type": "exit"},
    }


def deferring(until, outcome="planned"):
    def policy(request, now):
        if now < until:
            return d.Answer(ask=request.send_key, outcome="deferred", until=until, reason="quiet_hours")
        return d.Answer(ask=request.send_key, outcome=outcome, reason="no_consent")

    return policy


def test_send_carries_the_snapshot_and_its_own_values():
    walked = walk(
        sending(variables={"total": {"trigger": "properties.total"}, "who": {"trait": "name"}, "n": 1}),
        header={"topic": "news", "priority": 7, "quiet_hours": {"from": "22:00", "to": "08:00"}},
    )
    walked.traits["name"] = "Ada"
    walked.happen("Go", {"total": 12})
    request = walked.sent[0].request
    assert request.variables["trigger"]["properties"] == {"total": 12}
    assert (request.variables["total"], request.variables["who"], request.variables["n"]) == (12, "Ada", 1)
    assert (request.topic, request.priority, request.quiet_hours) == ("news", 7, "22:00-08:00")
    assert (request.journey, request.run, request.node) == ("j", walked.facts[0].run, "a")


def test_a_send_put_off_goes_when_its_time_comes():
    walked = walk(sending(), policy=deferring(START + 10 * HOUR))
    walked.happen("Go")
    walked.happen("Something Else", after=HOUR)
    walked.let(DAY)
    assert [sent.at for sent in walked.sent] == [START + 10 * HOUR]
    assert [outcome for outcome, _ in outcomes(walked)] == ["deferred", "planned"]


def test_a_send_put_off_meets_the_exit_again_right_before_it_goes():
    exit = {"op": "event", "name": "Order Completed", "window": {"since_entry": True}}
    walked = walk(sending(), policy=deferring(START + 10 * HOUR), header={"exit": exit})
    walked.happen("Go")
    walked.happen("Order Completed", after=9 * HOUR)
    walked.let(DAY)
    assert walked.sent == []
    assert [f.reason for f in walked.facts if isinstance(f, d.RunEnded)] == ["exit"]


def test_a_refused_send_takes_its_own_way():
    walked = walk(sending(), policy=deferring(START, "dropped"))
    walked.happen("Go")
    assert walked.sent == []
    assert outcomes(walked, "dropped") == [("exit", START)]


def test_a_send_put_off_too_long_is_dropped():
    walked = walk(sending(expires="1d"), policy=deferring(START + 10 * DAY))
    walked.happen("Go")
    walked.let(2 * DAY)
    assert outcomes(walked)[-1] == ("dropped", START + DAY)


# --- the rest ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "effect"),
    [
        (
            {"type": "set_trait", "name": "plan", "value": {"trigger": "properties.plan"}},
            d.SetTrait(name="plan", value="gold"),
        ),
        ({"type": "set_trait", "name": "plan"}, d.SetTrait(name="plan", value=None)),
        ({"type": "tag", "name": "vip"}, d.Tag(name="vip")),
        ({"type": "tag", "name": "vip", "remove": True}, d.Tag(name="vip", remove=True)),
        ({"type": "score", "name": "s", "points": -5}, d.AddScore(name="s", points=-5)),
        ({"type": "score", "name": "s", "set_to": 9}, d.AddScore(name="s", set_to=9)),
        ({"type": "start_journey", "journey": "k"}, d.StartJourney(key="k", properties={"plan": "gold"})),
        (
            {"type": "stop_journey", "journey": "k", "for_key": {"trigger": "properties.plan"}},
            d.StopJourney(key="k", for_key="gold"),
        ),
        (
            {
                "type": "webhook",
                "url": "https://example.org",
                "body": {"plan": {"trigger": "properties.plan"}},
            },
            d.Webhook(ask="", url="https://example.org", body={"plan": "gold"}),
        ),
        (
            {"type": "hand_over", "task": "Call", "within": "2d"},
            d.HandOver(task="", title="Call", due_at=START + 2 * DAY),
        ),
    ],
)
def test_effects(settings, effect):
    walked = walk({"a": {**settings, "next": "done"}})
    walked.happen("Go", {"plan": "gold"})
    got = msgspec.structs.replace(walked.effects[0], journey="", version=0, run="", node="")
    for name in ("ask", "task", "variables"):
        if hasattr(got, name):
            got = msgspec.structs.replace(got, **{name: getattr(effect, name)})
    assert got == effect
    assert outcomes(walked, "done") == [("end", START)]


def test_what_a_node_changed_is_seen_by_the_next():
    when = {"op": "trait", "name": "plan", "cmp": "eq", "value": "gold"}
    nodes = {
        "a": {"type": "set_trait", "name": "plan", "value": "gold", "next": "b"},
        "b": {"type": "branch", "arms": [{"name": "yes", "when": when, "next": "done"}]},
    }
    walked = walk(nodes)
    walked.happen("Go")
    assert outcomes(walked, "b") == [("yes", START)]


def test_a_webhook_s_answer_is_waited_for_no_longer_than_allowed():
    walked = walk(
        {
            "a": {
                "type": "webhook",
                "url": "https://example.org",
                "wait_for": "1h",
                "next": "done",
                "on_timeout": "late",
            },
            "late": {"type": "exit"},
        }
    )
    walked.happen("Go")
    assert len(walked.runs) == 1
    walked.let(2 * HOUR)
    assert outcomes(walked) == [("on_timeout", START + HOUR)]
    assert len(walked.effects) == 1


class Wish(Node, frozen=True, kw_only=True, tag="wish"):
    """An extension's own node."""

    what: str
    """What to wish for."""
    next: str | None = None

    def exits(self):
        return {"next": self.next}

    def step(self, here):
        return d.Goto(
            to=self.next, outcome="wished", effects=(d.Other(kind="wish", body={"what": self.what}),)
        )


def test_an_extension_adds_its_own_node_type():
    walked = walk({"a": {"type": "wish", "what": "snow", "next": "done"}}, extra=(Wish,))
    walked.happen("Go")
    assert walked.effects[0].body == {"what": "snow"}
    described = describe((Wish,))[-1]
    assert (described.type, described.help) == ("wish", "An extension's own node.")
    assert [(f.name, f.required, f.help) for f in described.fields if f.name == "what"] == [
        ("what", True, "What to wish for.")
    ]
    assert "Wish" in json_schema((Wish,))["$defs"]


def test_the_schema_knows_every_type_and_puts_conditions_in_their_place():
    schema = json_schema()
    for kind in NODES:
        assert schema["$defs"][kind.__name__]["properties"]["type"] == {"enum": [kind.__struct_config__.tag]}
    assert schema["$defs"]["Arm"]["properties"]["when"] == {"$ref": "#/$defs/Condition"}
    assert schema["$defs"]["Journey"]["properties"]["exit"] == {"$ref": "#/$defs/Condition"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("a.c", None),
        ("l.0.x", 1),
        ("l.9.x", None),
        ("l.x", [1, 2]),
        ("l.y", None),
        ("a.b.c", None),
    ],
)
def test_paths_into_the_trigger(path, value):
    assert dig({"a": {"b": 1}, "l": [{"x": 1}, {"x": 2}, 3]}, path) == value
