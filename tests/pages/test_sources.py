"""Sources: keys, what to copy, what arrives, what was refused."""

import json

import pytest
from selectolax.lexbor import LexborHTMLParser

from slinga.access import jobs as access
from slinga.ingest import store as ingest
from slinga.ingest.model import CLAIMED, Drop, DropReason, New, Refused, Source
from slinga.kernel.ids import person_key

CANARY = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{987654*3}}"


def make(world, **given: str) -> str:
    """A source by its form; the page that follows."""
    sent = {"csrf": world.csrf(), "source": "website", "sender": "browser"} | given
    answer = world.web.post("/admin/sources", data=sent)
    if answer.status_code == 303:
        return str(answer.headers["location"])
    return answer.text


def refuse(world, payload: bytes, *, source: str = "website", reason=DropReason.MISSING) -> int:
    drop = Drop(reason, "event", "name the event")
    with world.db.transaction():
        ingest.quarantine(world.db, [Refused(Source(source, CLAIMED), "track", drop, payload)], world.now)
    return int(world.db.execute("SELECT max(id) FROM quarantine").fetchone()[0])


def test_a_browsers_key_is_made_and_stands_in_the_snippet(world):
    page = make(world, origins="https://shop.test")
    text = world.get(page)
    (key,) = access.keys(world.db)
    assert key.shown and f"data-key=&#34;{key.shown}&#34;" in text and "/slinga.js" in text
    assert access.find_key(world.db, key.shown, "write").source == "website"
    assert world.get(page).count(key.shown) == text.count(key.shown)
    assert access.audited(world.db)[0].action == "add_key"


def test_a_servers_key_is_shown_once(world):
    text = make(world, source="till", sender="server")
    shown = LexborHTMLParser(text).css_first("#once").attributes["value"]
    (key,) = access.keys(world.db)
    assert access.find_key(world.db, shown, "write").id == key.id and key.shown == ""
    assert shown not in world.get(f"/admin/sources/{key.id}")


@pytest.mark.parametrize("given", [{"source": ""}, {"origins": "shop.test"}])
def test_a_refused_form_says_why(world, given):
    text = make(world, **given)
    assert 'role="alert"' in text and not access.keys(world.db)


def test_what_arrives_is_seen_and_ticks_the_checklist(world):
    page = make(world)
    anna = person_key("user", "anna")
    world.log(
        New(anna, "event", "Product Viewed", source="website"), New(anna, "event", "Hidden", source="other")
    )
    refuse(world, b"{}")
    for path in (page, page + "/live"):
        text = world.get(path)
        assert "Product Viewed" in text and "Hidden" not in text and "name the event" in text
        assert text.count("icon") and text.count('aria-label="seen"') == 1


def test_withdrawn_is_refused_from_then_on(world):
    page = make(world)
    (key,) = access.keys(world.db)
    world.web.post(page + "/withdraw", data={"csrf": world.csrf()})
    assert access.find_key(world.db, key.shown, "write") is None
    assert "was withdrawn" in world.get(page) and "data-key" not in world.get(page)


def test_an_item_is_mended_and_taken_in(world):
    number = refuse(world, b'{"type": "track", "userId": "anna"}')
    page = f"/admin/quarantine/{number}"
    assert "A field that must be there is missing" in world.get(page)
    sent = {"csrf": world.csrf(), "payload": '{"type": "track", "userId": "anna"}'}
    still = world.web.post(page, data=sent)
    assert still.status_code == 400 and "Still refused" in still.text
    sent["payload"] = json.dumps({"type": "track", "userId": "anna", "event": "Signed Up"})
    done = world.web.post(page, data=sent)
    assert done.headers["location"] == "/admin/quarantine?taken=1&left=0"
    assert world.db.execute("SELECT name, source FROM input WHERE kind = 'event'").fetchall() == [
        ("Signed Up", "website")
    ]
    assert "was taken in" in world.get(page)
    assert access.audited(world.db)[0].action == "replay_quarantine"


def test_all_of_a_reason_are_taken_in_again_once(world):
    call = {"type": "track", "userId": "anna", "event": "Signed Up"}
    for _ in range(3):
        refuse(world, json.dumps(call).encode(), reason=DropReason.STORE)
    refuse(world, b"{}", reason=DropReason.STORE)
    refuse(world, json.dumps(call).encode(), reason=DropReason.TIME)
    sent = {"csrf": world.csrf(), "reason": "store"}
    answer = world.web.post("/admin/quarantine", data=sent)
    assert answer.headers["location"] == "/admin/quarantine?taken=3&left=1"
    assert "Taken in: 3. Still refused: 1." in world.get(answer.headers["location"])
    assert len(ingest.quarantined(world.db)) == 2


def test_who_may_not_sees_no_buttons_and_is_refused(world):
    number = refuse(world, b"{}")
    page = make(world)
    token = world.csrf()
    world.db.execute("UPDATE member SET role = 'analyst'")
    assert "<form" not in world.get(page).partition("<main")[2]
    assert "textarea" not in world.get(f"/admin/quarantine/{number}")
    for path in ("/admin/sources", page + "/withdraw", "/admin/quarantine", f"/admin/quarantine/{number}"):
        assert world.web.post(path, data={"csrf": token}).status_code == 403


def test_what_comes_from_outside_is_text(world):
    page = make(world, source=CANARY)
    anna = person_key("user", "anna")
    world.log(New(anna, "event", CANARY, source=CANARY))
    number = refuse(world, CANARY.encode(), source=CANARY)
    for path in (
        "/admin/sources",
        page,
        page + "/live",
        "/admin/quarantine",
        f"/admin/quarantine?reason={CANARY}",
        f"/admin/quarantine/{number}",
    ):
        text = world.get(path)
        tree = LexborHTMLParser(text)
        assert not tree.css("img") and not tree.css("script:not([src^='/assets/'])") and "2962962" not in text


def test_the_snippet_is_small_and_open_to_every_site(world):
    answer = world.web.get("/slinga.js", headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == "*"
    assert int(answer.headers["content-length"]) < 12_000 and "max-age=600" in answer.headers["cache-control"]
    again = world.web.get("/slinga.js", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_nobody_finds_what_is_not_there(world):
    world.get("/admin/sources/1", 404)
    world.get("/admin/quarantine/1", 404)
