"""R18: one company has different paths for different segments, and the desk shows them side by side."""

from selectolax.lexbor import LexborHTMLParser
from tests.mission.lived import words

from slinga.insight.jobs import tally
from slinga.testing.desk import html
from slinga.testing.drafts import campaign, did, segment, unlimited
from slinga.testing.world import World


def test_each_segment_takes_its_own_path(world: World) -> None:
    world.publish_shipped()
    world.publish(
        segment("tea", did("Product Viewed", category="tea")),
        segment("machines", did("Product Viewed", category="machine")),
        *campaign("leaf", 3, {"on": "segment", "key": "tea"}, serves=["bow-tie/interest"]),
        *campaign("steel", 1, {"on": "segment", "key": "machines"}, serves=["bow-tie/interest"]),
        unlimited(),
    )
    for user, category in (("anna", "tea"), ("bert", "machine"), ("carl", "shoes")):
        world.known(user)
        world.track(user, "Product Viewed", category=category)
    world.forward("5d")
    assert world.templates("anna") == ["leaf-1", "leaf-2", "leaf-3"]
    assert world.templates("bert") == ["steel-1"] and world.templates("carl") == []
    tally(world.db)
    cards = LexborHTMLParser(html(world, "/admin/lifecycle")).css("section.stage")
    interest = next(words(card) for card in cards if words(card.css_first("h3")) == "Interest")
    assert "leaf made for it" in interest and "steel made for it" in interest
