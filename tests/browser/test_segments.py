"""A segment built as a sentence in a real browser, with counts while one builds."""

from tests.browser.conftest import Desk

from slinga.drafts import jobs as drafts
from slinga.engine.jobs import in_force


def test_a_segment_is_built_counted_and_published(desk: Desk) -> None:
    world = desk.world
    for n in range(5):
        world.identify(f"u{n}", email=f"u{n}@shop.test", country="SE" if n < 3 else "PL")
        world.track(f"u{n}", "Order Completed", order_id=f"o{n}", total=100 + n)
    page = desk.open("/admin/segments")
    page.get_by_role("link", name="New segment").click()
    page.get_by_label("Name", exact=True).fill("Swedish buyers")
    page.get_by_text("Add a condition").first.click()
    page.get_by_role("button", name="what we know of them").click()
    page.get_by_label("What we know").fill("country")
    page.get_by_label("Value", exact=True).fill("SE")
    page.get_by_label("Value", exact=True).press("Tab")
    page.get_by_text('country is "SE"').wait_for()
    page.get_by_text("Add a condition").first.click()
    page.get_by_role("button", name="what they did, or did not do").click()
    page.get_by_label("Event", exact=True).fill("Order Completed")
    page.get_by_label("Event", exact=True).press("Tab")
    page.locator(".total .figure", has_text="3").wait_for()
    page.locator(".size", has_text="5").first.wait_for()
    page.get_by_role("button", name="Show some people").click()
    page.get_by_text("u0@shop.test").or_(page.get_by_text("u1@shop.test")).first.wait_for()
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_text("email").last.wait_for()
    desk.look("segment-editor")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url("**/swedish-buyers/edit")
    assert drafts.find(world.db, "segment", "swedish-buyers") is not None
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/segments/swedish-buyers")
    assert ("segment", "swedish-buyers") in in_force(world.db).documents
    world.settle()
    desk.open("/admin/segments/swedish-buyers")
    desk.open("/admin/segments")
