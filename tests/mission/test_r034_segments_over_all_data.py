"""R34: segments join behaviour, transactions, declared and demographic data, and follow them at once."""

from slinga.testing.drafts import campaign, did, segment, unlimited
from slinga.testing.world import World

READERS = segment(
    "nearby-tea-buyers",
    {
        "op": "all",
        "of": [
            did("Product Viewed", last="30d", times=2, category="tea"),  # behaviour
            {"op": "event", "name": "Order Completed", "agg": "sum", "prop": "total", "value": 500},
            {"op": "trait", "name": "likes", "cmp": "contains", "value": "tea"},  # declared
            {"op": "trait", "name": "address.city", "cmp": "in", "value": ["Lund", "Malmö"]},  # demographic
            {"op": "date", "name": "birth_date", "cmp": "before", "value": "2000-01-01"},
        ],
    },
)


def _complete(world: World, user: str) -> None:
    world.known(user, likes=["coffee", "tea"], address={"city": "Lund"}, birth_date="1980-05-05")
    for number in (1, 2):
        world.track(user, "Product Viewed", product_id=f"p{number}", category="tea")
    world.order(user, f"{user}-1", 300)
    world.order(user, f"{user}-2", 200)


def test_all_four_kinds_together_and_each_of_them_needed(world: World) -> None:
    world.publish(READERS, unlimited())
    _complete(world, "anna")
    entered = world.now()
    assert world.person("anna").members == {"nearby-tea-buyers": entered}
    changes = {
        "likes": ["coffee"],
        "address": {"city": "Oslo"},
        "birth_date": "2003-01-01",
    }
    for trait, value in changes.items():
        world.forward("1m")
        world.identify("anna", **{trait: value})
        assert world.person("anna").members == {}, trait
        world.forward("1m")
        _complete(world, "anna")
        assert "nearby-tea-buyers" in world.person("anna").members, trait
    world.known("bert", likes=["tea"], address={"city": "Lund"}, birth_date="1980-05-05")
    world.order("bert", "b1", 499.99)
    for _ in (1, 2):
        world.track("bert", "Product Viewed", category="tea")
    assert world.person("bert").members == {}
    world.order("bert", "b2", 0.01)
    assert "nearby-tea-buyers" in world.person("bert").members


def test_time_alone_takes_people_out_and_a_segment_published_later_knows_the_past(world: World) -> None:
    _complete(world, "anna")
    start = world.now()
    world.forward("10d")
    world.publish(
        READERS,
        *campaign("bye", 1, {"on": "segment", "key": "nearby-tea-buyers", "change": "left"}),
        *campaign("hi", 1, {"on": "segment", "key": "nearby-tea-buyers", "change": "entered"}),
        unlimited(),
    )
    world.track("bert", "Wakes Up")
    assert "nearby-tea-buyers" in world.person("anna").members
    world.forward("40d")
    assert "nearby-tea-buyers" not in world.person("anna").members
    left = world.facts("anna", "segment_left", "nearby-tea-buyers")
    assert [fact.at - start for fact in left] == [30 * 86_400_000_000]
    # Publishing mailed nobody; leaving did.
    assert [(mail.template, mail.at) for mail in world.mails("anna")] == [("bye-1", left[0].at)]


def test_different_journeys_for_different_segments(world: World) -> None:
    world.publish(
        segment("lund", {"op": "trait", "name": "city", "value": "Lund", "cmp": "eq"}),
        segment("not-lund", {"op": "segment", "key": "lund", "is": False}),
        *campaign("south", 1, {"on": "event", "name": "Asked"}, condition={"op": "segment", "key": "lund"}),
        *campaign(
            "north", 1, {"on": "event", "name": "Asked"}, condition={"op": "segment", "key": "not-lund"}
        ),
        unlimited(),
    )
    for user, city in (("anna", "Lund"), ("bert", "Kiruna")):
        world.known(user, city=city)
        world.track(user, "Asked")
    assert (world.templates("anna"), world.templates("bert")) == (["south-1"], ["north-1"])
