"""Journeys in a browser: a list, an outline, a canvas, and the way to what is in force."""

from typing import Any

from playwright.sync_api import Page
from tests.browser.conftest import Desk, phone

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
    before = nodes(world)
    page.keyboard.press("Control+d")
    page.locator('[data-id="n:send"]').wait_for()
    page.keyboard.press("Alt+ArrowDown")
    saved(page)
    assert nodes(world)["wait_24h"]["next"] == "send", "the copy went behind the wait"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    saved(page)
    assert nodes(world) == before
    page.keyboard.press("Control+Shift+z")
    saved(page)
    assert nodes(world)["first"]["next"] == "send"
    page.keyboard.press("Control+z")
    page.locator('[data-id="n:first"]').focus()
    page.keyboard.press("ArrowDown")
    page.locator('[data-id="n:wait_24h"]:focus').wait_for()
    page.keyboard.press("Delete")
    saved(page)
    assert nodes(world)["first"]["next"] == "second"
    page.locator('[data-id="n:known"]').click()
    page.keyboard.press("a")
    page.locator(".palette").get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("Tag", exact=True).fill("vip")
    saved(page)
    assert nodes(world)["known"]["arms"][0]["next"] == "tag"
    page.reload()
    page.locator('[data-id="n:tag"]').wait_for()
    assert page.locator('[data-id="n:tag"]').inner_text().count("vip"), "what was typed survives a reload"
    phone(desk)
    desk.open("/admin/journeys/cart-rescue/canvas")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    desk.open("/admin/journeys/cart-rescue/outline?node=first")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def nodes(world: World) -> dict[str, Any]:
    found = drafts.find(world.db, "journey", "cart-rescue")
    assert found is not None
    return dict(found.document["nodes"])


def saved(page: Page) -> None:
    """Wait until what was done last is in the draft."""
    page.locator('[data-saving="waiting"], [data-saving="saving"]').first.wait_for()
    page.locator('[data-saving="saved"]').wait_for()
