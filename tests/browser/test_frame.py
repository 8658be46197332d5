"""The frame around every page: sections, the bar, light and dark, a phone."""

from tests.browser.conftest import Desk, phone


def test_every_section_opens_without_a_fault(desk: Desk) -> None:
    page = desk.open("/admin")
    places = page.locator("nav[aria-label=Sections] a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert len(places) >= 7
    for place in places:
        desk.open(place)
        assert page.locator("h1").count() == 1


def test_dark_is_remembered_and_readable(desk: Desk) -> None:
    page = desk.open("/admin", look=False)
    page.locator("details.menu > summary").last.click()
    page.get_by_role("button", name="Dark").click()
    desk.open("/admin/people")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_a_phone_shows_the_sections_on_demand(desk: Desk) -> None:
    phone(desk)
    page = desk.open("/admin/people")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing is cut off at the side"
    sections = page.locator("#rail")
    assert not sections.is_visible()
    page.get_by_role("button", name="Sections").click()
    assert sections.is_visible()
