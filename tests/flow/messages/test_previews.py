"""What a preview shows is what is sent; a test goes the way of all mail and is counted nowhere."""

import re
from pathlib import Path

import pytest

from slinga.admin.previews.seen import SOMEBODY, see
from slinga.admin.previews.store import somebody
from slinga.admin.writing import gallery
from slinga.admin.writing.store import brand_of
from slinga.channels import mailbox
from slinga.drafts import jobs as drafts
from slinga.engine.jobs import Definition, in_force
from slinga.kernel.errors import Invalid
from slinga.messages.model import parse
from slinga.messages.render import Links
from slinga.testing.desk import form_of, press
from slinga.testing.world import BRAND, World, open_world
from slinga.trial import letter

TOKEN = re.compile(r"(https?://[^\s\"'<>)]*/(?:u|p|v|confirm))/[\w.-]+")
JOURNEY = {
    "key": "hello", "name": "Hello", "class": "marketing", "topic": "news",
    "trigger": {"on": "event", "name": "Cart Updated"}, "start": "go",
    "nodes": {"go": {"type": "send", "template": "T"}},
}  # fmt: skip


@pytest.fixture
def world(database_url: str, tmp_path: Path):
    with open_world(database_url, tmp_path) as found:
        yield found


def plain(text: str) -> str:
    """Without tokens, and with one kind of line end: on the wire it is CRLF."""
    return TOKEN.sub(r"\1/", text.replace("\r\n", "\n")).rstrip()


def journey_of(template: str) -> dict:
    return {**JOURNEY, "nodes": {"go": {"type": "send", "template": template}}}


@pytest.mark.parametrize("key", ["welcome", "cart", "newsletter"])
def test_a_preview_is_what_is_sent_byte_for_byte_but_for_tokens(world: World, key: str) -> None:
    document = gallery.document(key)
    world.publish(
        Definition("template", key, document),
        Definition("journey", "hello", journey_of(key)),
        Definition("policy", "policy", {"quiet_hours": "none", "tracking": "off"}),
        Definition("brand", "brand", BRAND),
    )
    world.known("ada", tracking=False, firstName="Ada", locale="sv-SE")
    products = [{"name": "Mug <b>", "price": 3, "url": "/mug"}, {"name": "Tray", "image_url": "/tray.png"}]
    world.track("ada", "Cart Updated", products=products, name="x", url="")
    (mail,) = world.mails("ada")
    person = somebody(world.db, "ada@example.org")
    assert person is not None
    trigger = {
        "trigger": {"event": "Cart Updated", "properties": {"products": products, "name": "x", "url": ""}}
    }
    base = world.settings.base_url
    own = Links(unsubscribe=f"{base}/u/x", preferences=f"{base}/p/x")
    brand = brand_of(world.db, in_force(world.db))
    seen = see(
        document, brand, links=own, now=world.now(), person=person.known, given=trigger, journey="hello"
    )
    assert plain(mail.html) == plain(seen.html)
    assert plain(mail.text) == plain(seen.text)
    assert mail.subject == seen.subject
    assert seen.html.count("/u/x") == 1 and (key == "newsletter" or "Ada" in seen.html + seen.subject)


def test_a_test_reaches_the_member_and_changes_nothing(world: World) -> None:
    world.publish(
        Definition("template", "welcome", gallery.document("welcome")), Definition("brand", "brand", BRAND)
    )
    world.known("ada", firstName="Ada")
    before = counted(world)
    path = "/admin/templates/welcome"
    page = press(world, f"{path}/preview", f"{path}/test", who="ada@example.org", locale="")
    assert "on its way to owner@shop.example" in page
    taken = world.sink.mails[-1]
    assert taken.recipient == "owner@shop.example"
    assert b"Subject: [Test] Welcome, Ada" in taken.data and b"X-Slinga-Test: yes" in taken.data
    assert b"/u/test" in taken.data and b"/c/" not in taken.data and b"/o/" not in taken.data
    world.settle()
    assert counted(world) == before


def counted(world: World) -> list[int]:
    """Rows of all that a message would leave behind."""
    tables = ("message", "attempt", "fact", "input", "hit", "lane_count", "address_use")
    return [world.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


@pytest.mark.parametrize(
    ("channel", "words", "fields", "to"),
    [
        ("sms", {"text": "Hello {{ person.first_name }}"}, {"to": "+46 (70) 123-45 67"}, "+46701234567"),
        (
            "push",
            {"push": {"title": "Hello {{ person.first_name }}", "body": "Come"}},
            {},
            "owner@shop.example",
        ),
    ],
)
def test_a_test_of_another_channel_goes_by_that_channel(
    world: World, channel: str, words: dict, fields: dict[str, str], to: str
) -> None:
    base = {"key": "short", "name": "Short", "class": "marketing", "topic": "news", "channel": channel}
    drafts.save(world.db, "template", "short", {**base, **words}, by="me")
    page = press(world, "/admin/templates/short/preview", "/admin/templates/short/test", **fields)
    assert "The test is on its way" in page and "stays in the mailbox" in page
    (kept,) = mailbox.latest(world.db, limit=5)
    assert (kept.channel, kept.recipient, kept.subject.strip()) == (channel, to, "[Test] Hello Anna")
    assert world.db.execute("SELECT count(*) FROM message").fetchone() == (0,)


def test_a_number_without_a_country_is_asked_for_again(world: World) -> None:
    document = {"key": "short", "name": "Short", "class": "marketing", "channel": "sms", "text": "Hello"}
    drafts.save(world.db, "template", "short", document, by="me")
    cookie, token = form_of(world, "/admin/templates/short/preview")
    headers = {"Cookie": cookie, "Origin": world.settings.base_url}
    sent = {"csrf": token, "to": "0701234567"}
    answer = world.client.post("/admin/templates/short/test", headers=headers, data=sent)
    assert answer.status_code == 400 and "Write your number with its country" in answer.text


def test_a_test_that_cannot_be_rendered_says_why(world: World) -> None:
    document = {**gallery.document("welcome"), "subject": "{{ nobody.knows }}"}
    world.publish(Definition("template", "welcome", document), Definition("brand", "brand", BRAND))
    brand, now = brand_of(world.db, in_force(world.db)), world.now()
    with pytest.raises(Invalid, match="nobody"):
        letter(world.settings, b"k" * 32, parse(document), brand, {"person": SOMEBODY}, "a@shop.example", now)
