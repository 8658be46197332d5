"""Starting a journey over HTTP: asked once, decided by the engine, refused in words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slinga.access.jobs import add_key
from slinga.engine.jobs import Definition
from slinga.testing.world import World, open_world

JOURNEY = {
    "key": "vip",
    "name": "VIP",
    "trigger": {"on": "api"},
    "reentry": "once",
    "start": "tag",
    "nodes": {"tag": {"type": "tag", "name": "vip"}},
}
OTHER = {**JOURNEY, "key": "bought", "trigger": {"on": "event", "name": "Order Completed"}}


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with open_world(database_url, tmp_path) as found:
        found.publish(Definition("journey", "vip", JOURNEY), Definition("journey", "bought", OTHER))
        yield found


def _secret(world: World) -> str:
    """One key for all calls of a test: an Idempotency-Key is the caller's own."""
    if not hasattr(world, "secret"):
        world.secret = add_key(world.db, "secret", "backend")  # type: ignore[attr-defined]
    return world.secret  # type: ignore[attr-defined, no-any-return]


def ask(world: World, body: dict[str, Any], *, key: str = "vip", secret: str = "", once: str = "") -> Any:
    secret = secret or _secret(world)
    headers = {"Authorization": f"Bearer {secret}"} | ({"Idempotency-Key": once} if once else {})
    answer = world.client.post(f"/api/v1/journeys/{key}/entries", json=body, headers=headers)
    world.settle()
    return answer


def test_a_person_comes_in_once_for_one_idempotency_key(world: World) -> None:
    world.known("anna")
    first = ask(world, {"userId": "anna", "properties": {"level": 3}}, once="a1")
    again = ask(world, {"userId": "anna", "properties": {"level": 3}}, once="a1")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json() == {"success": True, "repeated": False}
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    (entered,) = world.facts("anna", "run_entered", "vip")
    assert entered.body["trigger"]["properties"] == {"level": 3}
    assert "vip" in world.person("anna").profile.tags


@pytest.mark.parametrize(
    ("body", "key", "status", "field"),
    [
        ({}, "vip", 400, "userId"),
        ({"email": "no address"}, "vip", 400, "email"),
        ({"userId": "anna"}, "nothing", 404, "key"),
        ({"userId": "anna"}, "bought", 409, "key"),
    ],
)
def test_refusals_name_the_field(
    world: World, body: dict[str, Any], key: str, status: int, field: str
) -> None:
    answer = ask(world, body, key=key)
    assert answer.status_code == status
    assert answer.json()["field"] == field


def test_only_a_secret_key_may_ask(world: World) -> None:
    assert ask(world, {"userId": "anna"}, secret=world.browser_key).status_code == 401
    assert ask(world, {"userId": "anna"}, secret=world.server_key).status_code == 401
