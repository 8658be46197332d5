"""The rooms home, lifecycle and map in a browser: light, dark, a phone; the scrubber; the editor."""

import pytest
from tests.browser.conftest import Desk, phone

from slinga.insight.jobs import tally
from slinga.testing.world import World

ROOMS = ("/admin", "/admin/lifecycle", "/admin/lifecycle/flows", "/admin/map", "/admin/map/ways")
FORMS = (
    "/admin/lifecycle/people?stage=interest",
    "/admin/lifecycle/edit",
    "/admin/lifecycle/edit/bow-tie",
    "/admin/lifecycle/edit/bow-tie/stages/interest",
    "/admin/lifecycle/edit/bow-tie/preview",
    "/admin/map/touchpoints/new",
    "/admin/map/personas/new",
)


@pytest.fixture
def town(world: World) -> World:
    """Some people at some stages, over some days."""
    world.publish_shipped("welcome", "sunset")
    for n in range(4):
        world.browse(f"d{n}", url="https://shop.example/?utm_source=google&utm_medium=cpc")
    world.known("anna")
    world.forward("3d")
    world.browse("d0", user="anna", url="https://shop.example/tea")
    world.order("anna", "o1")
    tally(world.db)
    return world


def test_the_rooms_are_clean_in_light_and_dark(town: World, desk: Desk) -> None:
    for place in ROOMS:
        desk.open(place)
    desk.page.evaluate("localStorage.setItem('slinga-theme', 'dark')")
    for place in ("/admin", "/admin/lifecycle", "/admin/map"):
        desk.open(place)


def test_a_phone_shows_the_bow_tie_upright_and_nothing_leaves_at_the_side(town: World, desk: Desk) -> None:
    phone(desk)
    for place in (*ROOMS, *FORMS):
        page = desk.open(place, look=place in FORMS)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place
    page = desk.open("/admin/lifecycle", look=False)
    assert page.locator("svg.bowtie.standing").is_visible()
    assert not page.locator("svg.bowtie.wide-only").is_visible()


def test_the_scrubber_swaps_the_picture_and_the_counters_rest_while_hidden(town: World, desk: Desk) -> None:
    page = desk.open("/admin/lifecycle")
    assert page.locator("#as-of").inner_text() == "Today"
    page.evaluate("window.kept = true")
    page.locator("#place").fill("0")
    page.get_by_text("At the end of 2 Mar 2026").wait_for()
    assert page.evaluate("window.kept"), "only the picture is new"
    assert "place=0" in page.url
    page = desk.open("/admin", look=False)
    asked = """hidden => {
        Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
        const event = new Event('htmx:beforeRequest', { bubbles: true, cancelable: true });
        return document.getElementById('live').dispatchEvent(event);
    }"""
    assert page.evaluate(asked, True) is False and page.evaluate(asked, False) is True


def test_a_stage_is_added_given_a_rule_and_published(town: World, desk: Desk) -> None:
    page = desk.open("/admin/lifecycle/edit/bow-tie", look=False)
    page.get_by_label("Name of a new stage").last.fill("Founders")
    page.get_by_label("Add the stage").last.click()
    page.get_by_role("link", name="no rule yet").click()
    page.get_by_text("Add a condition").click()
    page.get_by_role("button", name="known by name").click()
    page.get_by_text("identified", exact=False).first.wait_for()
    page.get_by_role("button", name="Keep it in the draft").last.click()
    page.get_by_role("heading", name="Founders").wait_for()
    desk.look("founders")
    page.get_by_role("link", name="Review and publish").click()
    page.get_by_role("button", name="Publish the lifecycle").click()
    page.wait_for_url("**/admin/lifecycle?model=bow-tie")
    assert page.locator("section.stage h3").last.inner_text() == "Founders"
