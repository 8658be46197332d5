"""Journeys in a browser: a list, an outline, a canvas, and the way to what is in force."""

from tests.browser.conftest import Desk

from slinga.drafts import jobs as drafts
from slinga.journeys import shipped
from slinga.testing.world import World


def test_from_the_gallery_to_what_is_in_force(desk: Desk, world: World) -> None:
    page = desk.open("/admin/journeys")
    page.locator("li.card", has_text="Cart rescue").get_by_role("button").click()
    page.wait_for_url("**/cart-rescue/outline*")
    desk.look("journeys-outline")
    page.locator(".step", has_text="2 hours since").get_by_role("link").first.click()
    desk.look("journeys-outline-node")
    page.get_by_label("For", exact=True).fill("3h")
    page.get_by_role("button", name="Save").last.click()
    assert page.locator(".step", has_text="2 hours since").first.inner_text().count("3 hours")
    page.get_by_role("link", name="Review and publish").click()
    desk.look("journeys-publish")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_url("**/outline*")
    assert page.get_by_text("live, version 1").count() == 1
    desk.open("/admin/journeys/cart-rescue/versions")


def test_the_canvas_is_worked_by_hand_and_by_keys(desk: Desk, world: World) -> None:
    drafts.save(world.db, "journey", "cart-rescue", shipped.document("cart-rescue"), by="test")
    page = desk.open("/admin/journeys/cart-rescue/canvas")
    page.locator(".react-flow__node-step").first.wait_for()
    desk.look("canvas")
    page.locator('[data-id="n:first"]').click()
    desk.look("canvas-node")
