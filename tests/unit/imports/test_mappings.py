"""Mapping documents: strict, described for editors, guessed from a header."""

import json

import pytest

from slinga.imports import mappings, parse
from slinga.imports.guess import guess
from slinga.imports.model import json_schema
from slinga.kernel.errors import Invalid


@pytest.mark.parametrize("name", mappings.NAMES)
def test_a_mapping_that_ships_is_one(name: str) -> None:
    assert parse(mappings.document(name)).name


@pytest.mark.parametrize(
    ("document", "field", "said"),
    [
        ({"kind": "peple", "person": {"email": "x"}}, "kind", "peple"),
        ({"kind": "people", "person": {}}, "person", "at least one column"),
        ({"kind": "people", "person": {"emial": "x"}}, "person", "emial"),
        ({"kind": "events", "person": {"email": "x"}, "event": "X"}, "mapping", "at"),
        (
            {"kind": "people", "person": {"email": "x"}, "consents": [{"channel": "email", "basis": "sure"}]},
            "consents.0.basis",
            "one of consent",
        ),
        (
            {"kind": "people", "person": {"email": "x"}, "csv": {"delimiter": ";;"}},
            "csv.delimiter",
            "one char",
        ),
        (
            {"kind": "people", "person": {"email": "x"}, "csv": {"encoding": "klingon"}},
            "csv.encoding",
            "klingon",
        ),
        (
            {
                "kind": "events",
                "person": {"email": "x"},
                "event": "X",
                "at": {"column": "t", "zone": "Mars/One"},
            },
            "at.zone",
            "Mars/One",
        ),
        ([], "mapping", "document"),
    ],
)
def test_a_faulty_mapping_names_field_and_remedy(document: object, field: str, said: str) -> None:
    with pytest.raises(Invalid) as fault:
        parse(document)
    assert fault.value.field == field and said in fault.value.message


def test_the_schema_names_every_kind_and_closes_every_object() -> None:
    schema = json_schema()
    json.dumps(schema)
    assert {"People", "Events", "Orders", "Consent", "When"} <= schema["$defs"].keys()
    assert all(
        d.get("additionalProperties") is False for d in schema["$defs"].values() if d.get("type") == "object"
    )


@pytest.mark.parametrize(
    ("header", "name", "person"),
    [
        (["E-mail", "First name", "Shoe size"], "people", {"email": "E-mail"}),
        (["order_id", "email", "date", "sku", "qty", "price"], "orders", {"email": "email"}),
        (["event", "timestamp", "userId"], "events", {"user": "userId"}),
        (
            ["timestamp", "visitorid", "event", "itemid", "transactionid"],
            "retailrocket",
            {"anonymous": "visitorid", "prefix": "rr-"},
        ),
        (["Invoice", "StockCode", "Customer ID"], "uci-retail", {"user": "Customer ID"}),
        (
            ["Member ID", "Email", "Opted_in_at"],
            "rule",
            {"email": "Email", "region": "SE", "external": {"rule": "Member ID"}},
        ),
        (["email", "User.FirstName", "city"], "rule", {"email": "email", "region": "SE"}),
        (["Email", "Klaviyo ID"], "klaviyo", {"email": "Email", "external": {"klaviyo": "Klaviyo ID"}}),
    ],
)
def test_a_header_tells_what_it_is(header: list[str], name: str, person: dict) -> None:
    found, document = guess(header)
    assert found == name and document["person"] == person


def test_what_is_guessed_fits_and_promises_nothing_that_the_file_does_not_say() -> None:
    _, document = guess(["email", "city", "consent"])
    parse(document)
    assert document["traits"] == {"city": "city"}
    assert [c["status"] for c in document["consents"]] == [{"column": "consent"}]
    _, bare = guess(["email", "consent_date"])
    assert "consents" not in bare and "suppress" not in bare
