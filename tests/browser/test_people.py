"""Somebody's page in a real browser: tabs, a message as it was sent, an act."""

from tests.browser.conftest import Desk, phone

from slinga.kernel.ids import person_key
from slinga.testing.world import World


def life(world: World) -> None:
    """Somebody who came, permitted, was welcomed and bought."""
    world.publish_shipped("welcome", "confirm-subscription")
    world.identify("anna", email="anna@shop.test", first_name="Anna", last_name="Ek", city="Lund")
    world.consent("anna", topic="news")
    world.track("anna", "Product Viewed", product_id="p1", name="Tea", price=12)
    world.track("anna", "Subscription Confirmed", topic="news")
    world.track("anna", "Order Completed", order_id="o1", total=120, currency="EUR")
    world.settle()


def test_a_life_is_looked_at_and_somebody_tagged(desk: Desk) -> None:
    world = desk.world
    desk.aside(life, world)
    here = f"/admin/people/{person_key('user', 'anna')}"
    page = desk.open("/admin/people?q=anna")
    page.get_by_role("link", name="Anna Ek").first.click()
    desk.look("person")
    for tab in ("orders", "segments", "journeys", "consents", "identities", "raw"):
        desk.open(f"{here}?tab={tab}")
    desk.open(here)
    page.locator(".life a").first.click()
    page.get_by_role("heading", name="As it was sent").wait_for()
    page.frame_locator("iframe").locator("a").first.wait_for()
    desk.look("message")
    desk.open(f"{here}/why?journey=welcome")
    phone(desk)
    desk.open(here)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Tag", exact=True).fill("vip")
    page.get_by_role("button", name="Add").click()
    page.get_by_text("Done.").wait_for()
