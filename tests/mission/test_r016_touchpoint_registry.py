"""R16: touchpoints online and offline stand in one register: what was seen, and what is entered by hand."""

from selectolax.lexbor import LexborHTMLParser
from tests.mission.lived import words

from slinga.insight.jobs import tally
from slinga.testing.desk import html, press
from slinga.testing.world import World


def test_an_advertisement_in_the_paper_stands_beside_visits_from_an_advertisement_on_the_web(
    world: World,
) -> None:
    world.publish_shipped()
    address = "https://shop.example/?utm_source=google&utm_medium=cpc"
    for device in ("a", "b", "c"):
        world.browse(device, url=address)
    world.browse("d", url="https://shop.example/", referrer="https://www.facebook.com/")
    tally(world.db)
    entered = {"model": "bow-tie", "stage": "invitation", "from_day": "2026-02-20", "until_day": "2026-03-01"}
    new = "/admin/map/touchpoints/new"
    press(world, new, new, name="Page 3", channel="press", volume="1000", cost="250", **entered)
    press(world, new, new, name="Spot", channel="tv", volume="50000", cost="9000", **entered)
    assert _row(world, "Paid Search") == "3"
    assert _row(world, "Organic Social") == "1"
    assert _row(world, "press") == "1K 250 Page 3"
    assert _row(world, "tv") == "50K 9,000 Spot"
    shown = press(
        world, new, "/admin/map/touchpoints/1", name="Page 5", channel="press", volume="400", **entered
    )
    assert "Page 5" in shown and "Page 3" not in shown
    shown = press(world, "/admin/map/touchpoints/2", "/admin/map/touchpoints/2/remove")
    assert "Spot" not in shown


def _row(world: World, channel: str) -> str:
    for row in LexborHTMLParser(html(world, "/admin/map")).css(".touch-grid tbody tr"):
        if words(row.css_first("th")) == channel:
            return words(row.css_first("td"))
    return ""
