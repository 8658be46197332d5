"""The description against the running application: no call gets a 5xx, every answer is as promised.

A few calls per route in CI; SLINGA_LONG=1 makes a hundred of each.
"""

import itertools
import json
import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core import NotSet
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from slinga.api.frame import Limit
from slinga.engine.jobs import Definition
from slinga.testing.world import World

LONG = os.environ.get("SLINGA_LONG") == "1"
EXAMPLES = 100 if LONG else 2
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
KNOWN = {
    "person": ["user:anna", "email:anna@example.org", "anonymous:tablet", "user:new"],
    "kind": ["segment", "journey", "template"],
    "key": ["vip", "manual", "spring", "receipt"],
    "tag": ["vip"],
    "type": ["vehicle"],
    "id": ["ABC123"],
    "number": ["1", "7"],
    "message": ["0" * 32],
}
"""What is there, so that calls come further than a 404."""
JOURNEY: dict[str, Any] = {
    "key": "manual",
    "name": "Manual",
    "trigger": {"on": "api"},
    "start": "tag",
    "nodes": {"tag": {"type": "tag", "name": "done"}},
}
SEGMENT: dict[str, Any] = {"key": "vip", "name": "VIP", "condition": {"op": "tag", "name": "vip"}}
RECEIPT: dict[str, Any] = {
    "key": "receipt",
    "name": "Receipt",
    "class": "transactional",
    "subject": "Order",
    "body": {"html": "<p>Thank you</p>"},
}
HOSTILE = [
    "'",
    '"',
    ";--",
    "%",
    "_",
    "\\",
    "' OR 1=1 --",
    "{}",
    "[]",
    "null",
    "../..",
    "٣",
    "\u202e",
    "a" * 300,
]


def prepare(world: World, client: Any) -> None:
    world.client.app.state.api_limit = Limit(1_000_000)
    world.publish(
        Definition("segment", "vip", SEGMENT),
        Definition("journey", "manual", JOURNEY),
        Definition("template", "receipt", RECEIPT),
    )
    world.known("anna")
    world.browse("tablet", "Product Viewed", user="anna", product_id="p1")
    document = {"key": "spring", "name": "Spring", "template": "receipt", "class": "transactional"}
    client.raw("POST", "/broadcasts", {"document": {**document, "audience": {"op": "everyone"}}})


def call(world: World, client: Any, case: Any) -> Any:
    """Make the call a case describes, over ASGI, with a good key."""
    headers = {name: str(value) for name, value in dict(case.headers or {}).items()}
    headers = {name: value for name, value in headers.items() if value.isascii() and value.isprintable()}
    headers |= {"Authorization": f"Bearer {client.secret}"}
    more: dict[str, Any] = {}
    if not isinstance(case.body, NotSet):
        more["content"] = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
        headers["Content-Type"] = "application/json"
    query = {name: value for name, value in dict(case.query or {}).items() if value is not None}
    return world.client.request(case.method, case.formatted_path, headers=headers, params=query, **more)


def test_no_call_breaks_anything_and_every_answer_is_as_described(client: Any, world: World) -> None:
    prepare(world, client)
    schema = schemathesis.openapi.from_dict(world.client.get("/api/openapi.json").json())
    seen: dict[int, int] = {}
    for found in schema.get_all_operations():
        one = found.ok()
        cases = st.one_of(
            one.as_strategy(generation_mode=GenerationMode.POSITIVE),
            one.as_strategy(generation_mode=GenerationMode.NEGATIVE)
            if one.query or one.body
            else one.as_strategy(generation_mode=GenerationMode.POSITIVE),
        )

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=not LONG,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, data=st.data())
        def run(case: Any, data: Any) -> None:
            known = dict(case.path_parameters or {})
            for name in known:
                if name in KNOWN and data.draw(st.integers(0, 3)):
                    known[name] = data.draw(st.sampled_from(KNOWN[name]))
            case.path_parameters = known
            answer = call(world, client, case)
            seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
            case.validate_response(answer, checks=CHECKS)

        run()
    assert seen.get(200) and seen.get(202) and seen.get(400), seen
    # What was accepted is applied: nothing that the door let in breaks the engine.
    world.settle()


def test_filters_never_reach_the_database_as_text(client: Any, world: World) -> None:
    """Metacharacters, lists and unknown names in every filter and place: no SQL error, only known columns."""
    prepare(world, client)
    document, turn = world.client.get("/api/openapi.json").json(), itertools.cycle(HOSTILE)
    for path, methods in document["paths"].items():
        one = methods.get("get")
        if one is None:
            continue
        names = [each["name"] for each in one["parameters"] if each["in"] == "query"]
        place = path.removeprefix("/api/v1")
        for name, values in KNOWN.items():
            place = place.replace(f"{{{name}}}", values[0])
        for name in [*names, "order", "sort[]", "filter[a][b]"]:
            for hostile in HOSTILE if LONG else [next(turn) for _ in range(3)]:
                answer = client.raw("GET", place, **{name: hostile})
                assert answer.status_code in (200, 400, 404, 409), (path, name, hostile, answer.text)
                assert name in names or answer.status_code == 400, (path, name)
