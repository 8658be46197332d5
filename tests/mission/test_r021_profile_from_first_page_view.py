"""R21: a behavioural profile starts at the first page view, anonymous."""

import msgspec

from slinga.engine.jobs import Definition
from slinga.ingest import log
from slinga.kernel.ids import person_key
from slinga.testing.world import World

CURIOUS = {
    "key": "curious",
    "name": "Looked at two pages",
    "condition": {"op": "event", "name": "Page Viewed", "window": {"last": "7d"}, "value": 2},
}


def test_the_first_page_view_is_a_profile_with_a_visit_and_nobodys_name(world: World) -> None:
    world.publish(Definition("segment", "curious", CURIOUS))
    start = world.now()
    world.browse("phone-1", url="https://shop.example/?utm_source=google&utm_medium=cpc", title="Home")
    person = world.person("phone-1", "anonymous")
    assert person.created_at == start and not person.profile.identified
    (started,) = [f for f in world.facts_about(person.key) if f.kind == "visit_started"]
    assert (started.at, started.body["first"], started.body["channel"]) == (start, True, "Paid Search")
    assert "curious" not in person.members
    world.browse("phone-1", url="https://shop.example/tea")
    assert world.person("phone-1", "anonymous").members == {"curious": start}
    # And it is forgotten again after its window, with nothing happening.
    world.forward("7d")
    assert world.person("phone-1", "anonymous").members == {}


def test_nothing_is_known_of_somebody_else(world: World) -> None:
    world.publish(Definition("segment", "curious", CURIOUS))
    world.browse("phone-1")
    world.browse("phone-2")
    seen = [log.history(world.db, person_key("anonymous", name)) for name in ("phone-1", "phone-2")]
    assert [[item.name for item in items] for items in seen] == [["Page Viewed"], ["Page Viewed"]]
    keys = {world.person(name, "anonymous").key for name in ("phone-1", "phone-2")}
    assert len(keys) == 2
    assert msgspec.to_builtins(world.person("phone-1", "anonymous").profile.traits) == {}
