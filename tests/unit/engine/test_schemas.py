"""The published JSON Schemas accept all that ships and refuse what is misspelt."""

import copy
from typing import Any

import jsonschema_rs
import pytest

from slinga.demo.definitions import documents
from slinga.engine import folder
from slinga.engine.schemas import DIALECT, schemas, texts
from slinga.journeys import shipped
from slinga.lifecycle import models
from slinga.messages import shipped as templates

SCHEMAS = schemas()
SHIPPED = [
    *(("journey", key, shipped.document(key)) for key in shipped.KEYS),
    *(("segment", key, shipped.document(key)) for key in shipped.SEGMENTS),
    *(("model", key, models.document(key)) for key in models.MODELS),
    *(("score", key, models.document(key)) for key in models.SCORES),
    *(("template", key, document) for key, document in templates.documents().items()),
    *documents("https://shop.example"),
]


@pytest.fixture(scope="module")
def validators() -> dict[str, Any]:
    return {kind: jsonschema_rs.validator_for(schema) for kind, schema in SCHEMAS.items()}


def test_there_is_one_for_each_kind_of_file() -> None:
    kinds = {*folder.FOLDERS.values(), *folder.SINGLE.values(), "migration", "workspace"}
    assert set(SCHEMAS) == kinds
    assert all(schema["$schema"] == DIALECT for schema in SCHEMAS.values())
    assert texts() == texts()


def test_all_that_ships_and_the_demo_conform(validators: dict[str, Any]) -> None:
    assert len(SHIPPED) > 80
    for kind, key, document in SHIPPED:
        errors = [str(each) for each in validators[kind].iter_errors(document)]
        assert errors == [], (kind, key, errors[:3])
        assert not list(validators[kind].iter_errors({**document, "$schema": "../schemas/x.json"}))


@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in SHIPPED}))
def test_a_misspelt_field_is_refused(validators: dict[str, Any], kind: str) -> None:
    document = next(document for each, _, document in SHIPPED if each == kind)
    assert list(validators[kind].iter_errors({**document, "colour": "red"}))


def test_conditions_and_nodes_are_checked_inside(validators: dict[str, Any]) -> None:
    journey = copy.deepcopy(shipped.document("cart-rescue"))
    journey["exit"]["quantifier"] = "nearly"
    assert list(validators["journey"].iter_errors(journey))
    journey = copy.deepcopy(shipped.document("cart-rescue"))
    journey["nodes"]["wait_2h"]["fro"] = "2h"
    assert list(validators["journey"].iter_errors(journey))


def test_fields_have_the_words_of_the_source() -> None:
    fields = SCHEMAS["journey"]["$defs"]["Journey"]["properties"]
    assert "pressure budget" in fields["priority"]["description"]
