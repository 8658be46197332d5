"""From an empty workspace to a mail that arrived, by pages alone: no file, no JSON, no command."""

import re
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Desk
from tests.browser.test_sources import site

from slinga.testing.world import World, open_world


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Nobody has set anything; the operator permits a mail server on this machine."""
    extra = {"SLINGA_SMTP_URL": "", "SLINGA_SMTP_PRIVATE": "yes"}
    with open_world(database_url, tmp_path, extra=extra) as found:
        yield found


def test_r100_from_an_empty_workspace_to_a_received_mail_by_pages_alone(desk: Desk) -> None:
    page, world = desk.page, desk.world
    desk.open("/admin")
    assert page.get_by_text("Nothing has come in yet").count() == 1

    _walk(page, "Publish a lifecycle")
    page.get_by_role("button", name="Take Bow-tie").click()
    page.get_by_role("link", name="Review and publish").click()
    page.get_by_role("button", name="Publish the lifecycle").click()
    page.wait_for_url("**/admin/lifecycle?**")

    desk.open("/admin/templates", look=False)
    page.get_by_role("link", name="Brand").click()
    for label, value in {
        "Name": "Kettle & Leaf",
        "Postal address": "Storgatan 1, Lund",
        "Site": "https://kettle.example",
        "Sender": "Kettle & Leaf <tea@kettle.example>",
    }.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_text("Changed, not published").wait_for(state="detached")

    desk.open("/admin", look=False)
    _walk(page, "Connect your mail")
    server = page.locator("form", has=page.locator("#f-host"))
    server.get_by_label("Server").fill("127.0.0.1")
    server.get_by_label("Port").fill(str(world.sink.port))
    server.get_by_label("Encryption").select_option("none")
    server.get_by_role("button", name="Try and save").click()
    page.get_by_text("From now on mail goes out through this server").wait_for()
    desk.look("r100-mail-server")
    page.get_by_role("button", name="Send a test mail to me").click()
    page.get_by_text("A mail is on its way to owner@shop.example").wait_for()
    desk.open("/admin/settings", look=False)
    page.get_by_role("button", name="Make a key").click()
    page.get_by_text("Every mail from this domain is signed").wait_for()

    _take(page, desk, "Confirm the subscription")
    _publish(page)
    _take(page, desk, "Cart rescue")
    page.get_by_role("link", name="2 hours since").first.click()
    page.get_by_label("For", exact=True).fill("3h")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.locator(".step", has_text="3 hours").first.wait_for()
    _publish(page)

    desk.open("/admin", look=False)
    _walk(page, "Send the first event")
    page.get_by_label("Name", exact=True).fill("website")
    page.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_url("**/admin/sources/*")
    snippet = page.locator("#copy-site").inner_text()

    visitor = page.context.browser.new_context()
    shop = visitor.new_page()
    with site(snippet) as address:
        shop.goto(address)
        shop.wait_for_function("() => window.slinga && window.slinga.version === 1")
        shop.locator("#yes").click()
        shop.evaluate("() => slinga.identify({email: 'liv@example.org', firstName: 'Liv'})")
        shop.evaluate("() => slinga.track('Signed Up', {form: 'footer'})")
        with shop.expect_response("**/v1/batch"):
            shop.evaluate(
                "() => slinga.track('Product Added', {cart_id: 'c1', product_id: 'K01', price: 40})"
            )
        shop.goto("about:blank")  # what is still under way when the page goes arrives by a beacon
    desk.aside(world.settle)
    hello, asked = world.mails()
    assert (hello.to, hello.subject) == ("owner@shop.example", "Slinga can send")
    assert "d=kettle.example; s=slinga" in asked.headers["DKIM-Signature"].replace("\n", "")
    assert asked.template == "confirm-subscription"
    link = next(link for link in asked.links if "/confirm/" in link)
    shop.goto(desk.address + urlsplit(link).path)  # the sender of this test does not know the web's port
    shop.get_by_role("button").first.click()
    shop.wait_for_load_state()
    visitor.close()

    desk.aside(world.forward, "4h")
    asked, mail = world.mails("liv@example.org")
    assert (mail.journey, mail.at - asked.at) == ("cart-rescue", 3 * 3600 * 1_000_000)
    assert parseaddr(mail.headers["From"]) == ("Kettle & Leaf", "tea@kettle.example")
    assert "Storgatan 1, Lund" in mail.text

    desk.open("/admin/people")
    page.get_by_role("link", name=re.compile("liv@example.org")).first.click()
    page.locator("main a[href*='/messages/']").first.click()
    desk.look("r100-message")
    said = page.locator("main").inner_text()
    assert "liv@example.org" in said


def _walk(page: Page, step: str) -> None:
    """Follow a step of the checklist, whether it lies open or folded."""
    folded = page.locator("details", has_text="to be all set up")
    if folded.count():
        folded.locator("summary").click()
    page.get_by_role("link", name=step).click()


def _take(page: Page, desk: Desk, name: str) -> None:
    desk.open("/admin/journeys/new", look=False)
    page.locator("li.card", has_text=name).get_by_role("button").click()
    page.wait_for_url("**/admin/journeys/*/**")
    page.get_by_role("link", name="Outline").click()


def _publish(page: Page) -> None:
    page.get_by_role("link", name="Review and publish").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_text("live, version 1").wait_for()
