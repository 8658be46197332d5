"""R34: a segment over visits holds for the same people live and as a question over everybody."""

from slinga.engine.jobs import Definition
from slinga.segments.grammar import parse
from slinga.segments.store import matching
from slinga.testing.world import World

OFTEN = {"op": "event", "name": "Visit Started", "cmp": "ge", "value": 2, "window": {"last": "30d"}}


def test_two_visits_in_thirty_days(world: World) -> None:
    world.publish(Definition("segment", "often", {"key": "often", "name": "Often", "condition": OFTEN}))
    for visitor, visits in (("d1", 1), ("d2", 2), ("d3", 3)):
        for _ in range(visits):
            world.browse(visitor, path="/tea")
            world.forward("1h")
    world.identify("", device="d3", browser=True, email="c@example.org")
    inside = {"d1": False, "d2": True, "d3": True}
    people = {visitor: world.person(visitor, "anonymous") for visitor in inside}
    assert {visitor: "often" in person.members for visitor, person in people.items()} == inside
    zone = world.worker.program().zone
    found = matching(world.db, parse(OFTEN), zone)
    assert found == {person.key for visitor, person in people.items() if inside[visitor]}
    world.forward("30d")
    assert matching(world.db, parse(OFTEN), zone) == set()
    assert not any("often" in world.person(visitor, "anonymous").members for visitor in inside)
