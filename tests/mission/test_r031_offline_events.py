"""R31: what happens at a fair, in the salon and on a test drive counts like what happens on the site."""

from slinga.engine.jobs import Definition
from slinga.kernel.clock import DAY, iso
from slinga.testing.world import World

WARM = {
    "key": "warm",
    "name": "Met us, then drove, within two weeks",
    "condition": {
        "op": "sequence",
        "steps": [
            {"name": "Fair Visited", "where": [{"prop": "fair", "value": "Elmia"}]},
            {"name": "Test Drive Taken"},
        ],
        "within": "14d",
    },
}
FOLLOW_UP = {
    "key": "after-the-drive",
    "name": "After the test drive",
    "class": "marketing",
    "topic": "news",
    "quiet_hours": "none",
    "trigger": {"on": "event", "name": "Test Drive Taken"},
    "condition": {"op": "segment", "key": "warm", "is": True},
    "start": "letter",
    "nodes": {
        "letter": {"type": "send", "template": "test-drive", "next": "call"},
        "call": {"type": "hand_over", "task": "Call about the drive", "team": "sales", "within": "1d"},
    },
}


def _publish(world: World) -> None:
    world.publish_shipped(policy={"quiet_hours": "none"})
    world.publish(Definition("segment", "warm", WARM), Definition("journey", "after-the-drive", FOLLOW_UP))
    world.known("anna")


def test_a_fair_and_a_drive_start_a_letter_and_a_task_for_sales(world: World) -> None:
    _publish(world)
    world.track("anna", "Fair Visited", fair="Elmia", stand="B04")
    world.forward("10d")
    drove_at = world.now()
    world.track("anna", "Test Drive Taken", dealer="Lund", model="EV3")
    assert [(m.template, m.at) for m in world.mails("anna")] == [("test-drive", drove_at)]
    (task,) = world.facts("anna", "hand_over")
    assert task.body["team"] == "sales" and task.at == drove_at
    assert [f.kind for f in world.facts("anna") if f.kind.startswith("visit")] == [], "nobody was on the site"


def test_a_list_uploaded_after_the_fair_counts_from_when_it_happened_and_starts_nothing_stale(
    world: World,
) -> None:
    _publish(world)
    fair_at = world.now() - 20 * DAY
    properties = {"fair": "Elmia"}
    body = {"userId": "anna", "event": "Fair Visited", "properties": properties, "timestamp": iso(fair_at)}
    world.call("track", body)
    world.track("anna", "Test Drive Taken", dealer="Lund")
    assert world.person("anna").members == {}, "more than two weeks lie between the fair and the drive"
    late = {"userId": "anna", "event": "Test Drive Taken", "timestamp": iso(fair_at + 2 * DAY)}
    world.call("track", late)
    assert set(world.person("anna").members) == {"warm"}, "the paper form arrived at last"
    world.forward("1d")
    assert world.mails("anna") == [], "but the drive is 18 days past: no letter as if it were today"
    assert [f.body["reason"] for f in world.facts("anna", "entry_refused")][-1] == "too_old"
