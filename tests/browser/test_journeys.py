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
    page.wait_for_url("**/cart-rescue/canvas")
    page.get_by_role("link", name="Outline").click()
    desk.look("journeys-outline")
    page.locator(".step", has_text="2 hours since").get_by_role("link").first.click()
    desk.look("journeys-outline-node")
    page.get_by_label("For", exact=True).fill("3h")
    page.get_by_role("button", name="Save").last.click()
    assert page.locator(".step", has_text="2 hours since").first.inner_text().count("3 hours")
    page.get_by_role("link", name="Review and publish").click()
    desk.look("journeys-publish")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_url("**/canvas")
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
    settings, step = page.locator(".journey-panel"), page.locator('[data-id="start"]')
    assert settings.is_hidden(), "the canvas has the phone to itself"
    step.click()
    settings.wait_for()
    above, below = step.bounding_box(), settings.bounding_box()
    assert above and below and above["y"] + above["height"] <= below["y"], "what is edited stays in sight"
    page.get_by_role("button", name="Close").click()
    settings.wait_for(state="hidden")
    desk.open("/admin/journeys/cart-rescue/outline?node=first")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_several_steps_are_chosen_copied_and_pasted_by_keys(desk: Desk, world: World) -> None:
    drafts.save(world.db, "journey", "cart-rescue", shipped.document("cart-rescue"), by="test")
    page = desk.open("/admin/journeys/cart-rescue/canvas", look=False)
    page.locator('[data-id="n:first"]').click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert page.locator(".j-node.chosen").count() == 3
    desk.look("canvas-several")
    before = nodes(world)
    page.keyboard.press("Control+c")
    page.locator('[data-id="n:third"]').click()
    page.keyboard.press("Control+v")
    saved(page)
    after = nodes(world)
    added = ["send", "wait", "send_2"]
    assert [after["third"]["next"], after["send"]["next"], after["wait"]["next"]] == added
    assert after["send_2"] == before["second"] | {"next": before["third"]["next"]}
    assert page.locator(".j-node.chosen").count() == 3, "what was pasted is chosen"
    page.keyboard.press("Delete")
    saved(page)
    assert nodes(world) == before
    page.keyboard.press("Control+z")
    saved(page)
    assert nodes(world) == after
    page.keyboard.press("Control+z")
    saved(page)
    assert nodes(world) == before
    page.keyboard.press("Control+a")
    assert page.locator(".j-node.chosen").count() == len(before)
    page.set_viewport_size({"width": 1280, "height": 860})
    boxes = [tool.bounding_box() or {"y": 0} for tool in page.locator(".undo > *").all()]
    assert max(box["y"] for box in boxes) - min(box["y"] for box in boxes) < 20, "the tools stand in a row"


def nodes(world: World) -> dict[str, Any]:
    found = drafts.find(world.db, "journey", "cart-rescue")
    assert found is not None
    return dict(found.document["nodes"])


def saved(page: Page) -> None:
    """Wait until what was done last is in the draft."""
    page.locator('[data-saving="waiting"], [data-saving="saving"]').first.wait_for()
    page.locator('[data-saving="saved"]').wait_for()
