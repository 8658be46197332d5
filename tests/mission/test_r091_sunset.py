"""R91: a last attempt before somebody is written off the list; silence is a no, and then it is quiet."""

from typing import Any

from slinga.engine.jobs import Definition
from slinga.testing.world import World

NEWSLETTER: dict[str, Any] = {
    "key": "newsletter",
    "name": "Newsletter",
    "topic": "news",
    "trigger": {"on": "schedule", "every": {"at": "12:00", "weekdays": [1]}},
    "start": "send",
    "nodes": {"send": {"type": "send", "template": "win-back-2", "next": None}},
}


def newsletters(world: World, user: str) -> int:
    return world.templates(user).count("win-back-2")


def test_the_silent_are_asked_and_then_left_alone(world: World) -> None:
    world.publish_shipped("sunset", "sunset-return")
    world.publish(Definition("journey", "newsletter", NEWSLETTER))
    for user in ("anna", "berta"):
        world.known(user)
    world.forward("25d")
    world.open(world.mails("anna")[-1], agent="Mozilla/5.0")  # her mail program alone looks at them
    world.forward("8d")
    for user in ("anna", "berta"):
        assert world.templates(user)[-1] == "sunset-1", user
    before = newsletters(world, "anna")
    assert before >= 5  # so many were ignored first
    world.click(next(mail for mail in reversed(world.mails("berta")) if mail.template == "sunset-1"))
    world.forward("20d")
    assert world.templates("anna").count("sunset-2") == 1
    assert world.templates("berta").count("sunset-2") == 0
    (gone,) = world.facts("anna", "tagged", "written-off")
    assert gone.body["removed"] is False
    assert world.facts("berta", "tagged") == []

    world.forward("60d")  # the newsletter goes on for everybody else
    assert [mail for mail in world.mails("anna") if mail.at > gone.at] == []
    assert newsletters(world, "berta") >= before + 8

    world.order("anna", "back")  # she comes back by herself
    world.forward("30d")
    assert any(mail.at > gone.at for mail in world.mails("anna"))
