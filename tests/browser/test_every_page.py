"""Every page of the desk, and those before it, in light, in dark and on a phone.

The list is that of the doors, so a page that is added is looked at without anybody thinking of it.
"""

import time
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import APIResponse
from tests.browser.conftest import Desk, phone
from tests.browser.town import addresses, build

from slinga.access import jobs as access
from slinga.access.members import jobs as team
from slinga.testing.world import World

ROOMS = {
    "people": ("/admin/people", "/admin/segments"),
    "lifecycle": ("/admin/lifecycle", "/admin/map"),
    "writing": ("/admin/templates", "/admin/pictures", "/admin/brand"),
    "journeys": ("/admin/journeys",),
    "taking in": ("/admin/imports", "/admin/sources", "/admin/quarantine", "/admin/settings"),
    "sending": ("/admin/broadcasts", "/admin/reports", "/admin/calendar", "/admin/deliveries", "/dev"),
}
"""In portions, so that no test is long; what is in none is the last."""
WIDE = {"width": 1360, "height": 860}


@pytest.mark.parametrize("room", [*ROOMS, "others"])
def test_every_page_is_clean_in_light_in_dark_and_on_a_phone(
    world: World, desk: Desk, tmp_path: Path, room: str
) -> None:
    desk.aside(build, world, tmp_path)
    mine = ROOMS.get(room)
    others = tuple(one for each in ROOMS.values() for one in each)
    found: list[str] = []
    for path in addresses(world):
        if not (path.startswith(mine) if mine else not path.startswith(others)):
            continue
        answer = desk.page.request.get(desk.address + path)
        assert answer.status == 200, (path, answer.status, answer.text()[:300])
        if is_page(answer):
            found += look_at(desk, path)
    assert found == [], "\n".join(found)


def is_page(answer: APIResponse) -> bool:
    """Whether an answer is a whole page of the desk; parts of pages are seen on theirs."""
    return 'id="main"' in answer.text() if "text/html" in answer.headers["content-type"] else False


def look_at(desk: Desk, path: str) -> list[str]:
    """What is wrong with a page, opened once and seen three ways: light, dark, and as wide as a phone."""
    page = desk.page
    page.emulate_media(reduced_motion="reduce")  # colours on their way are no colours
    page.set_viewport_size(WIDE)
    if page.goto(desk.address + path).status == 403:
        desk.faults.clear()  # of the refusal itself, which is what is looked at
    found = [clean(desk, path)]
    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'dark')")
    found.append(clean(desk, f"{path}-dark", "color-contrast"))
    page.evaluate("document.documentElement.setAttribute('data-bs-theme', 'light')")
    phone(desk)
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > 390:
        found.append(f"{path} scrolls sideways on a phone: {wide}")
    found.append(clean(desk, f"{path}-phone"))
    return [one for one in found if one]


def clean(desk: Desk, name: str, *rules: str) -> str:
    """What `look` finds wrong; empty where nothing is."""
    try:
        desk.look(name, *rules)
    except AssertionError as fault:
        desk.faults.clear()
        return str(fault).partition("\nassert")[0]
    return ""


def test_the_pages_before_the_desk_are_clean_too(world: World, desk: Desk) -> None:
    db, page = world.db, desk.page
    (owner,) = team.owners(db)
    invitation = team.invite(db, owner, "bo@shop.example", "marketer", "")
    page.context.clear_cookies()
    recovery = access.sign_in_link(db, "", owner.email)
    for path in ("/sign-in", invitation, recovery, "/invitations/used", "/setup/used"):
        assert look_at(desk, path) == []
    page.emulate_media(color_scheme="dark")
    desk.open("/sign-in", look=False)
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_an_empty_installation_asks_for_its_first_owner(world: World, desk: Desk) -> None:
    desk.page.context.clear_cookies()
    desk.aside(world.db.execute, "TRUNCATE member, sign_in, audit CASCADE")
    assert look_at(desk, "/sign-in") == []
    assert look_at(desk, access.setup_link(world.db, "")) == []


def test_a_second_factor_is_set_up_and_asked_for(world: World, desk: Desk) -> None:
    page = desk.page
    page.goto(f"{desk.address}/admin/me")
    page.get_by_role("button", name="Set it up").click()
    page.get_by_text("Recovery codes").wait_for()
    desk.look("second-factor")
    phone(desk)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    secret = page.locator("#second-factor code.clip").inner_text()
    page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("10 recovery codes are left").wait_for()
    desk.look("second-factor-set")
    page.context.clear_cookies()
    page.goto(access.sign_in_link(world.db, desk.address))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code of your authenticator").wait_for()
    desk.look("second-factor-asked")
    page.get_by_label("Code of your authenticator").fill(pyotp.TOTP(secret).at(time.time(), counter_offset=1))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin")
