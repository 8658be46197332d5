"""Ways that nobody can take are found, and ways that somebody can take are left alone."""

from typing import Any

import pytest

from slinga.journeys.branches import dead_ways
from slinga.journeys.model import parse


def trait(cmp: str, value: Any, name: str = "country") -> dict[str, Any]:
    return {"op": "trait", "name": name, "cmp": cmp, "value": value}


def orders(cmp: str, value: float, **more: Any) -> dict[str, Any]:
    return {"op": "event", "name": "Order Completed", "cmp": cmp, "value": value, **more}


def stage(*names: str) -> dict[str, Any]:
    return {"op": "stage", "model": "m", "is": list(names)}


def both(*of: dict[str, Any]) -> dict[str, Any]:
    return {"op": "all", "of": list(of)}


def journey(*arms: dict[str, Any], otherwise: str | None = "b", **header: Any) -> dict[str, Any]:
    return {
        "key": "j",
        "name": "J",
        "trigger": {"on": "event", "name": "X"},
        "start": "choose",
        "nodes": {
            "choose": {
                "type": "branch",
                "arms": [{"when": w, "next": "a"} for w in arms],
                "otherwise": otherwise,
            },
            "a": {"type": "send", "template": "t"},
            "b": {"type": "exit"},
        },
        **header,
    }


ALIVE = [
    journey(trait("eq", "SE"), trait("eq", "NO")),
    journey(orders("ge", 3), orders("ge", 1)),
    journey(orders("eq", 0), orders("ge", 1, where=[{"prop": "total", "cmp": "ge", "value": 5}])),
    journey(trait("ge", 5, "age"), trait("lt", 5, "age")),
    journey(stage("p"), condition=stage("p", "q")),
    journey(
        {"op": "segment", "key": "s", "is": True}, {"op": "segment", "key": "s", "is": False}, otherwise=None
    ),
]
DEAD = [
    (journey(orders("ge", 1), orders("ge", 3)), "nodes.choose.arms.1.when"),
    (journey(both(orders("ge", 3), orders("lt", 2))), "nodes.choose.arms.0.when"),
    (journey(orders("lt", 0)), "nodes.choose.arms.0.when"),
    (journey(orders("ge", 1), orders("eq", 0)), "nodes.choose.otherwise"),
    (journey(orders("ge", 1), condition=orders("eq", 0)), "nodes.choose.arms.0.when"),
    (journey(both(trait("eq", "SE"), trait("ne", "SE"))), "nodes.choose.arms.0.when"),
    (journey(trait("exists", None), trait("eq", "SE")), "nodes.choose.arms.1.when"),
    (
        journey(both(trait("in", ["SE", "NO"]), trait("not_in", ["NO", "SE", "DK"]))),
        "nodes.choose.arms.0.when",
    ),
    (journey(stage("p"), condition=stage("q")), "nodes.choose.arms.0.when"),
    (journey(trait("eq", "SE"), exit=trait("eq", "SE")), "nodes.choose.arms.0.when"),
    (journey(condition=both(stage("p"), stage("q"))), "condition"),
    (journey(condition=stage("p"), exit=stage("p", "q")), "exit"),
    (journey(exit=both(orders("ge", 2), orders("eq", 1))), "exit"),
    (
        journey(
            both(
                {"op": "consent", "channel": "email", "topic": "news", "is": "granted"},
                {"op": "consent", "channel": "email", "topic": "news", "is": "withdrawn"},
            )
        ),
        "nodes.choose.arms.0.when",
    ),
]


def with_arms(document: dict[str, Any]) -> dict[str, Any]:
    choose = document["nodes"]["choose"]
    if not choose["arms"]:
        choose["arms"] = [{"when": {"op": "tag", "name": "any"}, "next": "a"}]
    return document


@pytest.mark.parametrize("document", ALIVE)
def test_what_somebody_can_take_is_left_alone(document: dict[str, Any]) -> None:
    assert dead_ways(parse(with_arms(document))) == []


@pytest.mark.parametrize(("document", "path"), DEAD)
def test_what_nobody_can_take_is_told(document: dict[str, Any], path: str) -> None:
    found = dead_ways(parse(with_arms(document)))
    assert (path, True) in [(each.path, each.sure) for each in found], found


def test_several_values_under_one_name_make_it_advice() -> None:
    (found,) = dead_ways(parse(journey(both(trait("eq", "SE"), trait("eq", "NO")))))
    assert not found.sure


def test_a_wait_makes_everything_possible_again() -> None:
    document = journey(trait("eq", "SE"))
    document["nodes"]["a"] = {"type": "wait", "for": "1d", "next": "again"}
    arm = {"when": trait("ne", "SE"), "next": "b"}
    document["nodes"]["again"] = {"type": "branch", "arms": [arm], "otherwise": "b"}
    assert dead_ways(parse(document)) == []
    document["nodes"]["choose"]["arms"][0]["next"] = "again"
    (found,) = dead_ways(parse(document))
    assert found.path == "nodes.again.arms.0.when"


def test_a_wait_for_what_never_comes() -> None:
    document = journey(trait("eq", "SE"), exit=orders("ge", 1))
    document["nodes"]["a"] = {
        "type": "wait",
        "until_condition": orders("ge", 2),
        "timeout": "3d",
        "next": "b",
        "on_timeout": "c",
    }
    document["nodes"]["c"] = {"type": "exit"}
    (found,) = dead_ways(parse(document))
    assert found.path == "nodes.a.until_condition"
