"""Templates: the list, the plain editor, the preview and publishing, without any script."""

import re
from html import unescape
from typing import Any

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser
from tests.pages.conftest import World

from slinga.runtime.db import Json

CANARY = "<script>alert('c4nary')</script>"
BRAND = {
    "name": "The Shop",
    "address": "Storgatan 1",
    "url": "https://shop.test",
    "sender": "Shop <a@shop.test>",
}


def send(world: World, path: str, status: int = 303, **fields: Any) -> Any:
    answer = world.web.post(path, data={"csrf": world.csrf(), **fields})
    assert answer.status_code == status, answer.text[:800]
    return answer


def begun(world: World, beginning: str = "welcome", name: str = "Hello") -> str:
    path = str(send(world, "/admin/templates/new", **{"from": beginning, "name": name}).headers["location"])
    return path.rpartition("/")[2]


def revision(page: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found
    return found[1]


@pytest.fixture
def shop(world: World) -> World:
    world.publish("brand", "brand", BRAND)
    return world


def test_the_list_begins_empty_and_shows_what_is_there(shop: World) -> None:
    assert "No templates yet" in shop.get("/admin/templates")
    key = begun(shop)
    page = shop.get("/admin/templates")
    assert "Hello" in page and "Draft" in page and "nowhere at present" in page
    assert "Nothing fits" in shop.get("/admin/templates?q=zzz")
    assert key == "hello" and begun(shop) == "hello-2"


def test_the_list_tells_what_came_of_each_and_data_by_name(shop: World) -> None:
    begun(shop, "welcome")
    for what, extra, count in (
        ("send_accepted", "", 1000),
        ("send_returned", "hard", 20),
        ("react_opened", "human", 490),
        ("react_opened", "machine", 300),
        ("react_clicked", "human", 98),
    ):
        shop.db.execute(
            "INSERT INTO tally VALUES (%s, 'j', '2026-02-20', 0, 'send', 'hello', 'email', %s, %s, 0)",
            (what, extra, count),
        )
    page = LexborHTMLParser(shop.get("/admin/templates"))
    cells = [" ".join(cell.text().split()) for cell in page.css("tbody td.number")]
    assert cells == ["1,000", "49050.0 %", "9810.0 %"]
    assert page.css_first("tbody td.number a").attributes["href"] == "/admin/reports/template/hello?days=90"
    assert page.css_first(".data-name").text() == "First name" and "{{" not in page.css_first("tbody").text()


def test_the_gallery_offers_beginnings_with_pictures(shop: World) -> None:
    page = shop.get("/admin/templates/new")
    assert page.count('class="mail-thumb"') == 13 and "Win back" in page


@pytest.mark.parametrize("beginning", ["empty", "cart", "receipt", "sms-short", "newsletter"])
def test_every_page_of_a_template_opens(shop: World, beginning: str) -> None:
    key = begun(shop, beginning)
    for part in ("", "/settings", "/languages", "/preview", "/preview?look=dark", "/preview?look=text",
                 "/frame", "/frame?look=plain-pictures", "/source", "/review", "/versions"):  # fmt: skip
        shop.get(f"/admin/templates/{key}{part}")


def test_blocks_are_added_moved_filled_and_removed_without_script(shop: World) -> None:
    key = begun(shop, "empty")
    path = f"/admin/templates/{key}"
    page = shop.get(path)
    there = send(shop, f"{path}/blocks", do="add", kind="coupon", revision=revision(page)).headers["location"]
    assert there.endswith("/blocks/coupon-1")
    form = shop.get(there)
    send(shop, there, revision=revision(form), code="SPRING", title="For you", note="", show_if="", repeat="")
    frame = shop.get(f"{path}/frame")
    assert "SPRING" in frame and frame.index("SPRING") > frame.index("Have a look")
    send(shop, f"{path}/blocks", do="up", id="coupon-1", revision=revision(shop.get(path)))
    frame = shop.get(f"{path}/frame")
    assert frame.index("SPRING") < frame.index("Have a look")
    send(shop, f"{path}/blocks", do="copy", id="coupon-1", revision=revision(shop.get(path)))
    assert shop.get(f"{path}/frame").count("SPRING") == 2
    for name in ("coupon-1", "coupon-2"):
        send(shop, f"{path}/blocks", do="remove", id=name, revision=revision(shop.get(path)))
    assert "SPRING" not in shop.get(f"{path}/frame")


def test_columns_take_blocks_of_their_own(shop: World) -> None:
    key = begun(shop, "empty")
    path = f"/admin/templates/{key}"
    send(shop, f"{path}/blocks", do="add", kind="columns")
    send(shop, f"{path}/blocks", do="add", kind="heading", column="columns-1.1")
    assert "heading-2" in shop.get(path)
    send(shop, f"{path}/blocks", do="columns", id="columns-1", many="3")
    send(shop, f"{path}/blocks", 400, do="add", kind="footer", column="columns-1.0")
    send(shop, f"{path}/blocks/heading-2", text="Inside a column", level="2", align="left")
    assert "Inside a column" in shop.get(f"{path}/frame")


def test_two_who_edit_do_not_overwrite_each_other(shop: World) -> None:
    key = begun(shop, "empty")
    path = f"/admin/templates/{key}/blocks/heading-1"
    stale = revision(shop.get(path))
    send(shop, path, text="First", level="1", align="left", revision=stale)
    answer = send(shop, path, 409, text="Second", level="1", align="left", revision=stale)
    assert "has saved it" in answer.text and "Second" in answer.text
    assert "First" in shop.get(f"/admin/templates/{key}/frame")


def test_a_fault_is_shown_and_what_was_written_stays(shop: World) -> None:
    key = begun(shop, "empty")
    path = f"/admin/templates/{key}/blocks"
    send(shop, path, do="add", kind="spacer")
    send(shop, f"{path}/text-1", text="Hi {{ person.", size="normal", align="left")
    page = shop.get(f"/admin/templates/{key}/preview")
    assert "cannot be sent" in page and "body.blocks.2.text" in page
    assert "cannot be sent" in shop.get(f"/admin/templates/{key}/frame")


def test_settings_are_kept_and_shown(shop: World) -> None:
    key = begun(shop, "empty")
    path = f"/admin/templates/{key}/settings"
    fields = {"name": "Hi", "subject": "Hi {{ person.first_name }}", "preview": "p", "topic": "news",
              "class": "marketing", "utm_campaign": "spring",
              "defaults": "person.first_name = you\ncount = 3", "locale": "en"}  # fmt: skip
    send(shop, path, revision=revision(shop.get(path)), **fields)
    page = shop.get(path)
    assert "person.first_name = you" in page and "count = 3" in page and 'value="spring"' in page
    assert "utm_campaign=spring" in shop.get(f"/admin/templates/{key}/frame")
    assert send(shop, path, 400, **{**fields, "defaults": "nonsense"}).text.count("Line 1") == 1
    assert "Give it a name" in send(shop, path, 400, **{**fields, "name": " "}).text


def test_languages_say_what_differs(shop: World) -> None:
    key = begun(shop, "empty")
    path = f"/admin/templates/{key}"
    send(shop, f"{path}/languages", do="add", tag="sv")
    send(shop, f"{path}/languages", tag="sv", subject="Hej", preview="", defaults="")
    send(shop, f"{path}/blocks/heading-1", locale="sv", text="En rubrik")
    swedish = shop.get(f"{path}/frame?locale=sv")
    assert "En rubrik" in swedish and 'lang="sv"' in swedish and "Write something" in swedish
    assert "A heading" in shop.get(f"{path}/frame") and "Hej" in shop.get(f"{path}/preview?locale=sv")
    assert send(shop, f"{path}/languages", 400, do="add", tag="sv").text.count("there already") == 1
    assert send(shop, f"{path}/languages", 400, do="add", tag="swedish please").status_code == 400
    send(shop, f"{path}/languages", do="remove", tag="sv")
    assert "One language yet" in shop.get(f"{path}/languages")


def test_publishing_reviews_first_and_tells_versions_apart(shop: World) -> None:
    key = begun(shop, "welcome")
    path = f"/admin/templates/{key}"
    page = shop.get(f"{path}/review")
    assert "never published before" in page and "mails nobody" in page
    send(shop, f"{path}/publish")
    assert "in force" in shop.get(f"{path}/versions")
    assert "Nothing to publish yet" in shop.get(f"{path}/review")
    send(shop, f"{path}/blocks/heading", text="Changed", level="1", align="left")
    assert "Changed" in shop.get(f"{path}/review")
    send(shop, f"{path}/publish")
    page = shop.get(f"{path}/versions?version=2")
    assert "What version 2 changed" in page and "Changed" in page
    send(shop, f"{path}/versions", do="restore", which="1")
    assert "Changed" not in shop.get(f"{path}/frame")
    send(shop, f"{path}/versions", do="discard")
    assert "Changed" in shop.get(f"{path}/frame")
    send(shop, f"{path}/retire")
    assert "Draft" in shop.get(path)


def test_what_does_not_compile_is_not_published(shop: World) -> None:
    key = begun(shop, "empty")
    path = f"/admin/templates/{key}"
    assert "disabled" in shop.get(f"{path}/review"), "there is no subject yet"
    answer = send(shop, f"{path}/publish", 400)
    assert "subject" in answer.text


def test_the_island_saves_and_is_told_when_it_is_stale(shop: World) -> None:
    key = begun(shop, "empty")
    path = f"/admin/templates/{key}"
    headers = {"x-csrf": shop.csrf(), "content-type": "application/json", "accept": "application/json"}
    island = re.search(r'data-editor="([^"]+)"', shop.get(path))
    assert island
    document = msgspec.json.decode(unescape(island[1]))["document"]
    document["body"]["blocks"][1]["text"] = "From the island"
    saved = shop.web.post(f"{path}/save", json={"document": document, "revision": 1}, headers=headers)
    assert saved.json() == {"revision": 2}
    document["body"]["blocks"][1]["text"] = "Another"
    stale = shop.web.post(f"{path}/save", json={"document": document, "revision": 1}, headers=headers)
    assert stale.status_code == 409 and "saved" in stale.json()["message"]
    assert "From the island" in shop.get(f"{path}/frame")
    headers["x-csrf"] = "wrong"
    refused = shop.web.post(f"{path}/save", json={"document": document, "revision": 2}, headers=headers)
    assert refused.status_code == 403


def test_a_preview_is_for_somebody_by_any_identifier(shop: World) -> None:
    key = begun(shop, "welcome")
    assert "Welcome, Anna" in shop.get(f"/admin/templates/{key}/frame")
    assert "Nobody is known" in shop.get(f"/admin/templates/{key}/preview?who=nobody@shop.test")


@pytest.mark.parametrize(
    "place", ["name", "subject", "heading", "alt", "condition", "topic", "word", "paste"]
)
def test_words_from_anywhere_are_text(shop: World, place: str) -> None:
    document: dict[str, Any] = {
        "key": "canary", "name": "Canary", "class": "marketing", "channel": "email", "topic": "news",
        "subject": "S", "body": {"blocks": [
            {"type": "heading", "id": "h", "text": "H"},
            {"type": "image", "id": "i", "src": "https://x.test/a.png", "alt": "A"},
            {"type": "footer", "id": "f"}]},
        "locales": {"sv": {"words": {"h": {"text": "S"}}}},
    }  # fmt: skip
    blocks = document["body"]["blocks"]
    match place:
        case "name" | "subject" | "topic":
            document[place] = CANARY
        case "heading":
            blocks[0]["text"] = CANARY
        case "alt":
            blocks[1]["alt"] = f'">{CANARY}'
        case "condition":
            blocks[0]["show_if"] = CANARY
        case "word":
            document["locales"]["sv"]["words"]["h"]["text"] = CANARY
        case "paste":
            document["body"] = {"html": f"<html><body>{CANARY}</body></html>"}
    shop.db.execute(
        "INSERT INTO draft VALUES ('template', 'canary', %s, 1, 0, %s, slinga_now())",
        (Json(document), CANARY),
    )
    for part in ("", "/settings", "/languages", "/preview", "/source", "/review", "/versions",
                 "/blocks/h?locale=sv", "/preview?locale=sv&look=text"):  # fmt: skip
        if place == "paste" and part.startswith("/blocks"):
            continue
        assert CANARY not in shop.get(f"/admin/templates/canary{part}"), part
    assert CANARY not in shop.get("/admin/templates")


def test_the_framed_mail_runs_nothing_and_is_alone(shop: World) -> None:
    key = begun(shop, "welcome")
    answer = shop.web.get(f"/admin/templates/{key}/frame")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox") and "script-src" not in policy and "default-src 'none'" in policy
    assert "x-frame-options" not in answer.headers


def test_pasted_html_is_cleaned_and_what_is_lost_is_said(shop: World) -> None:
    source = (
        "<html><head><title>Old</title><style>p{color:red}</style></head><body><p onclick='x()'>Hi *|FNAME|*"
    )
    source += "<script>alert(1)</script><a href='javascript:x'>bad</a>"
    source += "<a href='{{ unsubscribe_url }}'>leave</a></body></html>"
    page = send(shop, "/admin/templates/new/html", 200, html=source, do="clean").text
    for told in ("script", "onclick", "FNAME", "no web address"):
        assert told in unescape(page)
    key = (
        send(shop, "/admin/templates/new/html", html=source, do="keep").headers["location"].rpartition("/")[2]
    )
    frame = shop.get(f"/admin/templates/{key}/frame")
    assert "<script" not in frame and "onclick" not in frame and "javascript:" not in frame
    assert "color:red" in frame.replace(" ", "") and "/u/preview" in frame


def test_a_block_is_shown_and_repeated_by_choosing_without_a_word_of_liquid(shop: World) -> None:
    key = begun(shop, "cart")
    first = re.findall(r"/blocks/([\w-]+)\"", shop.get(f"/admin/templates/{key}"))
    name = next(one for one in first if one.startswith("text"))
    path = f"/admin/templates/{key}/blocks/{name}"
    page = shop.get(path)
    form = LexborHTMLParser(page)
    assert [one.text() for one in form.css('select[name="show_if.how"] option')][:2] == [
        "is known",
        "is missing",
    ]
    assert "First name" in form.css_first('select[name="show_if.path"]').text()
    assert "recommendations" in form.css_first('select[name="repeat"]').text()
    chosen = {
        "show_if.path": "person.city",
        "show_if.how": "is",
        "show_if.value": "Lund",
        "repeat": "recommendations",
    }
    send(shop, path, revision=revision(page), text="Hello", **chosen)
    told = " ".join(
        LexborHTMLParser(shop.get(f"/admin/templates/{key}")).css_first("#plain-editor").text().split()
    )
    assert "if Town is Lund" in told
    form = LexborHTMLParser(again := shop.get(path))
    assert form.css_first('select[name="show_if.path"] option[selected]').attributes["value"] == "person.city"
    assert 'value="item.quantity"' in again, "parts of an entry are offered where a block repeats"
    empty = send(shop, path, 400, revision=revision(again), text="Hello", **{**chosen, "show_if.value": ""})
    assert "Give a value to compare with" in empty.text


def test_a_text_message_tells_its_length_and_why_it_is_long(shop: World) -> None:
    key = begun(shop, "sms-short")
    page = shop.get(f"/admin/templates/{key}")
    send(shop, f"/admin/templates/{key}/short", revision=revision(page), text="ż" * 71)
    told = shop.get(f"/admin/templates/{key}")
    assert "2 text messages, 4 of 67 characters in the last one" in told and "160 characters: ż" in told
    shop.db.execute("UPDATE member SET locale = 'pl'")
    assert "SMS-y: 2" in shop.get(f"/admin/templates/{key}")


def test_the_source_offers_data_by_name(shop: World) -> None:
    key = begun(shop)
    send(
        shop,
        f"/admin/templates/{key}/source",
        revision=revision(shop.get(f"/admin/templates/{key}")),
        do="turn",
    )
    page = LexborHTMLParser(shop.get(f"/admin/templates/{key}"))
    buttons = {one.text(): one.attributes["data-insert"] for one in page.css("[data-insert]")}
    assert buttons["First name"] == '{{ person.first_name | default: "friend" }}'
