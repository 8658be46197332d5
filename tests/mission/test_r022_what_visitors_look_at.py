"""R22: product views, time on pages, visit history, most-viewed products; all of it usable in conditions."""

from slinga.engine.jobs import Definition
from slinga.testing.world import World

KEEN = {
    "key": "keen-on-tea",
    "name": "Looked at green tea three times within two visits",
    "condition": {
        "op": "all",
        "of": [
            {
                "op": "event",
                "name": "Product Viewed",
                "where": [{"prop": "product_id", "value": "green-tea"}],
                "value": 3,
            },
            {"op": "event", "name": "Visit Started", "value": 2},
        ],
    },
}
LINGERER = {
    "key": "lingerer",
    "name": "A visit of ten minutes or more",
    "condition": {
        "op": "event",
        "name": "Visit Ended",
        "where": [{"prop": "duration_s", "cmp": "ge", "value": 600}],
    },
}


def test_views_dwell_and_visits_are_counted_and_segment_people(world: World) -> None:
    world.publish(Definition("segment", "keen-on-tea", KEEN), Definition("segment", "lingerer", LINGERER))
    start = world.now()
    world.browse("d1", url="https://shop.example/")
    world.browse("d1", "Product Viewed", product_id="green-tea", category="tea")
    world.forward("4m")
    world.browse("d1", "Product Viewed", product_id="pot", category="ware")
    world.forward("7m")
    world.browse("d1", "Product Viewed", product_id="green-tea", category="tea")
    world.forward("1m")
    world.browse("d1", url="https://shop.example/about")
    person = world.person("d1", "anonymous")
    assert {p: (v.views, v.seconds) for p, v in person.visits.viewed.items()} == {
        "green-tea": (2, 300.0),
        "pot": (1, 420.0),
    }
    assert person.members == {}
    world.forward("3h")
    person = world.person("d1", "anonymous")
    (ended,) = [f for f in world.facts_about(person.key) if f.kind == "visit_ended"]
    assert ended.at == start + 42 * 60_000_000, "thirty minutes after the last sign of life"
    assert (ended.body["pages"], ended.body["duration_s"], ended.body["products"]) == (
        2,
        720.0,
        ["green-tea", "pot"],
    )
    assert person.members == {"lingerer": ended.at}
    came_back = world.now()
    world.browse("d1", "Product Viewed", product_id="green-tea", category="tea")
    assert world.person("d1", "anonymous").members == {"lingerer": ended.at, "keen-on-tea": came_back}
    assert world.person("d1", "anonymous").visits.count == 2
