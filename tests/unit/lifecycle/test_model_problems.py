"""Advice on lifecycle models: what is legal and surely not meant."""

import copy

import pytest

from slinga.lifecycle import model, models, validate

EVERYONE = {"op": "everyone"}
BOUGHT = {"op": "event", "name": "Order Completed"}
BASE = {
    "key": "m",
    "name": "M",
    "stages": [
        {"key": "a", "name": "A", "side": "left"},
        {
            "key": "b",
            "name": "B",
            "side": "right",
            "enter": BOUGHT,
            "fall": [{"when": {"op": "not", "of": BOUGHT}, "to": "a"}],
        },
    ],
}


def found(change=lambda stages: None, **known):
    document = copy.deepcopy(BASE)
    change(document["stages"])
    return [(p.path, p.weight) for p in validate.problems(model.parse(document), known)]


@pytest.mark.parametrize("key", models.MODELS)
def test_what_ships_names_only_what_ships(key):
    known = {"score": models.SCORES, "segment": [], "model": []}
    errors = [p for p in validate.problems(model.parse(models.document(key)), known) if p.weight == "error"]
    assert errors == []


def test_a_good_model_has_no_problems():
    assert found() == []


def test_a_stage_that_nobody_leaves():
    assert found(lambda stages: stages[1].pop("fall")) == [("stages.1.fall", "warning")]


def test_a_status_that_nobody_gets():
    statuses = [{"key": "x", "name": "X", "enter": EVERYONE}, {"key": "y", "name": "Y", "enter": BOUGHT}]
    assert found(lambda stages: stages[1].update(statuses=statuses)) == [("stages.1.statuses.1", "error")]


def test_names_that_do_not_exist():
    def change(stages):
        stages[1]["enter"] = {"op": "score", "name": "gone", "cmp": "ge", "value": 1}
        stages[1]["strategy"] = {"start": ["hello"], "stop": ["gone"]}

    assert found(change, score=["responsiveness"], journey=["hello"]) == [
        ("stages.1.enter", "error"),
        ("stages.1.strategy.stop", "error"),
    ]
