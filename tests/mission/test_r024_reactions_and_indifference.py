"""R24: reactions to messages are facts, and so is indifference: no click, no visit, no purchase."""

from slinga.engine.jobs import Definition
from slinga.kernel.calendar import add, period, zone
from slinga.testing.world import ZONE, World

IGNORED = {
    "key": "indifferent",
    "name": "Ignored the welcome for three days",
    "condition": {"op": "reaction", "kind": "ignored", "template": "welcome", "after": "3d"},
}
CLICKED = {
    "key": "clickers",
    "name": "Clicked a mail",
    "condition": {"op": "reaction", "kind": "clicked", "channel": "email"},
}


def _sign_up(world: World, *people: str) -> None:
    world.publish_shipped("welcome", policy={"quiet_hours": "none"})
    world.publish(Definition("segment", "indifferent", IGNORED), Definition("segment", "clickers", CLICKED))
    for person in people:
        world.known(person)
        world.track(person, "Signed Up", topic="news")
        assert world.templates(person) == ["welcome"]


def test_a_click_is_a_fact_and_silence_becomes_one_at_its_second(world: World) -> None:
    _sign_up(world, "anna", "bo")
    sent_at = world.mails("bo")[0].at
    world.forward("1h")
    clicked_at = world.now()
    world.click(world.mails("anna")[0])
    assert world.person("anna").members == {}, "a hit is judged before it counts"
    world.forward("3d")
    entered = {f.name: f.at for f in world.facts("anna", "segment_entered")}
    assert set(entered) == {"clickers"}
    assert clicked_at < entered["clickers"] <= clicked_at + 120_000_000
    entered = {f.name: f.at for f in world.facts("bo", "segment_entered")}
    assert entered == {"indifferent": add(sent_at, period("3d"), zone(ZONE))}


def test_a_visit_without_a_click_is_no_indifference_and_a_late_click_is_a_fact_too(world: World) -> None:
    _sign_up(world, "anna", "bo")
    world.identify("anna", device="d1")
    world.forward("2d")
    world.browse("d1", url="https://shop.example/")
    world.forward("2d")
    assert "indifferent" not in world.person("anna").members
    assert "indifferent" in world.person("bo").members
    world.click(world.mails("bo")[0])
    world.forward("5m")
    assert set(world.person("bo").members) == {"clickers", "indifferent"}
