"""RFC 8058 at the HTTP level, and the page beside it."""

import time

import pytest
from msgspec.structs import replace

from slinga.onsite.tokens import Purpose, Token, seal
from slinga.people import log
from slinga.people.consent import state
from slinga.people.ledger import broken

ONE_CLICK = "List-Unsubscribe=One-Click"
FORMS = {
    "application/x-www-form-urlencoded": ONE_CLICK,
    "multipart/form-data; boundary=b": (
        '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    ),
}


def stands(world, person: str, topic: str = "news", channel: str = "email") -> str:
    (now,) = world.rows("SELECT slinga_now()")[0]
    return state(log.consents(world.db, (person,)), channel, topic, now)


@pytest.mark.parametrize("kind", FORMS)
def test_one_click_is_effective_before_the_answer(world, kind: str):
    began = time.monotonic()
    answer = world.web.post(world.links().unsubscribe, content=FORMS[kind], headers={"content-type": kind})
    assert time.monotonic() - began < 1
    assert (
        answer.status_code == 200 and "location" not in answer.headers and "set-cookie" not in answer.headers
    )
    assert stands(world, world.anna) == "withdrawn"
    assert stands(world, world.anna, "offers") == "unknown", "only the topic of the message"
    kinds = [(kind, name) for kind, name, _ in world.inputs()]
    assert kinds == [("consent", "withdrawn"), ("event", "Unsubscribed")]
    (_, _, body), (_, _, event) = world.inputs()
    assert (body["channel"], body["topic"], body["action"], body["source"]) == (
        "email",
        "news",
        "withdrawn",
        "one_click",
    )
    assert event["properties"]["message"] == "m1" and event["properties"]["topic"] == "news"


def test_repeating_is_harmless(world):
    url = world.links().unsubscribe
    assert {world.web.post(url).status_code for _ in range(20)} == {200}
    assert len(world.inputs()) == 2
    assert stands(world, world.anna) == "withdrawn"


def test_leaving_again_after_coming_back_works_with_the_same_link(world):
    url = world.links().unsubscribe
    world.web.post(url)
    world.db.execute("UPDATE clock SET shift = interval '1 day'")
    preferences = world.links().preferences
    world.web.post(preferences, data={"shown:email:news": "1", "allow:email:news": "1"})
    assert stands(world, world.anna) == "granted"
    world.db.execute("UPDATE clock SET shift = interval '2 days'")
    world.web.post(url)
    assert stands(world, world.anna) == "withdrawn"
    assert [name for name, _ in world.events()] == ["Unsubscribed", "Unsubscribed"]


def test_asking_a_hundred_times_changes_nothing(world):
    url = world.links().unsubscribe
    for method in ("GET", "HEAD", "OPTIONS"):
        for _ in range(100):
            assert world.web.request(method, url).status_code in (200, 204)
    for path in ("preferences",):
        assert world.web.get(getattr(world.links(), path)).status_code == 200
    assert world.inputs() == [] and world.rows("SELECT 1 FROM consent") == []


def test_the_page_has_a_button_and_leads_to_the_preferences(world):
    page = world.web.get(world.links().unsubscribe)
    assert '<form method="post"' in page.text and "/p/" in page.text
    assert "script" not in page.text and page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    preferences = page.text.split('href="/p/')[1].split('"')[0]
    assert world.web.get(f"/p/{preferences}").status_code == 200


def test_the_pages_are_the_brands_and_speak_the_visitors_language(world):
    bare = world.app.state.site
    world.app.state.site = replace(bare, find_face=lambda: ("Kvällsro <Te>", "https://shop.test/"))
    page = world.web.get("/u/unknown", headers={"accept-language": "sv-SE,en;q=0.5"}).text
    assert '<html lang="sv"' in page and "Stoppa de här meddelandena?" in page
    assert "Kvällsro &lt;Te&gt;" in page and "Slinga" not in page
    lost = world.web.get("/p/unknown", headers={"accept-language": "pl"}).text
    assert 'href="https://shop.test/"' in lost and "Przejdź do Kvällsro &lt;Te&gt;" in lost
    assert '<html lang="en"' in world.web.get("/u/unknown", headers={"accept-language": "xx"}).text


def test_the_token_of_the_path_counts_and_not_that_of_the_body(world):
    anna, bert = world.links(world.anna), world.links(world.bert, "m2")
    stray = bert.unsubscribe.rsplit("/", 1)[1]
    world.web.post(anna.unsubscribe, data={"List-Unsubscribe": "One-Click", "token": stray, "u": stray})
    assert stands(world, world.anna) == "withdrawn" and stands(world, world.bert) == "unknown"


def test_an_unknown_token_gets_the_same_page(world):
    own = world.links().unsubscribe
    strange = own[:-6] + "AAAAAA"
    for ask in (world.web.get, world.web.post):
        known, unknown = ask(own), ask(strange)

        def shape(page, url):
            text = page.text.replace(url.rsplit("/", 1)[1], "TOKEN")
            return [line for line in text.splitlines() if "/p/" not in line]

        assert unknown.status_code == known.status_code == 200
        assert shape(unknown, strange) == shape(known, own)
    assert len(world.rows("SELECT 1 FROM consent")) == 1


def test_tokens_of_another_purpose_do_not_unsubscribe(world):
    own = world.links()
    for address in (own.preferences, own.pixel, own.trap):
        token = address.rsplit("/", 1)[1]
        assert world.web.post(f"/u/{token}").status_code == 200
    assert world.inputs() == []


def test_everything_can_be_stopped_at_once(world):
    world.web.post(world.links().unsubscribe + "/all")
    assert stands(world, world.anna, "offers") == stands(world, world.anna, "news", "sms") == "withdrawn"
    assert "any topic" in world.web.post(world.links().unsubscribe + "/all").text


def test_the_survivor_of_a_merge_is_unsubscribed(world):
    world.be(find_keys=lambda db, person: (world.bert, world.anna))
    world.web.post(world.links(world.anna).unsubscribe)
    assert stands(world, world.bert) == "withdrawn"


def test_the_ledger_is_a_chain_that_shows_a_change(world):
    world.web.post(world.links().unsubscribe)
    world.web.post(world.links(topic="offers").unsubscribe)
    world.web.post(world.links().unsubscribe + "/all")
    rows = log.ledger(world.db, (world.anna,))
    assert [row.n for row in rows] == [1, 2, 3] and broken(rows) == 0
    world.db.execute("UPDATE consent SET topic = 'sports' WHERE n = 2")
    assert broken(log.ledger(world.db, (world.anna,))) == 2
    world.db.execute("DELETE FROM consent WHERE n = 2")
    assert broken(log.ledger(world.db, (world.anna,))) == 2


def test_double_opt_in_is_confirmed_by_the_button_only(world):
    token = seal(world.key, Purpose.CONFIRM, Token("m1", world.anna, "email", "news", expires_at=2**53))
    for _ in range(3):
        assert world.web.get(f"/confirm/{token}").status_code == 200
        assert world.web.head(f"/confirm/{token}").status_code == 200
    assert stands(world, world.anna) == "unknown"
    assert [world.web.post(f"/confirm/{token}").status_code for _ in range(2)] == [200, 200]
    assert stands(world, world.anna) == "granted"
    assert [name for name, _ in world.events()] == ["Subscription Confirmed"]
    (row,) = log.ledger(world.db, (world.anna,))
    assert row.evidence["double_opt_in"]["message_id"] == "m1"


def test_a_confirmation_that_is_too_old_confirms_nothing(world):
    token = seal(world.key, Purpose.CONFIRM, Token("m1", world.anna, "email", "news", expires_at=1))
    assert world.web.post(f"/confirm/{token}").status_code == 404
    assert world.inputs() == []
