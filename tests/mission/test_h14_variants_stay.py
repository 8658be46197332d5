"""H14: new percentages for the variants of a split move nobody from one variant to another."""

from typing import Any

from slinga.engine.jobs import Definition
from slinga.testing.drafts import letter, on, unlimited
from slinga.testing.world import World

PEOPLE = [f"p{number}" for number in range(8)]


def _split(first: float, second: float, migrate: dict[str, Any] | None = None) -> Definition:
    arms = [{"key": "a", "weight": first, "next": "a"}, {"key": "b", "weight": second, "next": "b"}]
    nodes = {
        "split": {"type": "split", "arms": arms},
        "a": {"type": "send", "template": "red", "next": "wait"},
        "b": {"type": "send", "template": "blue", "next": "wait"},
        "wait": {"type": "wait", "for": "5d", "next": "again"},
        "again": {"type": "start_journey", "journey": "test", "next": None},
    }
    document = {"key": "test", "name": "Test", "topic": "news", "trigger": on("Start"), "start": "split"}
    return Definition("journey", "test", {**document, "nodes": nodes}, migrate=migrate)


def _seen(world: World, users: list[str]) -> dict[str, list[str]]:
    return {user: world.templates(user) for user in users}


def test_who_saw_red_sees_red_after_the_weights_turned_round(world: World) -> None:
    world.publish(_split(50, 50), letter("red"), letter("blue"), unlimited())
    for user in PEOPLE:
        world.known(user)
        world.track(user, "Start")
    before = _seen(world, PEOPLE)
    assert {tuple(seen) for seen in before.values()} == {("red",), ("blue",)}
    world.publish(_split(0, 100))
    world.forward("6d")
    for user in PEOPLE:
        world.track(user, "Start")
    after = _seen(world, PEOPLE)
    assert all(set(after[user]) == set(before[user]) and len(after[user]) >= 2 for user in PEOPLE)
    # The new weights are for those who come new.
    for user in ("n1", "n2", "n3", "n4"):
        world.known(user)
        world.track(user, "Start")
        assert world.templates(user) == ["blue"]
