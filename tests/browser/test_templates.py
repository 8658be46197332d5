"""A mail is built from blocks, looked at as somebody, and sent as a test, in a real browser."""

import re

import pytest
from tests.browser.conftest import Desk, phone

from slinga.admin.writing import gallery
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import Definition
from slinga.messages.shipped import documents
from slinga.testing.world import BRAND, World

MARKED = (
    "Dear {{ person.first_name | default: \"friend\" }}, **bold** and *slanted* [shop]({{ brand.url }}/a_b)\n"
    "second line\n\n- one\n- two **x**\n\n1. first\n2. second\n\n5 \\* 3, \\[not a link\\]"
)  # fmt: skip


@pytest.fixture
def shop(world: World) -> World:
    world.publish(Definition("brand", "brand", BRAND))
    return world


def draft(world: World, key: str = "cart") -> None:
    document = {**gallery.document(key), "key": "t"}
    drafts.save(world.db, "template", "t", document, by="Owner")


def saved(world: World) -> dict:
    found = drafts.find(world.db, "template", "t")
    assert found
    return {block["id"]: block for block in found.document["body"]["blocks"]}


def settled(desk: Desk) -> None:
    desk.page.wait_for_function("() => document.querySelector('.em-state')?.textContent === 'Saved'")


def test_a_mail_is_built_moved_undone_and_kept(shop: World, desk: Desk) -> None:
    page = desk.open("/admin/templates/new")
    page.get_by_role("button", name=re.compile("Win back")).click()
    page.wait_for_selector(".em-page")
    desk.look("editor")
    key = page.url.rpartition("/")[2]
    heading = page.get_by_role("textbox", name="Heading", exact=True)
    heading.click()
    page.keyboard.press("End")
    page.keyboard.type(", ")
    page.get_by_role("button", name="Insert data").click()
    page.get_by_label("If it is missing, say").fill("friend")
    page.get_by_role("button", name="First name").click()
    page.get_by_role("navigation", name="Blocks to add").get_by_role("button", name="Line").click()
    page.get_by_role("toolbar", name="Block: Line").get_by_role("button", name="Up").click()
    page.keyboard.press("Alt+ArrowUp")
    settled(desk)
    document = drafts.find(shop.db, "template", key)
    assert document
    blocks = document.document["body"]["blocks"]
    assert blocks[1]["text"] == 'It has been a while, {{ person.first_name | default: "friend" }}'
    assert [one["type"] for one in blocks].index("divider") < len(blocks) - 3
    desk.look("editor-chosen")
    page.locator('.em-page [data-block="divider-1"]').focus()
    page.keyboard.press("Delete")
    assert page.locator('.em-page [data-block="divider-1"]').count() == 0
    for _ in range(4):
        page.get_by_role("button", name="Undo").click()
    assert page.locator('.em-page [data-block="divider-1"]').count() == 0
    page.get_by_role("button", name="Redo").click()
    assert page.locator('.em-page [data-block="divider-1"]').count() == 1


def test_what_is_written_with_marks_stays_what_it_was(shop: World, desk: Desk) -> None:
    draft(shop)
    shop_draft = drafts.find(shop.db, "template", "t")
    assert shop_draft
    document = shop_draft.document
    document["body"]["blocks"][2]["text"] = MARKED
    drafts.save(shop.db, "template", "t", document, by="Owner")
    page = desk.open("/admin/templates/t", look=False)
    text = page.get_by_role("textbox", name="Text", exact=True).first
    assert text.locator("strong").count() == 2 and text.locator("li").count() == 4
    text.locator("p").last.click()
    page.keyboard.press("End")
    page.keyboard.type("!")
    page.get_by_role("button", name="Edit").click()
    page.wait_for_function("() => document.querySelector('.em-state')?.textContent === 'Saved'")
    page.wait_for_function("() => !document.activeElement?.isContentEditable")
    until(page, lambda: saved(shop)["text"]["text"].endswith("!"))
    assert saved(shop)["text"]["text"] == MARKED + "!"


def test_data_are_shown_by_name_and_put_in_by_name(shop: World, desk: Desk) -> None:
    shop.publish(Definition("template", "cart-1", documents()["cart-1"]))
    page = desk.open("/admin/templates")
    assert "Your cart is just" not in page.locator("main").inner_text()
    page = desk.open("/admin/templates/cart-1", look=False)
    canvas = page.locator(".em-page")
    assert "{" not in canvas.inner_text() and "First name" in canvas.inner_text()
    assert "only if" in canvas.inner_text() and "so far" in canvas.inner_text()
    page.locator('[data-block="button"]').click()
    panel = page.locator(".em-panel")
    assert panel.locator(".em-tag").all_inner_texts() == ["The brand's site"]
    desk.look("chips")
    page = desk.open("/admin/templates/cart-1/settings", look=False)
    subject = page.get_by_role("textbox", name="Subject")
    subject.click()
    page.keyboard.press("End")
    page.keyboard.type(", ")
    page.get_by_role("button", name="Insert data").click()
    page.get_by_role("button", name="First name").click()
    desk.look("subject")
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    found = drafts.find(shop.db, "template", "cart-1")
    assert found and found.document["subject"] == (
        'You left something behind, {{ person.first_name | default: "friend" }}'
    )
    assert found.document["preview"] == "Your cart is just as you left it"


def until(page, holds) -> None:
    for _ in range(40):
        if holds():
            return
        page.wait_for_timeout(50)


def test_blocks_are_dragged_to_another_place_and_into_a_column(shop: World, desk: Desk) -> None:
    draft(shop)
    page = desk.open("/admin/templates/t", look=False)
    palette = page.get_by_role("navigation", name="Blocks to add")
    palette.get_by_role("button", name="Code").drag_to(
        page.locator('[data-block="heading"]'), target_position={"x": 60, "y": 4}
    )
    settled(desk)
    until(page, lambda: "coupon-1" in saved(shop))
    assert list(saved(shop))[1] == "coupon-1"
    palette.get_by_role("button", name="Text").drag_to(page.locator('[data-block="returns"]'))
    until(page, lambda: len(saved(shop)["promises"]["columns"][0]["blocks"]) == 3)
    assert len(saved(shop)["promises"]["columns"][0]["blocks"]) == 3


def test_somebody_sees_their_mail_dark_on_a_phone_and_a_test_arrives(shop: World, desk: Desk) -> None:
    shop.known("ada", firstName="Ada")
    draft(shop, "welcome")
    page = desk.open("/admin/templates/t/preview?who=ada@example.org&look=dark")
    frame = page.frame_locator("iframe[title='The mail']")
    assert "Welcome, Ada" in frame.locator("h1").inner_text()
    ground = frame.locator(".sl-card").first.evaluate("one => getComputedStyle(one).backgroundColor")
    assert ground == "rgb(32, 32, 36)"
    page.get_by_role("link", name="Phone").click()
    assert page.locator("iframe[title='The mail']").bounding_box()["width"] <= 390
    page.get_by_role("button", name="Send me a test").click()
    page.get_by_role("link", name="Look into the mailbox").click()
    page.get_by_role("link", name=re.compile(r"\[Test\] Welcome, Ada")).click()
    assert "owner@shop.example" in page.locator("main").inner_text()


def test_a_phone_shows_all_pages_without_cutting_anything(shop: World, desk: Desk) -> None:
    draft(shop, "newsletter")
    phone(desk)
    parts = ("", "/t", "/t/preview", "/t/settings", "/t/review", "/t/languages", "/new")
    for path in (*(f"templates{part}" for part in parts), "brand", "pictures"):
        page = desk.open(f"/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_conditions_lists_and_entries_are_chosen_in_words(shop: World, desk: Desk) -> None:
    draft(shop)
    page = desk.open("/admin/templates/t", look=False)
    page.locator('.em-page [data-block="text"]').first.click()
    panel = page.locator(".em-panel")
    panel.get_by_text("For whom and how often").click()
    panel.get_by_label("Show only if").select_option("person.city")
    panel.get_by_label("Comparison").select_option("is")
    panel.get_by_label("Value", exact=True).fill("Lund")
    panel.get_by_label("Repeat for each of").select_option("trigger.properties.products")
    assert page.locator(".em-when").first.inner_text().startswith("if Town is Lund")
    words = page.get_by_role("textbox", name="Text", exact=True).first
    words.click()
    page.get_by_role("button", name="Insert data").first.click()
    page.get_by_role("button", name="Price of the entry").click()
    desk.look("chosen-in-words")
    settled(desk)
    until(page, lambda: "show_if" in saved(shop)["text"] and "item.price" in saved(shop)["text"]["text"])
    block = saved(shop)["text"]
    assert block["show_if"] == 'person.city == "Lund"' and block["repeat"] == "trigger.properties.products"
    assert "{{ item.price | money: item.currency }}" in block["text"]


def test_a_text_message_counts_while_it_is_written(shop: World, desk: Desk) -> None:
    document = {**gallery.document("sms-short"), "key": "t", "text": "Hi"}
    drafts.save(shop.db, "template", "t", document, by="Owner")
    page = desk.open("/admin/templates/t", look=False)
    text = page.get_by_role("textbox", name="Text")
    text.click()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("two ")
    page.get_by_role("button", name="Insert data").click()
    page.get_by_role("button", name="First name").click()
    status = page.locator("main [role=status]").last
    assert (
        status.inner_text()
        == f"1 text message, {len('Hi') + 1 + len('two ') + len('friend')} of 160 characters"
    )
    page.keyboard.type(" ż")
    assert "of 70 characters" in status.inner_text() and status.inner_text().endswith("ż")
    desk.look("sms")
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    found = drafts.find(shop.db, "template", "t")
    assert found and found.document["text"] == 'Hi\ntwo {{ person.first_name | default: "friend" }} ż'
