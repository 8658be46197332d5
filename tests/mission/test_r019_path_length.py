"""R19: how long the ways are and how many touchpoints they have, for each segment."""

from selectolax.lexbor import LexborHTMLParser
from tests.mission.lived import words

from slinga.insight.jobs import tally
from slinga.testing.desk import html
from slinga.testing.drafts import segment, unlimited
from slinga.testing.world import World


def test_one_segment_has_a_short_way_and_the_other_a_longer_one(world: World) -> None:
    world.publish_shipped()
    world.publish(
        segment("quick", {"op": "trait", "name": "sort", "cmp": "eq", "value": "quick"}),
        segment("slow", {"op": "trait", "name": "sort", "cmp": "eq", "value": "slow"}),
        unlimited(),
    )
    for number in range(3):
        for sort in ("quick", "slow"):
            world.known(f"{sort}{number}", sort=sort)
            world.browse(f"{sort}-d{number}", user=f"{sort}{number}", url="https://shop.example/")
    for _ in range(4):
        world.forward("5d")
        for number in range(3):
            world.browse(f"slow-d{number}", user=f"slow{number}", url="https://shop.example/tea")
    world.forward("1h")
    for number in range(3):
        world.order(f"slow{number}", f"s{number}")
    for number in range(3):
        world.order(f"quick{number}", f"q{number}")
    tally(world.db)
    tree = LexborHTMLParser(html(world, "/admin/map/ways?count=1"))
    lengths = {words(row.css_first("th")): words(row) for row in tree.css("tbody tr") if row.css("th")}
    assert lengths["quick"] == "quick 3 1 20"
    assert lengths["slow"] == "slow 3 5 20"
    assert lengths["Everybody"].startswith("Everybody 6 3")
    ways = [words(row) for row in tree.css("tbody tr") if not row.css("th")]
    assert ways and all(way.endswith("%") and "First purchase" in way for way in ways)
