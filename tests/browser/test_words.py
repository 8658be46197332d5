"""The longer words of Swedish and Polish fit a phone; the island of mails speaks them too."""

import pytest
from tests.browser.conftest import Desk, phone

from slinga.locale import translations

PLACES = (
    "/admin",
    "/admin/people",
    "/admin/journeys",
    "/admin/lifecycle",
    "/admin/settings/rules",
    "/admin/sources",
)


@pytest.mark.parametrize("locale", ["sv", "pl"])
def test_pages_fit_a_phone_in_the_members_language(desk: Desk, locale: str) -> None:
    desk.aside(desk.world.db.execute, "UPDATE member SET locale = %s", (locale,))
    phone(desk)
    for place in PLACES:
        page = desk.open(place, look=False)
        desk.picture(f"{locale}{place}")
        assert page.locator("html").get_attribute("lang") == locale
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{place} in {locale}"
    stop = translations(locale).gettext("Sections")
    page.get_by_role("button", name=stop).click()
    assert page.locator("#rail").is_visible()
    assert desk.faults == []
