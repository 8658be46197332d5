"""People over the admin API: found by any identifier, read, changed by inputs, followed."""

from typing import Any

import pytest

from slinga.engine.jobs import Definition
from slinga.kernel.ids import person_key
from slinga.testing.world import World

LATER = "2999-01-01T00:00:00Z"
MODEL: dict[str, Any] = {
    "key": "loop",
    "name": "Loop",
    "stages": [
        {"key": "new", "name": "New", "side": "left", "enter": {"op": "everyone"}},
        {"key": "vip", "name": "Vip", "side": "right", "enter": {"op": "tag", "name": "gold"}},
    ],
}
JOURNEY: dict[str, Any] = {
    "key": "manual",
    "name": "Manual",
    "trigger": {"on": "manual"},
    "start": "rest",
    "nodes": {"rest": {"type": "wait", "for": "3d", "next": "tag"}, "tag": {"type": "tag", "name": "done"}},
}


@pytest.fixture
def anna(world: World) -> str:
    world.browse("tablet-1", "Product Viewed", product_id="p1")
    world.browse("tablet-1", "Product Viewed", user="anna", product_id="p2")
    world.known("anna", phone="+46701234567")
    return person_key("user", "anna")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("userId", "anna"),
        ("email", "Anna@Example.org"),
        ("phone", "+46 70 123 45 67"),
        ("anonymousId", "tablet-1"),
        ("key", person_key("user", "anna")),
        ("key", person_key("anonymous", "tablet-1")),
    ],
)
def test_any_identifier_finds_the_person_whom_it_became(
    client: Any, anna: str, name: str, value: str
) -> None:
    (found,) = client("GET", "/people", **{name: value})["people"]
    assert found["key"] == anna
    assert found["traits"]["email"] == "anna@example.org"


def test_nobody_is_an_empty_list_and_a_wrong_identifier_names_the_field(client: Any) -> None:
    assert client("GET", "/people", userId="nobody") == {"people": [], "next": ""}
    wrong = client("GET", "/people", status=400, email="no address")
    assert (wrong["error"], wrong["field"]) == ("invalid", "email")
    assert client("GET", "/people/user:nobody", status=404)["error"] == "missing"
    assert client("GET", "/people", status=400, order="1; DROP TABLE person")["field"] == "order"


def test_pages_show_everybody_once(client: Any, world: World) -> None:
    for n in range(7):
        world.identify(f"u{n}", plan="gold" if n % 2 else "tin")
    seen, cursor = [], ""
    while True:
        page = client("GET", "/people", limit=3, cursor=cursor)
        seen += [each["key"] for each in page["people"]]
        if not (cursor := page["next"]):
            break
    assert len(seen) == len(set(seen)) == 7
    assert client("GET", "/people", status=400, cursor="zzz")["field"] == "cursor"


def test_a_person_is_told_whole(client: Any, world: World, anna: str) -> None:
    world.publish(
        Definition("model", "loop", MODEL),
        Definition("journey", "manual", JOURNEY),
        Definition("segment", "known", {"key": "known", "name": "Known", "condition": {"op": "identified"}}),
    )
    client.write("PUT", "/people/user:anna/journeys/manual", {"properties": {"why": "test"}})
    client.write("PUT", "/people/user:anna/tags/gold")
    found = client("GET", "/people/email:anna@example.org")
    assert found["key"] == anna
    assert found["identifiers"]["email"] == ["anna@example.org"]
    assert person_key("anonymous", "tablet-1") in found["merged"]
    assert found["traits"]["email"]["trust"] == 2
    assert found["stages"]["loop"]["stage"] == "vip"
    assert list(found["segments"]) == ["known"]
    (run,) = found["journeys"]
    assert (run["journey"], run["node"], run["nextAt"]) == ("manual", "rest", "2026-03-05T09:00:00Z")
    assert {"channel": "email", "topic": "", "state": "granted"} in found["consents"]
    people = client("GET", "/people", model="loop", stage="vip", segment="known", tag="gold")["people"]
    assert [each["key"] for each in people] == [anna]
    assert client("GET", "/people", model="loop", stage="new")["people"] == []
    client.write("DELETE", "/people/user:anna/journeys/manual")
    assert client("GET", "/people/user:anna")["journeys"] == []


def test_changes_are_inputs_in_the_log(client: Any, world: World, anna: str) -> None:
    client.write(
        "POST",
        "/people/user:anna/events",
        {"name": "Order Completed", "properties": {"order_id": "o1", "total": 10}, "messageId": "e1"},
    )
    client.write(
        "POST",
        "/people/user:anna/events",
        {"name": "Order Completed", "properties": {"order_id": "o1", "total": 10}, "messageId": "e1"},
    )
    client.write("PATCH", "/people/user:anna/traits", {"traits": {"plan": "gold", "phone": None}})
    client.write(
        "POST",
        "/people/user:anna/consents",
        {"channel": "sms", "action": "granted", "source": "form", "evidence": {"wording_id": "w1"}},
    )
    found = client("GET", "/people/user:anna")
    assert found["traits"]["plan"]["value"] == "gold"
    assert "phone" not in found["traits"]
    kinds = [(each["kind"], each["name"]) for each in client("GET", "/people/user:anna/timeline")["timeline"]]
    assert kinds.count(("event", "Order Completed")) == 1
    proof = client("GET", "/people/user:anna/consents")
    assert proof["intact"] is True
    assert proof["ledger"][-1]["evidence"] == {"wording_id": "w1"}
    assert {"channel": "sms", "topic": "", "state": "granted"} in proof["permissions"]
    said = {
        "channel": "email",
        "action": "granted",
        "source": "form",
        "wording": "Write to me",
        "wordingId": "v2",
    }
    client.write("POST", "/people/user:anna/consents", said)
    kept = client("GET", "/people/user:anna/consents")["ledger"][-1]["evidence"]
    assert (kept["wording"], kept["wording_id"], len(kept["wording_sha256"])) == ("Write to me", "v2", 64)


def test_a_timeline_is_paged_without_gaps_at_one_instant(client: Any, world: World, anna: str) -> None:
    for n in range(9):
        world.track("anna", f"Event {n}")
    whole = client("GET", "/people/user:anna/timeline", limit=200)["timeline"]
    parts, cursor = [], ""
    while True:
        page = client("GET", "/people/user:anna/timeline", limit=4, cursor=cursor)
        parts += page["timeline"]
        if not (cursor := page["next"]):
            break
    assert parts == whole
    assert len([each for each in whole if each["name"].startswith("Event ")]) == 9


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/people/user:anna/events", {"name": ""}, 400, "name"),
        ("POST", "/people/user:anna/events", {"name": "x", "colour": 1}, 400, "colour"),
        ("POST", "/people/user:anna/events", {"name": "x", "properties": {"n": 10**30}}, 400, "properties.n"),
        ("POST", "/people/user:anna/events", {"name": "x\0"}, 400, "name"),
        ("POST", "/people/user:anna/events", {"name": "x", "occurredAt": LATER}, 400, "occurredAt"),
        ("PATCH", "/people/user:anna/traits", {"traits": {}}, 400, "traits"),
        ("PATCH", "/people/user:anna/traits", {"traits": {"email": "nope"}}, 400, "traits.email"),
        ("PUT", "/people/user:anna/stage", {"model": "loop", "stage": "x"}, 404, "model"),
        ("PUT", "/people/user:anna/journeys/none", {}, 404, "key"),
        ("POST", "/people/user:anna/consents", {"channel": "email", "action": "maybe"}, 400, "action"),
        ("POST", "/people/user:anna/merge", {"other": "user:nobody"}, 404, "other"),
        ("POST", "/people/guest/events", {"name": "x"}, 400, "person"),
        ("POST", "/people/user:null/events", {"name": "x"}, 400, "person"),
    ],
)  # fmt: skip
def test_refusals_name_the_field(
    client: Any, anna: str, method: str, path: str, body: Any, status: int, field: str
) -> None:
    found = client(method, path, body, status=status)
    assert found["field"] == field
    assert found["remedy"]


def test_somebody_new_is_made_by_their_traits_and_at_once_there_for_commands(
    client: Any, world: World
) -> None:
    made = client("PATCH", "/people/email:New@example.org/traits", {"traits": {"plan": "gold"}})
    client("PUT", "/people/email:new@example.org/tags/vip")
    client("PUT", f"/people/{made['person']}/things/vehicle/X1", {"attributes": {"tyres": "summer"}})
    world.settle()
    found = client("GET", "/people/email:new@example.org")
    assert found["identifiers"] == {"email": ["new@example.org"]}
    assert found["traits"]["plan"]["value"] == "gold" and list(found["tags"]) == ["vip"]
    client.write("PATCH", "/people/user:77/traits", {"traits": {"email": "Seven@example.org"}})
    assert client("GET", "/people", email="seven@example.org")["people"][0]["key"] == person_key("user", "77")
    client("PUT", "/people/user:nobody/tags/vip", status=404)
    client("PATCH", f"/people/{'0' * 32}/traits", {"traits": {"plan": "gold"}}, status=404)


def test_two_profiles_become_one(client: Any, world: World, anna: str) -> None:
    world.identify("old-anna", plan="tin")
    client.write("POST", "/people/user:old-anna/merge", {"other": "user:anna"})
    keys = {client("GET", f"/people/user:{who}")["key"] for who in ("anna", "old-anna")}
    assert len(keys) == 1
