"""One switch stops all marketing at once; letting go says what is late and asks: send, skip or expire."""

import pytest

from slinga.testing.desk import page, press
from slinga.testing.plans import one_mail
from slinga.testing.world import World

MARKETING = "/admin/marketing"


def stop(world: World) -> None:
    """Two mails are wanted while everything is stopped: one is stale when it is let go, one is not."""
    world.publish_shipped("order-reassurance", models_=(), policy={"quiet_hours": "none", "caps": []})
    world.publish(one_mail("early", "First"), one_mail("late", "Second", "win-back-2"))
    world.known("anna")
    assert "All marketing is stopped" in press(world, MARKETING, f"{MARKETING}/stop", reason="wrong price")
    world.track("anna", "First")
    world.forward("70h")
    world.track("anna", "Second")
    world.order("anna", "o1")
    world.forward("5h")
    assert world.templates("anna") == ["receipt"]  # people wait for those
    words = page(world, MARKETING)
    assert "wrong price" in words and "early 1 1" in words and "late 1 0" in words


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("send", ["win-back-1", "win-back-2"]),
        ("skip", []),
        ("expire", ["win-back-2"]),
    ],
)
def test_what_is_late_is_listed_and_asked_about(world: World, answer: str, expected: list[str]) -> None:
    stop(world)
    press(world, MARKETING, f"{MARKETING}/resume", late=answer)
    world.settle()
    world.forward("3d")
    assert sorted(set(world.templates("anna")) - {"receipt"}) == expected
    assert len(world.mails("anna")) == len(expected) + 1
    world.track("anna", "Second")  # and all goes on as before
    assert world.templates("anna")[-1] == "win-back-2"
